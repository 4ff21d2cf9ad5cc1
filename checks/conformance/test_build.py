"""It builds, imports and can be constructed; its own unit tests run. Needs no exchange."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NoReturn

from checks.conformance.lacking import Lacks
from checks.static.wording import counted
from harness import temporary
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
from harness.checking.conclusions import UNLOADABLE
from harness.checking.plan import PACE
from harness.clock import ScaledClock
from harness.credentials.choosing import Choice, choose
from harness.credentials.examples import examples
from harness.credentials.matching import matched, unmatched
from harness.driving.claims import ConfigField
from harness.driving.driver import Driver
from harness.driving.rpc_client import ConnectorError
from harness.frameworks.environment import BuildResult
from harness.gateway.canaries import Canaries
from harness.gateway.record import Record
from harness.gateway.thread import running_gateway
from harness.outcome import Evidence, EvidenceKind
from harness.rounds.round import Candidate
from harness.sandbox import Backend
from harness.venue.dialects import dialect, known
from harness.venue.dialects.base import Dialect
from harness.venue.model import Account
from harness.venue.session import Venue

REACHES_OUT = 60.0  # virtual seconds; healthy connectors take under two
IRREGULAR = (
    "Something other than our driver spoke in its name while the connector was loaded and constructed."
)
PAIRS = ("BTC-USDT",)
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
def test_it_builds_without_warnings(build: BuildResult, changed_paths: frozenset[str]) -> None:
    """Neither Cython nor the C++ compiler warns about a module that it adds or changes."""
    changed = {path.rpartition(".")[0] for path in changed_paths}
    own = [module for module in build.compiled if module.rpartition(".")[0] in changed]
    if not own:
        not_applicable("It has no compiled modules.")
    stems = [module.rpartition(".")[0] for module in own]
    warnings = [line for line in build.warnings if any(stem in line for stem in stems)]
    expect(
        not warnings,
        f"The compilers give {counted(len(warnings), 'warning')} about {counted(len(own), 'module')}.",
        *(claimed(EvidenceKind.LOG, each) for each in warnings[:5]),
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

    That it was constructed is its own process's word; that it then reaches for its exchange, we see. Where
    that is simulated it answers, for some clients ask it while they are constructed.
    """
    canaries = Canaries()
    record, clock = Record(canaries), ScaledClock(PACE)
    with (
        temporary.folder("construct") as folder,
        running_gateway(_exchange(candidate, clock), clock=clock, record=record) as gateway,
        Driver(
            backend, runtime.runtime, connector_name, clock=clock, gateway=gateway.socket_path,
            ca=gateway.authority.write_ca(folder / "ca.pem"),
        ) as driver,
    ):  # fmt: skip
        folder.chmod(0o755)
        try:
            asked = driver.warm().config
        except ConnectorError as error:
            if lack := lacks(str(error)):
                undetermined(f"The connector cannot be imported here: {lack}.", _said(error))
            reached = (record.evidence(lookup) for lookup in record.lookups()[:5])
            said = _said(error, **{UNLOADABLE: False})
            fail(f"The connector cannot be imported: {error.gist[:200]}", said, *reached)
        excuse = _excuses(lacks, candidate, record)
        keys = _keys(driver, asked, connector_name, candidate, test_sources, excuse)
        canaries.know(keys)
        for trading_required in (False, True):
            _construct(driver, keys, trading_required, record, excuse)
        expect(not driver.irregularities, IRREGULAR, *irregular(driver.irregularities))
    evidence(*(record.evidence(lookup) for lookup in record.lookups()[:1]))


def _exchange(candidate: Candidate, clock: ScaledClock) -> list[Dialect]:
    """The candidate's exchange where it is simulated."""
    name = candidate.exchange.dialect
    if name not in known():
        return []
    simulated = dialect(name)
    return [simulated(Venue(simulated.markets, 1, clock))]


def _excuses(lacks: Lacks, candidate: Candidate, record: Record) -> Lacks:
    """What else may lack: the exchange, where a connector asks it while it is constructed."""

    def lacking(error: str) -> str | None:
        asked = record.lookups() if candidate.exchange.dialect not in known() else ()
        nobody = f"it asks for {asked[0].name} while it is constructed, and nobody answers" if asked else None
        return lacks(error) or nobody

    return lacking


def _construct(
    driver: Driver, keys: Mapping[str, str], trading_required: bool, record: Record, lacks: Lacks
) -> None:
    how = "to trade" if trading_required else "for market data alone"
    try:
        with driver.scenario(PAIRS, dict(keys), trading_required=trading_required) as connector:
            types = connector.order_types()
            if trading_required:
                connector.start()
                connector.until(record.lookups, REACHES_OUT)
    except ConnectorError as error:
        if lack := lacks(str(error)):
            undetermined(f"The connector cannot be constructed here: {lack}.", _said(error))
        fail(f"The connector cannot be constructed {how}: {error.gist[:200]}", _said(error))
    expect(types, "The connector declares no supported order types.")


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
            f"None of {choice.tries} made-up credentials was accepted ({gist}), and its tests generate their "
            f"own for {unread}: give their shape in the candidate's row (`exchange: credentials:`).",
            log,
        )
    fail(
        f"The connector cannot be constructed with any of {choice.tries} made-up credentials, of the shapes "
        f"in its own tests and others: {gist}",
        log,
    )


def _said(error: ConnectorError, **data: bool) -> Evidence:
    return raised(str(error), **data)
