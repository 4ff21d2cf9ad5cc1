"""It builds, imports and can be constructed; its own unit tests run. Needs no exchange."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import NoReturn

import pytest

from checks.conformance.lacking import imports_of, lack_of
from harness.checking import (
    Attach,
    claimed,
    expect,
    fail,
    irregular,
    measured,
    not_applicable,
    raised,
    requirement,
    undetermined,
)
from harness.checking.plan import PACE
from harness.checking.pytest_plugin import UNLOADABLE
from harness.clock import ScaledClock
from harness.credentials.choosing import Choice, choose
from harness.credentials.examples import examples
from harness.credentials.matching import matched, unmatched
from harness.driving.claims import ConfigField
from harness.driving.driver import ConnectorError, Driver
from harness.frameworks.core_tests import CoreTests
from harness.frameworks.environment import Base, BuildResult
from harness.frameworks.libraries import Libraries
from harness.frameworks.mutation import MutationResult
from harness.frameworks.unit_tests import UnitTestResult
from harness.gateway.canaries import Canaries
from harness.gateway.record import Record
from harness.gateway.thread import running_gateway
from harness.outcome import Evidence, EvidenceKind
from harness.rounds.round import Candidate
from harness.sandbox import Backend
from harness.venue.dialects import dialect, known
from harness.venue.model import Account
from harness.venue.session import Venue

Lacks = Callable[[str], str | None]
ENOUGH = 0.80
NOTICED = 0.50  # merged connectors: 0.70 to 0.80
REACHES_OUT = 60.0  # virtual seconds; healthy connectors take under two
IRREGULAR = (
    "Something other than our driver spoke in its name while the connector was loaded and constructed."
)
PAIRS = ("BTC-USDT",)
MADE_UP = Account("nobody", "K" * 64, "5ec7e7" * 11, "passphrase-1")


@pytest.fixture(scope="session")
def lacks(libraries: Libraries, base: Base) -> Lacks:
    """What of a traceback is our environment's lack: None where it is the submission's own."""
    imports = cache(imports_of(base.tree / "hummingbot"))
    return lambda text: lack_of(text, libraries, imports)


@requirement("builds")
def test_it_builds(build: BuildResult, evidence: Attach) -> None:
    """Upstream's modules and the submission's own changes compile in the sandbox."""
    own = f"{len(build.compiled)} modules of its own" if build.compiled else "no module of its own"
    evidence(measured(f"built in {build.seconds:.1f} s, {own}", compiled=[*build.compiled[:20]]))
    expect(
        build.ok,
        f"{len(build.failed)} modules do not compile: {', '.join(build.failed[:3])}.",
        claimed(EvidenceKind.LOG, build.log[-3000:]),
    )


@requirement("builds-without-warnings")
def test_it_builds_without_warnings(build: BuildResult) -> None:
    """Neither Cython nor the C++ compiler warns about a module that it adds or changes."""
    if not build.compiled:
        not_applicable("It has no module that is compiled.")
    expect(
        not build.warnings,
        f"The compilers warn {len(build.warnings)} times about {len(build.compiled)} modules.",
        *(claimed(EvidenceKind.LOG, each) for each in build.warnings[:5]),
    )


@requirement("imports-and-constructs")
def test_it_constructs(
    backend: Backend,
    runtime: BuildResult,
    lacks: Lacks,
    connector_name: str,
    candidate: Candidate,
    test_sources: tuple[str, ...],
    evidence: Attach,
) -> None:
    """The framework finds it, it imports, it is constructed to trade and for market data, and it starts.

    That it was constructed is its own process's word; that it then reaches for its exchange, we see.
    """
    canaries = Canaries()
    record, clock = Record(canaries), ScaledClock(PACE)
    with (
        running_gateway([], clock=clock, record=record) as gateway,
        Driver(backend, runtime.runtime, connector_name, clock=clock, gateway=gateway.socket_path) as driver,
    ):
        try:
            asked = driver.warm().config
        except ConnectorError as error:
            if lack := lacks(str(error)):
                undetermined(f"The connector cannot be imported here: {lack}.", _said(error))
            reached = (record.evidence(lookup) for lookup in record.lookups()[:5])
            said = _said(error, **{UNLOADABLE: False})
            fail(f"The connector cannot be imported: {error.gist[:200]}", said, *reached)
        keys = _keys(driver, asked, connector_name, candidate, test_sources, lacks)
        canaries.know(keys)
        for trading_required in (False, True):
            _construct(driver, keys, trading_required, record)
        expect(not driver.irregularities, IRREGULAR, *irregular(driver.irregularities))
    evidence(*(record.evidence(lookup) for lookup in record.lookups()[:1]))


def _construct(driver: Driver, keys: Mapping[str, str], trading_required: bool, record: Record) -> None:
    how = "to trade" if trading_required else "for market data alone"
    try:
        with driver.scenario(PAIRS, dict(keys), trading_required=trading_required) as connector:
            types = connector.order_types()
            if trading_required:
                connector.start()
                connector.until(record.lookups, REACHES_OUT)
    except ConnectorError as error:
        fail(f"The connector cannot be constructed {how}: {error.gist[:200]}", _said(error))
    expect(types, "The connector declares no order type at all.")


def _keys(
    driver: Driver,
    asked: tuple[ConfigField, ...],
    connector: str,
    candidate: Candidate,
    test_sources: Iterable[str],
    lacks: Lacks,
) -> Mapping[str, str]:
    """Keys of the exchange's own where it is simulated, else such as the connector's own code accepts."""
    said, exchange = candidate.exchange.stated_credentials, candidate.exchange.dialect
    if exchange in known():
        simulated = dialect(exchange)
        offered = simulated(Venue(simulated.markets, 1, ScaledClock())).credentials(MADE_UP)
        found = matched(asked, offered, connector, said)
        if found.missing:
            undetermined(unmatched(found.missing, exchange))
        return found.credentials

    def attempt(credentials: Mapping[str, str]) -> str | None:
        try:
            with driver.scenario(PAIRS, dict(credentials)):
                return None
        except ConnectorError as error:
            return str(error)

    names = {field.name for field in asked if field.connect_key}
    tests = examples(test_sources, names)
    choice = choose(asked, connector, attempt, tests, said)
    if choice.failure is not None:
        unreadable = [name for each in tests for name, value in each.values.items() if value is None]
        _no_shape_fits(choice, unreadable, lacks)
    return choice.credentials


def _no_shape_fits(choice: Choice, unreadable: Iterable[str], lacks: Lacks) -> NoReturn:
    """Its own tests may know what to give it, where they make it up themselves."""
    log = claimed(EvidenceKind.LOG, str(choice.failure)[-3000:])
    if lack := lacks(str(choice.failure)):
        undetermined(f"The connector cannot be constructed here: {lack}.", log)
    gist = str(choice.failure).strip().splitlines()[-1][:200]
    unread = ", ".join(sorted(set(unreadable)))
    if unread:
        undetermined(
            f"None of {choice.tries} made-up credentials was accepted ({gist}), and its tests make their own "
            f"for {unread}: say in the candidate's row what shape they have (`exchange: credentials:`).",
            log,
        )
    fail(
        f"The connector cannot be constructed with any of {choice.tries} made-up credentials, of the shapes "
        f"in its own tests and others: {gist}",
        log,
    )


def _said(error: ConnectorError, **data: bool) -> Evidence:
    return raised(str(error), **data)


def _evidence(result: UnitTestResult) -> list[Evidence]:
    texts = [_failure(each.name, each.how, each.text) for each in result.failures[:4]]
    return [claimed(EvidenceKind.LOG, text) for text in texts or [result.detail[-1500:]]]


def _failure(name: str, how: str, text: str) -> str:
    """The test and its message on the first line, then the end of what it printed."""
    message = next((line for line in reversed(text.strip().splitlines()) if line.strip()), "")
    return f"{name}: {how}: {message.strip()[:300]}\n{text[-1500:]}"


@pytest.fixture(scope="session")
def runnable_tests(unit_tests: UnitTestResult, lacks: Lacks) -> UnitTestResult:
    """How the unit tests went; where some lack a library here they say nothing of the connector."""
    texts = (f"{each.name}\n{each.text}" for each in unit_tests.failures)
    for text in (*texts, *(() if unit_tests.ran else (unit_tests.detail,))):
        if lack := lacks(text):
            said = claimed(EvidenceKind.LOG, text[-1500:])
            undetermined(f"Some unit tests cannot run here: {lack}.", said)
    return unit_tests


@requirement("unit-tests-pass-offline", "unit-tests-need-no-credentials")
def test_unit_tests_pass(runnable_tests: UnitTestResult, evidence: Attach) -> None:
    """The connector's unit tests pass with no network and no credentials."""
    expect(runnable_tests.ran, "The unit tests could not be run to their end.", *_evidence(runnable_tests))
    count = f"{runnable_tests.passed} of {runnable_tests.total} unit tests passed"
    evidence(claimed(EvidenceKind.MEASUREMENT, count))
    expect(runnable_tests.total, "There are test files, but no test in them ran.", *_evidence(runnable_tests))
    skipped = f"All of the {runnable_tests.skipped} unit tests are skipped."
    expect(runnable_tests.skipped < runnable_tests.total, skipped, *_evidence(runnable_tests))
    broken = runnable_tests.failed + runnable_tests.errors
    expect(
        not broken,
        f"{broken} of {runnable_tests.total} unit tests fail without network.",
        *_evidence(runnable_tests),
    )


@requirement("unit-tests-cover-80-percent")
def test_unit_tests_cover_the_connector(runnable_tests: UnitTestResult, evidence: Attach) -> None:
    """The unit tests reach at least four fifths of the connector's lines."""
    if runnable_tests.coverage is None:
        undetermined("No coverage could be taken.")
    evidence(claimed(EvidenceKind.MEASUREMENT, f"{runnable_tests.coverage:.0%} of the connector's lines ran"))
    expect(
        runnable_tests.coverage >= ENOUGH,
        f"The unit tests reach {runnable_tests.coverage:.0%} of the connector's lines, not {ENOUGH:.0%}.",
    )


@pytest.mark.takes_a_minute
@requirement("unit-tests-detect-defects")
def test_unit_tests_notice_defects(mutation: MutationResult, evidence: Attach) -> None:
    """Of small defects planted one by one in lines that the unit tests run, these notice at least half."""
    if not mutation.sound:
        said = claimed(EvidenceKind.LOG, mutation.detail[-1500:])
        undetermined("Defects could not be planted: the unit tests did not get that far.", said)
    if not mutation.planted:
        undetermined("No defect could be planted in a line whose tests pass.")
    count = f"{mutation.noticed} of {mutation.planted} planted defects noticed"
    evidence(
        claimed(EvidenceKind.MEASUREMENT, count, noticed=mutation.noticed, planted=mutation.planted),
        *(claimed(EvidenceKind.NOTE, f"not noticed: {each}") for each in mutation.missed[:8]),
    )
    expect(
        mutation.noticed >= mutation.planted * NOTICED,
        f"The unit tests notice {mutation.noticed} of {mutation.planted} small defects in lines they run.",
    )


@pytest.mark.takes_a_minute
@requirement("upstream-tests-still-pass")
def test_the_frameworks_tests_still_pass(core_tests: CoreTests, evidence: Attach) -> None:
    """Tests of the framework's own code that it changes pass as they did without it."""
    tested = core_tests.held + len(core_tests.broken) + len(core_tests.lost)
    if not core_tests.decided or not tested:
        said = claimed(EvidenceKind.LOG, core_tests.detail[-1500:])
        undetermined("The framework's tests of the code that it changes do not pass without it either.", said)
    text = f"{core_tests.held} of {tested} tests in {len(core_tests.tests)} files pass as before"
    evidence(claimed(EvidenceKind.MEASUREMENT, text, files=[*core_tests.tests[:8]]))
    failed = (f"{each.name}: {each.how}\n{each.text}"[-1500:] for each in core_tests.broken[:4])
    gone = (f"{name}: passes no longer" for name in core_tests.lost[:4])
    expect(
        core_tests.held == tested,
        f"It changes the framework's own code, and {tested - core_tests.held} of the {tested} tests that the "
        "framework has of it no longer pass.",
        *(claimed(EvidenceKind.LOG, text) for text in (*failed, *gone)),
    )
