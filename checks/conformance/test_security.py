"""Where secrets go, whom the connector talks to, and whether it checks who answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from pydantic import JsonValue

from checks.conformance.reach import Declared, foreign, place_of, undeclared
from checks.hosts import registrable
from harness.checking import Attach, claimed, expect, fail, measured, requirement, undetermined
from harness.checking.observers import leaks, logged_secrets, lost_entries
from harness.checking.traces import Traces
from harness.frameworks.unit_tests import UnitTestResult
from harness.gateway.entries import Exchange, Lookup, RejectedConnection, RejectionReason
from harness.outcome import Basis, Evidence, EvidenceKind
from harness.rounds.round import Candidate
from harness.scenarios.played.refusals import Refused
from harness.scenarios.trace.model import Leaked, Trace
from harness.venue.dialects import dialect, known

PRIVATE = ("balances", "place_order", "cancel_order")
SHOWN = 8  # pieces of evidence
NONE_DECLARED = (
    "The exchange is known from the fork alone and its row declares no hosts, so no address can be compared."
)
MOST_LOOKUPS = 10_000  # of one connector; the sandbox stops reporting them at twice as many


@requirement("signs-requests")
def test_signatures_are_accepted(traces: Traces) -> None:
    """The venue verifies each signature as the exchange does; balances, orders and cancels got through."""
    signed = 0
    for trace in traces.quiet():
        for operation in PRIVATE:
            exchanges = [each for each in trace.wire.requests(operation) if each.fault is None]
            signed += len(exchanges)
            expect(
                not exchanges or any(each.status is not None and each.status < 300 for each in exchanges),
                f"The exchange accepted none of {len(exchanges)} signed requests ({operation}).",
                *(trace.wire.evidence(each) for each in exchanges[:2]),
            )
    if not signed:
        undetermined("The connector sent no request that needs a signature.")


@requirement("secrets-stay-inside")
def test_secrets_never_leave(every_trace: Iterator[Trace]) -> None:
    """Nothing that it sent contains a secret or a honeytoken, whole or in part."""
    seen: list[Trace] = []
    for trace in every_trace:
        seen.append(trace)
        if found := leaks(trace):
            first = found[0]
            what = "file or variable" if first.secret.startswith("honeytoken") else "secret"
            fail(
                f"The {what} {first.secret} left the connector ({first.place} to {first.host}; "
                f"scenario: {trace.title}).",
                *(_leak(trace, each) for each in found[:SHOWN]),
            )
    expect_complete(seen)


def _leak(trace: Trace, each: Leaked) -> Evidence:
    text = f"{each.secret} in the {each.place} to {each.host} ({each.spelling}): {each.excerpt}"
    data: dict[str, JsonValue] = {
        "at": each.at, "host": each.host, "place": each.place, "spelling": each.spelling,
        "scenario": trace.title,
    }  # fmt: skip
    return Evidence(basis=Basis.OBSERVED, kind=EvidenceKind.WIRE, text=text, data=data)


@requirement("secrets-not-logged")
def test_secrets_are_not_logged(every_trace: Iterator[Trace]) -> None:
    """No log record at any level holds a secret, in any common spelling."""
    for trace in every_trace:
        for each in logged_secrets(trace)[:1]:
            fail(
                f"The secret {each.secret} is written to the log ({each.logger}, level {each.level}).",
                claimed(EvidenceKind.LOG, each.text, logger=each.logger, scenario=trace.title),
            )


@requirement("only-declared-hosts")
def test_only_declared_hosts(every_trace: Iterator[Trace], candidate: Candidate) -> None:
    """Every connection, look-up and datagram goes to a host that the round declares."""
    seen: list[Trace] = []
    for trace in every_trace:
        seen.append(trace)
        declared = _declared(candidate, trace)
        if not declared.ports:
            undetermined(NONE_DECLARED)
        tried: dict[str, RejectedConnection | Lookup] = {}
        for each in undeclared(trace.wire, declared):
            tried.setdefault(place_of(each), each)
        if tried:
            fail(
                f"The connector tried to reach {', '.join(list(tried)[:5])}, which is not declared "
                f"(scenario: {trace.title}).",
                *(_seen_in(trace, each) for each in list(tried.values())[:SHOWN]),
            )
    expect_complete(seen)


@requirement("only-declared-hosts")
def test_unit_tests_reach_for_nobody(
    unit_tests: UnitTestResult,
    candidate: Candidate,
    evidence: Attach,
    upstreams_unit_tests: Callable[[], UnitTestResult],
    upstreams_alone: Callable[[str], bool],
) -> None:
    """The unit tests contact only hosts that the round declares, or that upstream's tests or code contact."""
    exchange = candidate.exchange.dialect
    served = dialect(exchange) if exchange in known() else None
    hosts = (*served.rest_hosts, *served.stream_hosts) if served is not None else ()
    declared = Declared.of(candidate.exchange.hosts, hosts, served.ports if served is not None else ())
    asked = [each for each in unit_tests.network if foreign(each, declared)]
    if asked:
        asked = [each for each in asked if not upstreams_alone(registrable(each.rpartition(":")[0]))]
    if asked:
        asked = [each for each in asked if each not in upstreams_unit_tests().network]
    expect(
        not asked,
        f"Its unit tests tried to reach {', '.join(asked[:5])}, which is not declared.",
        *(claimed(EvidenceKind.NOTE, f"asked for {place}", place=place) for place in asked[:SHOWN]),
    )
    evidence(measured(f"{unit_tests.total} unit tests ran in a sandbox that nothing leads out of"))


def _declared(candidate: Candidate, trace: Trace) -> Declared:
    return Declared.of(candidate.exchange.hosts, trace.header.hosts, trace.header.ports)


def _seen_in(trace: Trace, entry: RejectedConnection | Lookup) -> Evidence:
    """The evidence, with the scenario in which it was seen."""
    evidence = trace.wire.evidence(entry)
    return evidence.model_copy(update={"data": {**evidence.data, "scenario": trace.title}})


def expect_complete(traces: Iterable[Trace]) -> None:
    """Whoever says more than can be written down has not shown that he keeps a secret."""
    distinct = {id(trace): trace for trace in traces}.values()
    lost = sum(lost_entries(trace) for trace in distinct)
    lookups = sum(len(trace.wire.lookups()) for trace in distinct)
    if lost or lookups > MOST_LOOKUPS:
        undetermined(
            f"The connector sent more than can be recorded: {lost} entries were left out, "
            f"{lookups} names looked up."
        )


@requirement("tls-verified")
def test_a_wrong_certificate_is_refused(wrong_certificate: Refused) -> None:
    """With a certificate of an unknown authority nothing is sent: no request, no key."""
    accepted = [each for each in wrong_certificate.requests if each.tls]
    expect(
        not accepted,
        f"The connector sent {len(accepted)} requests to a server whose certificate it must not trust.",
        *(wrong_certificate.part.wire.evidence(each) for each in accepted[:3]),
    )
    plain: list[Exchange | RejectedConnection] = [each for each in wrong_certificate.requests if not each.tls]
    plain += [
        each for each in wrong_certificate.part.wire.rejected() if each.reason is RejectionReason.NO_TLS
    ]
    expect(
        not plain,
        "The connector talks to its exchange without encryption.",
        *(wrong_certificate.part.wire.evidence(each) for each in plain[:3]),
    )
    if not wrong_certificate.handshakes:
        undetermined("The connector opened no encrypted connection.")
