"""Where secrets go, whom the connector talks to, and whether it checks who answers."""

from __future__ import annotations

from collections.abc import Iterable

from checks.conformance.conftest import Tell
from checks.conformance.stories.market_data import watch_market
from checks.conformance.stories.order_life import trade
from checks.conformance.stories.quiet import quiet_benches
from checks.conformance.stories.refusals import show_wrong_certificate
from harness.checking import claimed, expect, fail, requirement, undetermined
from harness.gateway.record import Exchange, Record, Stray, StrayReason
from harness.lab import Bench
from harness.outcome import EvidenceKind
from harness.round import Candidate

PRIVATE = ("balances", "place_order", "cancel_order")
# Connections that reached for something nobody declared, not those that merely broke off.
UNDECLARED = (StrayReason.UNDECLARED_HOST, StrayReason.UNDECLARED_PORT, StrayReason.NO_NAME)


def _secrets(bench: Bench) -> dict[str, str]:
    """Keys that must never leave: the API secret, and the passphrase where it is sent only as a digest."""
    account = bench.account
    hidden = (account.api_secret, account.passphrase)
    return {name: key for name, key in bench.dialect.credentials(account).items() if key in hidden}


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
def test_secrets_never_leave(tell: Tell) -> None:
    """The API secret is in no URL, header, body, message, host name or look-up, in any common spelling."""
    for bench in quiet_benches(tell):
        for name in _secrets(bench):
            if seen := bench.record.find_secret(name):
                fail(
                    f"The secret {name} left the connector ({seen[0].place} to {seen[0].host}).",
                    *(bench.record.evidence(sighting) for sighting in seen[:3]),
                )


@requirement("secrets-not-logged")
def test_secrets_are_not_logged(tell: Tell) -> None:
    """No log record at any level holds the API secret."""
    for story in (tell(watch_market), tell(trade)):
        for name, secret in _secrets(story.bench).items():
            for line in story.logs:
                text = f"{line.message}\n{line.error}"
                expect(
                    secret not in text,
                    f"The secret {name} is written to the log ({line.logger}, level {line.level}).",
                    claimed(EvidenceKind.LOG, story.bench.record.redact(text)[:600], logger=line.logger),
                )


@requirement("only-declared-hosts")
def test_only_declared_hosts(tell: Tell, candidate: Candidate) -> None:
    """Every connection and every look-up names a host that the round declares for this exchange."""
    declared = {host.split(":")[0].lower() for host in candidate.exchange.hosts}
    for bench in quiet_benches(tell):
        record, known = bench.record, {*bench.dialect.rest_hosts, *bench.dialect.stream_hosts}
        strays = [each for each in record.strays() if each.reason in UNDECLARED]
        if strays:
            fail(
                f"The connector tried to reach {strays[0].host or strays[0].ip}, which is not declared.",
                *(record.evidence(stray) for stray in strays[:5]),
            )
        names = _undeclared(record, declared | known)
        expect(not names, f"The connector looked up hosts that are not declared: {', '.join(names[:5])}.")


def _undeclared(record: Record, allowed: Iterable[str]) -> list[str]:
    allowed = set(allowed)
    names = {lookup.name.rstrip(".").lower() for lookup in record.lookups()}
    return sorted(name for name in names if name not in allowed and name != "localhost")


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
