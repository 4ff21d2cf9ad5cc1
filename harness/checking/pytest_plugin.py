"""Runs `checks/` for one screening: which checks apply, in which order, and what each of them found.

Outcomes are appended to the screening's log as they come. A failed conformance check is run a second time at
a calm pace, and on others, before it is believed. Progress goes as JSON lines to the file descriptor in
HARNESS_PROGRESS_FD.
"""

from __future__ import annotations

import ctypes
import inspect
import json
import os
import signal
import sys
import traceback
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol

from harness.checking import (
    LONG,
    MARK,
    ON_ITS_WORD,
    Attach,
    Failed,
    Finding,
    NotApplicable,
    Undetermined,
    witnessed,
)
from harness.checking.attribution import Judgement, Trial, judge_failure
from harness.checking.plan import Plan, calm
from harness.checking.redaction import Redact, redacted
from harness.driving.driver import ConnectorError
from harness.outcome import Basis, Evidence, EvidenceKind, Outcome, OutcomeLog, Severity, Status
from harness.requirement import Catalogue

CONFORMANCE = "conformance"
# Without these there is nothing to build or run: the rest is left undecided and says so.
PREREQUISITES = ("adds-a-connector", "connector-files-complete", "files-parse")
LOADS = "imports-and-constructs"
UNLOADABLE = "loads"  # false in the data of a piece of evidence when the connector cannot be imported at all

KEY = pytest.StashKey["Screening"]()


@dataclass
class Screening:
    """The state of one run of the checks. `control` is the connector that failures are tried on too."""

    plan: Plan
    catalogue: Catalogue
    log: OutcomeLog
    attached: list[Evidence] = field(default_factory=list)
    found: list[Outcome] = field(default_factory=list)
    careful: bool = False
    trial: Trial = Trial.FIRST
    control: str | None = None
    first_try: str = ""
    redact: Redact = str

    @property
    def scale(self) -> float:
        """How many times as fast as the wall the connector's time runs in this try."""
        return self.calm if self.careful else self.plan.scale

    @property
    def calm(self) -> float:
        return calm(self.plan.scale)

    def missing_prerequisite(self) -> Outcome | None:
        """The first finding that makes building and running the connector pointless."""
        for outcome in (*self.log.outcomes(), *self.found):
            if outcome.requirement in PREREQUISITES and outcome.status is Status.FAILED:
                return outcome
        return None

    def unloadable(self, item: pytest.Item) -> Outcome | None:
        """The finding that this check's connector cannot be imported: each scenario would try that again."""
        if not _plays_scenarios(item):
            return None
        parameters = item.nodeid.partition("[")[2]
        for outcome in self.log.outcomes():
            same = outcome.requirement == LOADS and outcome.check.partition("[")[2] == parameters
            failed = same and outcome.status is Status.FAILED
            if failed and any(each.data.get(UNLOADABLE) is False for each in outcome.evidence):
                return outcome
        return None


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--plan", metavar="FILE", help="the screening to run, as `harness run` writes it")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"{MARK}(*slugs): the requirements that a check verifies")
    config.addinivalue_line("markers", f"{LONG}: played after all others")
    chosen = config.getoption("--plan")
    if not chosen:
        raise pytest.UsageError("checks run inside a screening: use `harness check` or `harness run`")
    _die_with_parent()
    plan = Plan.model_validate_json(Path(chosen).read_text(encoding="utf-8"))
    screening = Screening(plan, Catalogue.load(), OutcomeLog(plan.outcomes_file))
    screening.log.begin(plan.header)
    config.stash[KEY] = screening


def _die_with_parent() -> None:
    """Ask the kernel to end us when the harness is killed, so that a sandbox never outlives it."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None, use_errno=True).prctl(pr_set_pdeathsig, signal.SIGKILL)
    parent = os.environ.get("HARNESS_PARENT")
    if parent and os.getppid() != int(parent):  # it was killed before we asked
        os._exit(1)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "connector_name" in metafunc.fixturenames:
        names = metafunc.config.stash[KEY].plan.connectors
        metafunc.parametrize("connector_name", names, scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    screening = config.stash[KEY]
    wanted = {item.id for item in screening.catalogue.for_profile(screening.plan.profile)}
    done = {
        (outcome.requirement, outcome.check)
        for outcome in screening.log.outcomes()
        if outcome.status is not Status.HARNESS_ERROR
    }
    kept: list[pytest.Item] = []
    dropped: list[pytest.Item] = []
    for item in items:
        slugs = set(slugs_of(item))
        finished = all((slug, item.nodeid) in done for slug in slugs)
        (kept if slugs & wanted and not finished else dropped).append(item)
    kept.sort(key=lambda i: (_is_conformance(i), _takes_long(i), LOADS not in slugs_of(i)))
    items[:] = kept
    config.hook.pytest_deselected(items=dropped)
    report_progress(total=len(kept))


def slugs_of(item: pytest.Item) -> tuple[str, ...]:
    return tuple(slug for mark in item.iter_markers(MARK) for slug in mark.args)


def _takes_long(item: pytest.Item) -> bool:
    """What others find in seconds is not kept waiting."""
    return item.get_closest_marker(LONG) is not None


def _is_conformance(item: pytest.Item) -> bool:
    return CONFORMANCE in item.path.parts


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    """Run a check, a second time and calmly where it failed on the running connector; write what it found."""
    screening = item.config.stash[KEY]
    report_progress(check=item.name)
    screening.found.clear()
    screening.careful, screening.first_try = False, ""
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    after = nextitem or _any_other(item)
    runtestprotocol(item, nextitem=after, log=False)
    if _failed(screening) and _is_conformance(item):
        if screening.calm < screening.plan.scale:
            screening.first_try = screening.found[0].summary
            screening.careful = True
            _run_again(item, after)
        if _failed(screening) and rests_on_scenarios_alone(item):
            _attribution(item, after, screening)
        screening.careful = False
    screening.log.append(screening.found)
    report_progress(outcomes=[outcome.model_dump(mode="json") for outcome in screening.found])
    screening.found.clear()
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def _any_other(item: pytest.Item) -> pytest.Item | None:
    """What is said to come after the last check: all that it shares with others is still there then for its
    second try. The end of the session clears up.
    """
    return next((other for other in item.session.items if other is not item), None)


def _failed(screening: Screening) -> bool:
    return any(outcome.status is Status.FAILED for outcome in screening.found)


def _run_again(item: pytest.Item, after: pytest.Item | None) -> None:
    item.config.stash[KEY].found.clear()
    item._initrequest()  # type: ignore[attr-defined]
    runtestprotocol(item, nextitem=after, log=False)


def _attribution(item: pytest.Item, after: pytest.Item | None, screening: Screening) -> None:
    """A failure that comes back calmly is tried on others before it is the fork's."""
    believed = list(screening.found)
    tried: list[tuple[Trial, Status]] = []
    for trial in (Trial.CONTROL, Trial.OTHER_SEED, Trial.AGAIN):
        if trial is Trial.CONTROL and screening.control is None:
            continue
        if trial is Trial.AGAIN and (Trial.OTHER_SEED, Status.PASSED) not in tried:
            continue
        screening.trial = trial
        _run_again(item, after)
        tried += [(trial, outcome.status) for outcome in screening.found[:1]]
    screening.trial = Trial.FIRST
    judgement = judge_failure(screening.control or "", tried)
    screening.found[:] = [_judged(outcome, judgement) for outcome in believed]


def _judged(outcome: Outcome, judgement: Judgement) -> Outcome:
    if outcome.status is not Status.FAILED:
        return outcome
    evidence = (*outcome.evidence, *judgement.evidence)
    if not judgement.excuse:
        return outcome.model_copy(update={"evidence": evidence})
    summary = f"{judgement.excuse} What was seen: {outcome.summary}"
    return outcome.model_copy(
        update={"status": Status.UNDETERMINED, "summary": summary, "evidence": evidence}
    )


def _plays_scenarios(item: pytest.Item) -> bool:
    return "play" in getattr(item, "fixturenames", ())


def rests_on_scenarios_alone(item: pytest.Item) -> bool:
    """Whether it judges scenarios and nothing else of the rig: those can be played with others."""
    names = inspect.signature(item.function).parameters  # type: ignore[attr-defined]
    return "play" in names and "rigs" not in names


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    screening = item.config.stash[KEY]
    screening.attached.clear()
    missing = screening.missing_prerequisite() or screening.unloadable(item)
    if _is_conformance(item) and missing:
        raise Undetermined(f"Not tried, because {missing.requirement} failed: {missing.summary}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    error = call.excinfo.value if call.excinfo else None
    if call.when == "call" or error is not None:
        _write_down(item, error, call)
    return report


def _write_down(item: pytest.Item, error: BaseException | None, call: pytest.CallInfo[None]) -> None:
    screening = item.config.stash[KEY]
    if call.when == "teardown" and screening.found:
        return
    found, summary, evidence = judge(error, item)
    on_its_word = _is_conformance(item) and not witnessed((*evidence, *screening.attached))
    if screening.careful and _plays_scenarios(item):
        pace = f"At {screening.plan.scale:g}× speed: {screening.first_try} Decided at {screening.scale:g}×."
        evidence = (*evidence, Evidence(basis=Basis.OBSERVED, kind=EvidenceKind.NOTE, text=pace))
    for slug in slugs_of(item):
        demanded = screening.catalogue[slug]
        blocker = demanded.severity is Severity.BLOCKER
        doubted = found is Status.PASSED and blocker and on_its_word
        outcome = Outcome(
            requirement=slug,
            status=Status.UNDETERMINED if doubted else found,
            severity=demanded.severity,
            subject=demanded.subject,
            summary=ON_ITS_WORD if doubted else summary or demanded.title,
            evidence=(*evidence, *screening.attached),
            check=item.nodeid,
            seconds=call.duration,
        )
        screening.found.append(redacted(outcome, screening.redact))


def judge(error: BaseException | None, item: pytest.Item) -> tuple[Status, str, tuple[Evidence, ...]]:
    """The outcome that the way a check ended stands for."""
    match error:
        case None:
            return Status.PASSED, "", ()
        case Failed():
            return Status.FAILED, error.summary, error.evidence
        case NotApplicable():
            return Status.NOT_APPLICABLE, error.summary, error.evidence
        case Finding():
            return Status.UNDETERMINED, error.summary, error.evidence
        case ConnectorError():
            said = Evidence(basis=Basis.CLAIMED, kind=EvidenceKind.LOG, text=str(error))
            return Status.UNDETERMINED, f"The connector broke off during the check: {error.gist}", (said,)
        case _:
            trace = "".join(traceback.format_exception(error))
            ours = Evidence(basis=Basis.OBSERVED, kind=EvidenceKind.LOG, text=trace[-3500:])
            return Status.HARNESS_ERROR, f"The harness failed in {item.name}: {type(error).__name__}", (ours,)


@pytest.fixture
def evidence(request: pytest.FixtureRequest) -> Attach:
    """Attach what was seen to the outcome, however the check ends."""
    attached = request.config.stash[KEY].attached

    def attach(*items: Evidence) -> None:
        attached.extend(items)

    return attach


@pytest.fixture(scope="session")
def plan(request: pytest.FixtureRequest) -> Plan:
    return request.config.stash[KEY].plan


def report_progress(**what: object) -> None:
    descriptor = os.environ.get("HARNESS_PROGRESS_FD")
    if descriptor:
        os.write(int(descriptor), (json.dumps(what) + "\n").encode())
