"""Runs `checks/` for one screening: which checks apply, in which order, and what each of them found.

Checks of traces wait for scenarios beside one another, each in a thread of its own; the others run one after
another. Outcomes are appended to the screening's log as they come. How often a check is tried, and what is
believed of it, `policy` and `runner` say.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from harness.checking import LONG, MARK, Undetermined
from harness.checking.collected import (
    chosen,
    function_of,
    is_conformance,
    requirements_of,
    turn_of,
    waits_for_scenarios,
)
from harness.checking.conclusions import missing_prerequisite, outcomes_of, unloadable
from harness.checking.endings import ending_of
from harness.checking.plan import Plan
from harness.checking.policy import Ending, Policy
from harness.checking.progress_lines import Stopped, report_progress
from harness.checking.redaction import Redact, redacted
from harness.checking.replayed import undecided
from harness.checking.runner import EVERY, EVIDENCE, OF_A_TRY, judges_traces, policy_for, run
from harness.checking.traces import Source, Unconfirmed
from harness.checking.waiting import OneAtATime
from harness.errors import full_disk, of_full_disk
from harness.outcome import OutcomeLog, Status
from harness.paths import cache_dir
from harness.requirement import Catalogue

AT_MOST = 0.001  # real seconds that one thread keeps the interpreter while others want it
NAME = "screening"
EXIT_STOPPED = 2  # pytest's own code of a run that was interrupted


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--plan", metavar="FILE", help="the screening to run, as `harness run` writes it")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"{MARK}(*slugs): the requirements that a check verifies")
    config.addinivalue_line("markers", f"{LONG}: runs after all others")
    chosen = config.getoption("--plan")
    if not chosen:
        raise pytest.UsageError("checks run inside a screening: use `harness check` or `harness run`")
    _die_with_parent()
    sys.setswitchinterval(AT_MOST)
    plan = Plan.model_validate_json(Path(chosen).read_text(encoding="utf-8"))
    log = OutcomeLog(plan.outcomes_file)
    with stopping_at_a_full_disk(plan):
        log.begin(plan.header)
    config.pluginmanager.register(Screening(plan, Catalogue.load(), log), NAME)


def screening_of(config: pytest.Config) -> Screening:
    found = config.pluginmanager.get_plugin(NAME)
    assert isinstance(found, Screening)  # noqa: S101 - pytest_configure registered it
    return found


def _die_with_parent() -> None:
    """Ask the kernel to end us when the harness is killed, so that a sandbox never outlives it."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None, use_errno=True).prctl(pr_set_pdeathsig, signal.SIGKILL)
    parent = os.environ.get("HARNESS_PARENT")
    if parent and os.getppid() != int(parent):  # it was killed before we asked
        os._exit(1)


class Screening:
    """A plugin of pytest: one run of the checks. Knows what to redact from the players that were opened."""

    def __init__(self, plan: Plan, catalogue: Catalogue, log: OutcomeLog) -> None:
        self.plan = plan
        self.catalogue = catalogue
        self.log = log
        self._redact: list[Redact] = []
        self._writing = threading.Lock()
        self._one_at_a_time = OneAtATime()
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="check")
        self._waiting: dict[str, Future[Ending]] = {}
        self._failed: list[str] = []
        self._stopped = False

    def settle(self) -> None:
        """Wait for every check that waits for a scenario. Raises what ends the run."""
        for waiting in tuple(self._waiting.values()):
            if not self._stopped:
                waiting.result()
        self._waiting.clear()

    def redact_with(self, redact: Redact) -> None:
        """Apply it to whatever is written from now on."""
        self._redact.append(redact)

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if "connector_name" in metafunc.fixturenames:
            metafunc.parametrize("connector_name", self.plan.connectors, scope="session")

    @pytest.hookimpl(trylast=True)  # after -k
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        wanted = {item.id for item in self.catalogue.for_profile(self.plan.profile)}
        done = {
            (outcome.requirement, outcome.check)
            for outcome in self.log.outcomes()
            if outcome.status is not Status.HARNESS_ERROR
        }
        kept, dropped = chosen(items, wanted, done)
        kept.sort(key=lambda item: turn_of(item, self.plan.connectors))
        items[:] = kept
        config.hook.pytest_deselected(items=dropped)
        self._threads = ThreadPoolExecutor(max(len(kept), 1), thread_name_prefix="check")
        report_progress(total=len(kept))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        report_progress(check=item.name)
        if not is_conformance(item):
            return
        missing = missing_prerequisite(self.log.outcomes())
        if missing is None and judges_traces(function_of(item)):
            missing = unloadable(self.log.outcomes(), item.nodeid)
        if missing is not None:
            raise Undetermined(f"Not tried, because {missing.requirement} failed: {missing.summary}")

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool:
        """Try the check as often as the policy says, and write down what came of it.

        One of a scenario's traces goes on by itself: nobody waits for it until all are needed.
        """
        given: dict[str, Any] = dict(pyfuncitem.funcargs)
        if waits_for_scenarios(pyfuncitem):
            run_it = self._threads.submit(self._run, pyfuncitem, given)
            self._waiting[pyfuncitem.nodeid] = run_it
            return True
        if EVERY in given:
            self.settle()
        ending = self._run(pyfuncitem, given)
        if ending.status is Status.FAILED:
            pytest.fail(ending.summary, pytrace=False)
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(self, nextitem: pytest.Item | None) -> None:
        if nextitem is None:
            self.settle()

    def pytest_keyboard_interrupt(self) -> None:
        """It was interrupted, or its disk is full: nobody waits any longer, and nothing more is written."""
        self._stopped = True

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for line in self._failed:
            terminalreporter.write_line(line)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """What keeps a check from being tried at all is its outcome."""
        report = yield
        if call.when == "setup" and call.excinfo is not None:
            with stopping_at_a_full_disk(self.plan):
                if full_disk(call.excinfo.value):
                    raise call.excinfo.value
            ending = ending_of(call.excinfo.value, item.name)
            self._write(item, self._policy(item, None), ending, call.duration)
            if ending.status is not Status.HARNESS_ERROR:  # to pytest, whatever a fixture raises is an error
                where, line, _ = item.location
                report.outcome, report.longrepr = "skipped", (where, line or 0, ending.summary)
        return report

    def _run(self, item: pytest.Function, given: dict[str, Any]) -> Ending:
        began = time.monotonic()
        found: Any = next((given[name] for name in OF_A_TRY if name in given), None)
        source: Source | None = None if found is None else self._one_at_a_time.source(found)
        unconfirmed = {} if source is None else source.unconfirmed
        control = None if source is None else source.control
        policy = self._policy(item, control, given.get("connector_name"), unconfirmed)
        looking = nullcontext() if source is None else self._one_at_a_time.looking()
        told = None if source is None else undecided(self.plan.mode, requirements_of(item), given)
        with looking, stopping_at_a_full_disk(self.plan):
            ending = told or run(item.function, policy, source, given)
        if not self._stopped:
            self._write(item, policy, ending, time.monotonic() - began, unconfirmed)
        return ending

    def _policy(
        self,
        item: pytest.Item,
        control: str | None,
        connector: str | None = None,
        unconfirmed: Unconfirmed = MappingProxyType({}),
    ) -> Policy:
        return policy_for(
            function_of(item),
            self.plan.scale,
            control,
            of_the_running=is_conformance(item),
            connector=connector,
            doubted=all(slug in unconfirmed for slug in requirements_of(item)),
        )

    def _write(
        self,
        item: pytest.Item,
        policy: Policy,
        ending: Ending,
        seconds: float,
        unconfirmed: Unconfirmed = MappingProxyType({}),
    ) -> None:
        requirements = [self.catalogue[slug] for slug in requirements_of(item)]
        found = outcomes_of(item.nodeid, requirements, policy, ending, seconds, unconfirmed)
        for redact in self._redact:
            found = [redacted(outcome, redact) for outcome in found]
        with self._writing, stopping_at_a_full_disk(self.plan):
            self.log.append(found)
            if waits_for_scenarios(item) and ending.status is Status.FAILED:
                self._failed.append(f"FAILED {item.nodeid} - {found[0].summary}")
            said = [outcome.model_dump(mode="json") for outcome in found]
            report_progress(outcomes=said, check=self._waiting_besides(item))

    def _waiting_besides(self, item: pytest.Item) -> str | None:
        """The name of the check that waits longest for a scenario, None where none does."""
        waiting = tuple(self._waiting.items())
        names = (nodeid.rpartition("::")[2] for nodeid, check in waiting if not check.done())
        return next((name for name in names if name != item.name), None)


@contextmanager
def stopping_at_a_full_disk(plan: Plan) -> Iterator[None]:
    """End the whole run where the disk is full, and say so: what is found after that could not be kept."""
    try:
        yield
    except Exception as error:
        found = full_disk(error)
        if found is None:
            raise
        told = of_full_disk(found, [plan.outcomes_file.parent, Path(tempfile.gettempdir()), cache_dir()])
        report_progress(stopped=vars(Stopped(message=told.message, where=told.where, hint=told.hint)))
        pytest.exit(str(told), returncode=EXIT_STOPPED)


def _of_a_try(name: str) -> Any:
    """A fixture by which a check says what it judges; what it is given differs from try to try."""

    @pytest.fixture(name=name)
    def source(players: Source) -> Source:
        return players

    return source


globals().update({f"{name}_of_a_try": _of_a_try(name) for name in OF_A_TRY})


@pytest.fixture(name=EVIDENCE)
def evidence_of_a_try() -> None:
    """Attach what was seen to the outcome, however the check ends; each try has its own."""


@pytest.fixture(scope="session")
def plan(request: pytest.FixtureRequest) -> Plan:
    return screening_of(request.config).plan
