"""How the end of a check becomes an outcome, in a real pytest run over a folder of tiny checks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.checking import process
from harness.checking.plan import Plan
from harness.errors import DiskFull, UserError
from harness.outcome import Outcome, OutcomeLog, Status

HEADER = {"commit": "c" * 40}
CHECKS = """
from harness.checking import expect, fail, measured, not_applicable, requirement, undetermined
from harness.driving.driver import ConnectorError

@requirement("builds")
def test_passes(evidence):
    evidence(measured("seen"))

@requirement("files-parse")
def test_fails():
    fail("It does not parse.", measured("line 3"))

@requirement("usage-page-present")
def test_undetermined():
    undetermined("Nobody knows.")

@requirement("merges-cleanly")
def test_not_applicable():
    not_applicable("Nothing to merge.")

@requirement("no-stray-files")
def test_breaks():
    raise KeyError("ours")

@requirement("adds-a-connector")
def test_connector_breaks_off():
    raise ConnectorError("Traceback\\nValueError: theirs")

@requirement("config-templates-present")
def test_of_another_generation():
    fail("Not asked of this one.")

@requirement("naming-follows-convention")
def test_takes_a_name(connector_name):
    expect(connector_name == "good", f"{connector_name} is no name.")
"""


class World:
    """A folder of checks and the screening that runs them."""

    def __init__(self, folder: Path) -> None:
        self.checks = folder / "checks"
        self.checks.mkdir()
        self.log = OutcomeLog(folder / "outcomes.jsonl")
        self.plan = folder / "plan.json"
        self.folder = folder

    def run(
        self,
        checks: str = CHECKS,
        name: str = "test_tiny.py",
        scale: float = 10.0,
        connectors: tuple[str, ...] = ("good",),
    ) -> str:
        target = self.checks / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(checks)
        plan = Plan(
            round_file=self.folder / "round.yml",
            candidate="good",
            connectors=connectors,
            profile="v2-spot",
            submission_file=self.folder / "submission.json",
            outcomes_file=self.log.path,
            store=self.folder / "store",
            scale=scale,
            header=dict(HEADER),
        )
        self.plan.write_text(plan.model_dump_json())
        done = subprocess.run(
            [sys.executable, "-m", "pytest", str(self.checks), "-p", "harness.checking.pytest_plugin",
             "--plan", str(self.plan), "-c", os.devnull, "--rootdir", str(self.checks),
             "--import-mode=importlib", "-p", "no:cacheprovider", "-q"],
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        return done.stdout + done.stderr

    def outcomes(self) -> dict[str, Outcome]:
        return {outcome.requirement: outcome for outcome in self.log.outcomes()}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_each_end_is_an_outcome(world: World) -> None:
    said = world.run()
    statuses = {name: outcome.status for name, outcome in world.outcomes().items()}
    assert statuses == {
        "builds": Status.PASSED,
        "files-parse": Status.FAILED,
        "usage-page-present": Status.UNDETERMINED,
        "merges-cleanly": Status.NOT_APPLICABLE,
        "no-stray-files": Status.HARNESS_ERROR,
        "adds-a-connector": Status.UNDETERMINED,
        "naming-follows-convention": Status.PASSED,
    }, said


FULL = """
from pathlib import Path
from harness.checking import requirement

@requirement("builds")
def test_before():
    pass

@requirement("files-parse")
def test_writes():
    try:
        Path("/dev/full").write_text("a trace")
    except OSError as error:
        raise RuntimeError("not kept") from error

@requirement("usage-page-present")
def test_after():
    pass
"""


def test_a_full_disk_ends_the_run_and_is_no_outcome(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.run(FULL)
    monkeypatch.setattr(process, "CHECKS", world.checks)
    world.log.path.unlink()
    with pytest.raises(DiskFull, match="no space left") as told:
        process.run_checks(world.plan, None, world.folder / "checks.log", lambda _: None)
    assert told.value.where
    assert list(world.outcomes()) == ["builds"]


def test_progress_names_a_check_that_still_waits(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "CHECKS", world.checks)
    world.run(BESIDE, "conformance/test_beside.py", scale=2.0)
    world.log.path.unlink()
    said: list[process.Said] = []
    process.run_checks(world.plan, None, world.folder / "checks.log", said.append)
    named = {each.outcomes[0].requirement: each.check for each in said if each.outcomes}
    assert named["cancel-all-own-orders"] == "test_waits_longer"
    assert named["secrets-stay-inside"] is None


@pytest.mark.parametrize("select", ["no_such_check", "a and"])
def test_an_expression_that_chooses_no_check_is_a_users_mistake(
    select: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.run(FULL)
    monkeypatch.setattr(process, "CHECKS", world.checks)
    with pytest.raises(UserError, match=f"-k {select} chooses no check"):
        process.run_checks(world.plan, select, world.folder / "checks.log", lambda _: None)


def test_the_checks_that_are_chosen_are_counted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.run()
    world.log.path.unlink()
    monkeypatch.setattr(process, "CHECKS", world.checks)
    totals: list[int | None] = []
    process.run_checks(
        world.plan, "passes", world.folder / "checks.log", lambda said: totals.append(said.total)
    )
    assert [each for each in totals if each is not None] == [1]


def test_a_log_that_cannot_be_written_ends_the_run_when_the_checks_have_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\nyes | head -c 300000\n")
    program.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(program))
    (tmp_path / "checks.log").symlink_to("/dev/full")
    with pytest.raises(DiskFull, match="no space left") as told:
        process.run_checks(tmp_path / "plan.json", None, tmp_path / "checks.log", lambda _: None)
    assert told.value.where == str(tmp_path)


def test_summaries_and_evidence_are_kept(world: World) -> None:
    world.run()
    found = world.outcomes()
    assert found["files-parse"].summary == "It does not parse."
    assert [item.text for item in found["files-parse"].evidence] == ["line 3"]
    assert [item.text for item in found["builds"].evidence] == ["seen"]
    assert "ValueError: theirs" in found["adds-a-connector"].summary
    assert "KeyError" in found["no-stray-files"].evidence[0].text


def test_a_finished_check_is_not_run_again(world: World) -> None:
    world.run()
    lines = world.log.path.read_text().splitlines()
    world.run()
    again = world.log.path.read_text().splitlines()[len(lines) :]
    assert [json.loads(line)["requirement"] for line in again] == ["no-stray-files"], "only our own failure"


PLAYERS = """
import pytest
from harness.checking import expect, fail, measured, requirement, seen_in_ledger, undetermined
from harness.scenarios.catalogue import TRADING
from harness.scenarios.trace.model import Header, Trace

class Players:
    control = "kucoin"
    unconfirmed = {}
    def begin_elsewhere(self, scenario, attempt):
        pass
    def trace(self, scenario, attempt):
        header = Header(scenario=scenario.name, connector="good", dialect="binance", seed=1,
                        pace=attempt.pace, trial=attempt.trial.value)
        return Trace(header, ())
    def played(self):
        return ()

@pytest.fixture(scope="session")
def players():
    return Players()
"""
SECOND_TRY = f"""
{PLAYERS}

@requirement("cancel-one")
def test_only_in_a_hurry(traces, evidence):
    evidence(seen_in_ledger("one order, cancelled"))
    expect(traces.of(TRADING).header.pace < 10, "It fails in a hurry.")

@requirement("cancel-all-own-orders")
def test_always():
    expect(False, "It always fails.")
"""


def test_a_conformance_failure_is_believed_at_a_calm_pace_only(world: World) -> None:
    world.run(SECOND_TRY, "conformance/test_pace.py")
    found = world.outcomes()
    assert found["cancel-one"].status is Status.PASSED
    assert "It fails in a hurry." in found["cancel-one"].evidence[-1].text
    assert found["cancel-all-own-orders"].status is Status.FAILED
    assert found["cancel-all-own-orders"].evidence == (), "without a scenario there is no pace"


UNLOADABLE = f"""
{PLAYERS}
from harness.checking import claimed
from harness.outcome import EvidenceKind

@requirement("cancel-one")
def test_a_scenario(traces, connector_name):
    undetermined("It was played.")

@requirement("builds")
def test_no_scenario(connector_name):
    fail("It was looked at.")

@requirement("imports-and-constructs")
def test_loads(connector_name):
    if connector_name == "bad":
        fail("It exits.", claimed(EvidenceKind.LOG, "gone", loads=False))
"""


def test_no_scenario_is_played_with_what_cannot_be_loaded(world: World) -> None:
    world.run(UNLOADABLE, "conformance/test_loading.py", connectors=("good", "bad"))
    scenarios = [each for each in world.log.outcomes() if each.requirement == "cancel-one"]
    assert {each.check[-6:]: (each.status, each.summary) for each in scenarios} == {
        "[good]": (Status.UNDETERMINED, "It was played."),
        "o[bad]": (Status.UNDETERMINED, "Not tried, because imports-and-constructs failed: It exits."),
    }
    others = [each.status for each in world.log.outcomes() if each.requirement == "builds"]
    assert others == [Status.FAILED, Status.FAILED]


IN_TURN = f"""
{PLAYERS}
began = []

@pytest.fixture(autouse=True)
def turn(request):
    began.append(request.node.name)

@requirement("secrets-stay-inside")
def test_of_all(every_trace):
    undetermined(" ".join(began))

@requirement("unit-tests-pass-offline")
def test_no_scenario():
    pass

@pytest.mark.takes_a_minute
@requirement("unit-tests-detect-defects")
def test_a_minute_without():
    pass

@requirement("cancel-one")
def test_a_moment(traces):
    pass

@pytest.mark.takes_a_minute
@requirement("long-run-stays-healthy")
def test_an_hour(traces):
    pass

@requirement("imports-and-constructs")
def test_loads():
    pass
"""


def test_what_takes_a_minute_begins_first_and_what_needs_all_is_last(world: World) -> None:
    world.run(IN_TURN, "conformance/test_turns.py")
    began = world.outcomes()["secrets-stay-inside"].summary.split()
    assert began == [
        "test_loads", "test_an_hour", "test_a_moment", "test_no_scenario", "test_a_minute_without",
        "test_of_all",
    ]  # fmt: skip
    assert list(world.outcomes())[-1] == "secrets-stay-inside"


OF_TWO = f"""
{PLAYERS}
opened = []

@pytest.fixture(scope="session")
def players(connector_name):
    opened.append(connector_name)
    return Players()

@requirement("secrets-stay-inside")
def test_of_all(every_trace):
    undetermined(" ".join(opened))

@requirement("cancel-one")
def test_a_scenario(traces):
    pass

@pytest.mark.takes_a_minute
@requirement("long-run-stays-healthy")
def test_an_hour(traces):
    pass

@requirement("imports-and-constructs")
def test_loads(connector_name):
    pass
"""


def test_one_connector_comes_after_the_other(world: World) -> None:
    world.run(OF_TWO, "conformance/test_two.py", connectors=("good", "bad"))
    found = [each for each in world.log.outcomes() if each.requirement == "secrets-stay-inside"]
    assert [each.summary for each in found] == ["good", "good bad"], "each opened once"


BESIDE = f"""
{PLAYERS}
import threading
import time
from pathlib import Path
from harness.scenarios.catalogue import LISTING

LOG = Path(__file__).parents[2] / "outcomes.jsonl"
together = threading.Barrier(2)
play = Players.trace

def trace(self, scenario, attempt):
    together.wait(20)  # each waits until the other's is wanted too
    for _ in range(400):
        if scenario is TRADING or "cancel-all-own-orders" in LOG.read_text():
            break
        time.sleep(0.05)
    return play(self, scenario, attempt)

Players.trace = trace

@requirement("cancel-one")
def test_waits_longer(traces):
    traces.of(LISTING)
    undetermined("It was played.")

@requirement("cancel-all-own-orders")
def test_waits(traces):
    traces.of(TRADING)
    undetermined("It was played.")

@requirement("client-order-id-unique-and-valid")
def test_fails(traces):
    fail("It is wrong.")

@requirement("secrets-stay-inside")
def test_of_all(every_trace):
    undetermined("It came at last.")
"""


def test_checks_wait_for_scenarios_beside_one_another(world: World) -> None:
    said = world.run(BESIDE, "conformance/test_beside.py", scale=2.0)
    told = {each.requirement: each.summary for each in world.log.outcomes()}
    waited = [each for each in told if told[each] == "It was played."]
    assert waited == ["cancel-all-own-orders", "cancel-one"], said
    assert "It is wrong." in told["client-order-id-unique-and-valid"]
    assert list(told)[-1] == "secrets-stay-inside"


ON_ITS_WORD = """
from harness.checking import claimed, requirement, seen_in_ledger
from harness.outcome import Basis, Evidence, EvidenceKind

@requirement("cancel-one")
def test_nothing_attached():
    pass

@requirement("limit-buy-and-sell", "stops-cleanly")
def test_claims_and_our_own_remarks(evidence):
    evidence(claimed(EvidenceKind.EVENT, "OrderFilled", kind=1, text=2))
    evidence(Evidence(basis=Basis.OBSERVED, kind=EvidenceKind.NOTE, text="decided in a hurry"))

@requirement("every-fill-reported-once")
def test_confirmed_by_the_ledger(evidence):
    evidence(claimed(EvidenceKind.EVENT, "OrderFilled"), seen_in_ledger("a fill"))
"""


def test_no_blocker_passes_on_claims_alone(world: World) -> None:
    said = world.run(ON_ITS_WORD, "conformance/test_word.py")
    found = world.outcomes()
    assert {name: outcome.status for name, outcome in found.items()} == {
        "cancel-one": Status.UNDETERMINED,
        "limit-buy-and-sell": Status.UNDETERMINED,
        "stops-cleanly": Status.PASSED,  # a major one, and its evidence says that it is claimed
        "every-fill-reported-once": Status.PASSED,
    }, said
    assert "nothing that was seen from outside" in found["cancel-one"].summary


def test_without_its_files_a_connector_is_not_run(world: World) -> None:
    world.run()
    world.run(SECOND_TRY, "conformance/test_pace.py")
    found = world.outcomes()
    assert found["cancel-all-own-orders"].status is Status.UNDETERMINED
    assert "files-parse failed: It does not parse." in found["cancel-all-own-orders"].summary


def test_checks_do_not_run_outside_a_screening(world: World) -> None:
    world.checks.joinpath("test_x.py").write_text(CHECKS)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", str(world.checks), "-p", "harness.checking.pytest_plugin",
         "-c", os.devnull],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 4
    assert "harness check" in done.stderr


OF_A_SCENARIO = f"""
{PLAYERS}

@requirement("created-event-once")
def test_scenario(traces, evidence):
    evidence(measured("seen"))
    if traces.of(TRADING).header.trial in FAILS:
        fail("It was announced twice.")

@requirement("event-timestamps-in-seconds")
def test_another():
    pass
"""


@pytest.mark.parametrize(
    ("fails", "status", "words"),
    [
        ({"first"}, Status.UNDETERMINED, "in no other"),
        ({"first", "again"}, Status.FAILED, "From the beginning once more, with the same prices: failed."),
        ({"first", "other seed"}, Status.FAILED, "With other prices and amounts: failed."),
        ({"first", "other seed"}, Status.FAILED, "The merged kucoin connector, in the fork's place: passed."),
        ({"first", "other seed", "control"}, Status.UNDETERMINED, "The merged kucoin connector fails this"),
    ],
)
def test_a_failure_is_the_forks_when_nobody_else_fails(
    world: World, fails: set[str], status: Status, words: str
) -> None:
    said = world.run(f"FAILS = {fails!r}\n{OF_A_SCENARIO}", "conformance/test_scenario.py")
    outcome = world.outcomes()["created-event-once"]
    assert outcome.status is status
    assert ("FAILED conformance/test_scenario.py::test_scenario" in said) is (status is Status.FAILED)
    assert "It was announced twice." in outcome.summary
    assert words in "\n".join([outcome.summary, *(each.text for each in outcome.evidence)])
    assert world.outcomes()["event-timestamps-in-seconds"].status is Status.PASSED


def test_others_are_tried_at_any_speed(world: World) -> None:
    world.run(f"FAILS = {{'first', 'control'}}\n{OF_A_SCENARIO}", "conformance/test_scenario.py", scale=2.0)
    assert world.outcomes()["created-event-once"].status is Status.UNDETERMINED
