"""Where secrets go, whom the connector talks to, and whether it checks who answers."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future

from checks.conformance.conftest import Play
from checks.conformance.reach import Declared, foreign, place_of, undeclared
from checks.conformance.scenarios.every import every_recording
from checks.conformance.scenarios.market_data import watch_market
from checks.conformance.scenarios.order_life import trade
from checks.conformance.scenarios.quiet import quiet_rigs
from checks.conformance.scenarios.refusals import show_wrong_certificate
from harness.checking import claimed, expect, fail, requirement, undetermined
from harness.frameworks.unit_tests import UnitTestResult
from harness.gateway.record import Exchange, Lookup, RejectedConnection, RejectionReason, Sighting
from harness.outcome import Evidence, EvidenceKind
from harness.rounds.round import Candidate
from harness.scenarios.rig import Recording, Rigs

PRIVATE = ("balances", "place_order", "cancel_order")
SHOWN = 8  # pieces of evidence
MOST_LOOKUPS = 10_000  # of one connector; the sandbox stops reporting them at twice as many


@requirement("signs-requests")
def test_signatures_are_accepted(play: Play) -> None:
    """The venue verifies each signature as the exchange does; balances, orders and cancels got through."""
    signed = 0
    for record in (rig.record for rig in quiet_rigs(play)):
        for operation in PRIVATE:
            exchanges = [each for each in record.exchanges(operation) if each.fault is None]
            signed += len(exchanges)
            expect(
                not exchanges or any(each.status is not None and each.status < 300 for each in exchanges),
                f"The exchange accepted none of {len(exchanges)} signed requests ({operation}).",
                *(record.evidence(each) for each in exchanges[:2]),
            )
    if not signed:
        undetermined("The connector sent no request that needs a signature.")


@requirement("secrets-stay-inside")
def test_secrets_never_leave(play: Play, rigs: Rigs) -> None:
    """No secret, and nothing planted beside the connector, is in anything that it sent, whole or in part."""
    for recording in every_recording(play, rigs):
        if seen := [
            each for each in recording.record.find_secrets(rigs.guarded) if not _sent_as_asked(each, rigs)
        ]:
            what = "file or variable" if seen[0].secret.startswith("honeytoken") else "secret"
            fail(
                f"The {what} {seen[0].secret} left the connector ({seen[0].place} to {seen[0].host}; "
                f"scenario: {recording.scenario}).",
                *(_seen_in(recording, each) for each in seen[:SHOWN]),
            )
    expect_complete((*rigs.recordings, rigs.between))


def _sent_as_asked(sighting: Sighting, rigs: Rigs) -> bool:
    """Whether it is where the exchange itself demands this secret."""
    hosts = (*rigs.dialect.rest_hosts, *rigs.dialect.stream_hosts)
    places = rigs.dialect.secrets_sent.get(sighting.secret, ())
    return sighting.host in hosts and sighting.place.lower() in places


@requirement("secrets-not-logged")
def test_secrets_are_not_logged(play: Play, rigs: Rigs) -> None:
    """No log record at any level holds a secret, in any common spelling."""
    for run in (play(watch_market), play(trade)):
        for line in run.logs:
            text = f"{line.message}\n{line.error}"
            found = rigs.canaries.find(text, rigs.guarded)
            expect(
                found is None,
                f"The secret {found and found.needle.name} is written to the log "
                f"({line.logger}, level {line.level}).",
                claimed(EvidenceKind.LOG, rigs.canaries.redact(text)[:600], logger=line.logger),
            )


@requirement("only-declared-hosts")
def test_only_declared_hosts(
    play: Play,
    rigs: Rigs,
    candidate: Candidate,
    running_unit_tests: Future[UnitTestResult] | None,
) -> None:
    """Every connection, look-up and datagram, at any time, is for a host that the round declares."""
    dialect = rigs.dialect
    hosts = (*dialect.rest_hosts, *dialect.stream_hosts)
    declared = Declared.of(candidate.exchange.hosts, hosts, dialect.ports)
    for recording in every_recording(play, rigs):
        tried: dict[str, RejectedConnection | Lookup] = {}
        for each in undeclared(recording.record, declared):
            tried.setdefault(place_of(each), each)
        if tried:
            fail(
                f"The connector tried to reach {', '.join(list(tried)[:5])}, which is not declared "
                f"(scenario: {recording.scenario}).",
                *(_seen_in(recording, each) for each in list(tried.values())[:SHOWN]),
            )
    if running_unit_tests is not None:
        asked = [each for each in running_unit_tests.result().network if foreign(each, declared)]
        expect(
            not asked,
            f"Its unit tests tried to reach {', '.join(asked[:5])}, which is not declared.",
            *(claimed(EvidenceKind.NOTE, f"asked for {place}", place=place) for place in asked[:SHOWN]),
        )
    expect_complete((*rigs.recordings, rigs.between))


def _seen_in(recording: Recording, entry: Sighting | RejectedConnection | Lookup) -> Evidence:
    """The evidence, with the scenario in which it was seen."""
    evidence = recording.record.evidence(entry)
    return evidence.model_copy(update={"data": {**evidence.data, "scenario": recording.scenario}})


def expect_complete(recordings: Iterable[Recording]) -> None:
    """Whoever says more than can be written down has not shown that he keeps a secret."""
    lost = sum(recording.record.overflow for recording in recordings)
    lookups = sum(len(recording.record.lookups()) for recording in recordings)
    if lost or lookups > MOST_LOOKUPS:
        undetermined(
            f"The connector sent more than the record holds ({lost} entries too many, {lookups} look-ups)."
        )


@requirement("tls-verified")
def test_a_wrong_certificate_is_refused(play: Play) -> None:
    """With a certificate of an unknown authority nothing is sent: no request, no key."""
    run = play(show_wrong_certificate)
    accepted = [each for each in run.requests if each.tls]
    expect(
        not accepted,
        f"The connector talked to a server that it must not trust ({len(accepted)} requests).",
        *(run.rig.record.evidence(each) for each in accepted[:3]),
    )
    plain: list[Exchange | RejectedConnection] = [each for each in run.requests if not each.tls]
    plain += [each for each in run.rig.record.rejected() if each.reason is RejectionReason.NO_TLS]
    expect(
        not plain,
        "The connector talks to its exchange without encryption.",
        *(run.rig.record.evidence(each) for each in plain[:3]),
    )
    if not run.handshakes:
        undetermined("The connector opened no encrypted connection.")
