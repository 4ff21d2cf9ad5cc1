"""Where secrets go, whom the connector talks to, and whether it checks who answers."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future

from checks.conformance.conftest import Tell
from checks.conformance.reach import Declared, foreign, place_of, undeclared
from checks.conformance.scenarios.every import every_scene
from checks.conformance.scenarios.market_data import watch_market
from checks.conformance.scenarios.order_life import trade
from checks.conformance.scenarios.quiet import quiet_benches
from checks.conformance.scenarios.refusals import show_wrong_certificate
from harness.checking import claimed, expect, fail, requirement, undetermined
from harness.frameworks.unit_tests import UnitTestResult
from harness.gateway.record import Exchange, Lookup, Sighting, Stray, StrayReason
from harness.outcome import Evidence, EvidenceKind
from harness.rounds.round import Candidate
from harness.scenarios.rig import Lab, Scene

PRIVATE = ("balances", "place_order", "cancel_order")
SHOWN = 8  # pieces of evidence
MOST_LOOKUPS = 10_000  # of one connector; the sandbox stops reporting them at twice as many


@requirement("signs-requests")
def test_signatures_are_accepted(tell: Tell) -> None:
    """The venue verifies each signature as the exchange does; balances, orders and cancels got through."""
    signed = 0
    for record in (bench.record for bench in quiet_benches(tell)):
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
def test_secrets_never_leave(tell: Tell, lab: Lab) -> None:
    """No secret, and nothing planted beside the connector, is in anything that it sent, whole or in part."""
    for scene in every_scene(tell, lab):
        if seen := [each for each in scene.record.find_secrets(lab.guarded) if not _sent_as_asked(each, lab)]:
            what = "file or variable" if seen[0].secret.startswith("decoy") else "secret"
            fail(
                f"The {what} {seen[0].secret} left the connector ({seen[0].place} to {seen[0].host}; "
                f"story: {scene.story}).",
                *(_seen_in(scene, each) for each in seen[:SHOWN]),
            )
    expect_complete((*lab.scenes, lab.between))


def _sent_as_asked(sighting: Sighting, lab: Lab) -> bool:
    """Whether it is where the exchange itself demands this secret."""
    hosts = (*lab.dialect.rest_hosts, *lab.dialect.stream_hosts)
    places = lab.dialect.secrets_sent.get(sighting.secret, ())
    return sighting.host in hosts and sighting.place.lower() in places


@requirement("secrets-not-logged")
def test_secrets_are_not_logged(tell: Tell, lab: Lab) -> None:
    """No log record at any level holds a secret, in any common spelling."""
    for story in (tell(watch_market), tell(trade)):
        for line in story.logs:
            text = f"{line.message}\n{line.error}"
            found = lab.canaries.find(text, lab.guarded)
            expect(
                found is None,
                f"The secret {found and found.needle.name} is written to the log "
                f"({line.logger}, level {line.level}).",
                claimed(EvidenceKind.LOG, lab.canaries.redact(text)[:600], logger=line.logger),
            )


@requirement("only-declared-hosts")
def test_only_declared_hosts(
    tell: Tell,
    lab: Lab,
    candidate: Candidate,
    running_unit_tests: Future[UnitTestResult] | None,
) -> None:
    """Every connection, look-up and datagram, at any time, is for a host that the round declares."""
    dialect = lab.dialect
    hosts = (*dialect.rest_hosts, *dialect.stream_hosts)
    declared = Declared.of(candidate.exchange.hosts, hosts, dialect.ports)
    for scene in every_scene(tell, lab):
        tried: dict[str, Stray | Lookup] = {}
        for each in undeclared(scene.record, declared):
            tried.setdefault(place_of(each), each)
        if tried:
            fail(
                f"The connector tried to reach {', '.join(list(tried)[:5])}, which is not declared "
                f"(story: {scene.story}).",
                *(_seen_in(scene, each) for each in list(tried.values())[:SHOWN]),
            )
    if running_unit_tests is not None:
        asked = [each for each in running_unit_tests.result().network if foreign(each, declared)]
        expect(
            not asked,
            f"Its unit tests tried to reach {', '.join(asked[:5])}, which is not declared.",
            *(claimed(EvidenceKind.NOTE, f"asked for {place}", place=place) for place in asked[:SHOWN]),
        )
    expect_complete((*lab.scenes, lab.between))


def _seen_in(scene: Scene, entry: Sighting | Stray | Lookup) -> Evidence:
    """The evidence, with the story in which it was seen."""
    evidence = scene.record.evidence(entry)
    return evidence.model_copy(update={"data": {**evidence.data, "story": scene.story}})


def expect_complete(scenes: Iterable[Scene]) -> None:
    """Whoever says more than can be written down has not shown that he keeps a secret."""
    lost = sum(scene.record.overflow for scene in scenes)
    lookups = sum(len(scene.record.lookups()) for scene in scenes)
    if lost or lookups > MOST_LOOKUPS:
        undetermined(
            f"The connector sent more than the record holds ({lost} entries too many, {lookups} look-ups)."
        )


@requirement("tls-verified")
def test_a_wrong_certificate_is_refused(tell: Tell) -> None:
    """With a certificate of an unknown authority nothing is sent: no request, no key."""
    story = tell(show_wrong_certificate)
    accepted = [each for each in story.requests if each.tls]
    expect(
        not accepted,
        f"The connector talked to a server that it must not trust ({len(accepted)} requests).",
        *(story.bench.record.evidence(each) for each in accepted[:3]),
    )
    plain: list[Exchange | Stray] = [each for each in story.requests if not each.tls]
    plain += [each for each in story.bench.record.strays() if each.reason is StrayReason.NO_TLS]
    expect(
        not plain,
        "The connector talks to its exchange without encryption.",
        *(story.bench.record.evidence(each) for each in plain[:3]),
    )
    if not story.handshakes:
        undetermined("The connector opened no encrypted connection.")
