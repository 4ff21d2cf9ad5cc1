"""It builds, imports and can be constructed; its own unit tests run. Needs no exchange."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

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
from harness.driving.claims import ConfigField
from harness.driving.driver import ConnectorError, Driver
from harness.frameworks.core_tests import CoreTests
from harness.frameworks.environment import BuildResult
from harness.frameworks.mutation import MutationResult
from harness.frameworks.unit_tests import UnitTestResult
from harness.gateway.record import Record
from harness.gateway.thread import running_gateway
from harness.outcome import Evidence, EvidenceKind
from harness.rounds.round import Candidate
from harness.sandbox import Backend
from harness.venue.dialects import dialect, known
from harness.venue.model import Account
from harness.venue.session import Venue

ENOUGH = 0.80
NOTICED = 0.50  # merged connectors: 0.70 to 0.80
REACHES_OUT = 60.0  # virtual seconds; healthy connectors take under two
IRREGULAR = (
    "Something other than our driver spoke in its name while the connector was loaded and constructed."
)
MADE_UP = Account("nobody", "K" * 64, "5ec7e7" * 11, "passphrase-1")


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
    backend: Backend, runtime: BuildResult, connector_name: str, candidate: Candidate, evidence: Attach
) -> None:
    """The framework finds it, it imports, it is constructed to trade and for market data, and it starts.

    That it was constructed is its own process's word; that it then reaches for its exchange, we see.
    """
    record, clock = Record(), ScaledClock(PACE)
    with (
        running_gateway([], clock=clock, record=record) as gateway,
        Driver(backend, runtime.runtime, connector_name, clock=clock, gateway=gateway.socket_path) as driver,
    ):
        try:
            asked = driver.warm().config
        except ConnectorError as error:
            _missing_library(error)
            reached = (record.evidence(lookup) for lookup in record.lookups()[:5])
            said = _said(error, **{UNLOADABLE: False})
            fail(f"The connector cannot be imported: {error.gist[:200]}", said, *reached)
        keys = _keys(asked, candidate.exchange.dialect)
        for trading_required in (False, True):
            _construct(driver, keys, trading_required, record)
        expect(not driver.irregularities, IRREGULAR, *irregular(driver.irregularities))
    evidence(*(record.evidence(lookup) for lookup in record.lookups()[:1]))


def _construct(driver: Driver, keys: dict[str, str], trading_required: bool, record: Record) -> None:
    how = "to trade" if trading_required else "for market data alone"
    try:
        with driver.scenario(["BTC-USDT"], keys, trading_required=trading_required) as connector:
            types = connector.order_types()
            if trading_required:
                connector.start()
                connector.until(record.lookups, REACHES_OUT)
    except ConnectorError as error:
        fail(f"The connector cannot be constructed {how}: {error.gist[:200]}", _said(error))
    expect(types, "The connector declares no order type at all.")


def _keys(asked: Iterable[ConfigField], exchange: str | None) -> dict[str, str]:
    """Keys of the exchange's own shape where it is simulated, else something for every field asked for."""
    if exchange in known():
        simulated = dialect(exchange)
        return simulated(Venue(simulated.markets, 1, ScaledClock())).credentials(MADE_UP)
    return {each.name: MADE_UP.api_secret for each in asked if each.connect_key}


def _missing_library(error: ConnectorError) -> None:
    """A library that upstream lists but our environment lacks is our lack."""
    if "No module named" in str(error) and "hummingbot" not in error.gist:
        undetermined(
            f"The environment lacks a library that the connector imports: {error.gist[:200]}", _said(error)
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


@requirement("unit-tests-pass-offline", "unit-tests-need-no-credentials")
def test_unit_tests_pass(unit_tests: UnitTestResult, evidence: Attach) -> None:
    """The connector's unit tests pass with no network and no credentials."""
    expect(unit_tests.ran, "The unit tests could not be run to their end.", *_evidence(unit_tests))
    count = f"{unit_tests.passed} of {unit_tests.total} unit tests passed"
    evidence(claimed(EvidenceKind.MEASUREMENT, count))
    expect(unit_tests.total, "There are test files, but no test in them ran.", *_evidence(unit_tests))
    skipped = f"All of the {unit_tests.skipped} unit tests are skipped."
    expect(unit_tests.skipped < unit_tests.total, skipped, *_evidence(unit_tests))
    broken = unit_tests.failed + unit_tests.errors
    expect(
        not broken, f"{broken} of {unit_tests.total} unit tests fail without network.", *_evidence(unit_tests)
    )


@requirement("unit-tests-cover-80-percent")
def test_unit_tests_cover_the_connector(unit_tests: UnitTestResult, evidence: Attach) -> None:
    """The unit tests reach at least four fifths of the connector's lines."""
    if unit_tests.coverage is None:
        undetermined("No coverage could be taken.")
    evidence(claimed(EvidenceKind.MEASUREMENT, f"{unit_tests.coverage:.0%} of the connector's lines ran"))
    expect(
        unit_tests.coverage >= ENOUGH,
        f"The unit tests reach {unit_tests.coverage:.0%} of the connector's lines, not {ENOUGH:.0%}.",
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
