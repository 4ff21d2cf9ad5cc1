"""Checks that judge traces: which are tried again, on whom, and in which order they are run."""

from __future__ import annotations

import pytest

from harness.checking import process, progress_lines
from harness.outcome import Status
from tests.checking.tiny_checks import PLAYERS, World

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


def test_progress_names_a_check_that_still_waits(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "CHECKS", world.checks)
    world.run(BESIDE, "conformance/test_beside.py", scale=2.0)
    world.log.path.unlink()
    said: list[progress_lines.Said] = []
    process.run_checks(world.plan, None, world.folder / "checks.log", said.append)
    named = {each.outcomes[0].requirement: each.check for each in said if each.outcomes}
    assert named["cancel-all-own-orders"] == "test_waits_longer"
    assert named["secrets-stay-inside"] is None


def test_without_its_files_a_connector_is_not_run(world: World) -> None:
    world.run()
    world.run(SECOND_TRY, "conformance/test_pace.py")
    found = world.outcomes()
    assert found["cancel-all-own-orders"].status is Status.UNDETERMINED
    assert "files-parse failed: It does not parse." in found["cancel-all-own-orders"].summary


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
        ({"first"}, Status.UNDETERMINED, "in one sandbox only"),
        ({"first", "again"}, Status.FAILED, "Again from the beginning, with the same prices: failed."),
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
