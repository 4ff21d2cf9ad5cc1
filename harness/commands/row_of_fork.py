"""What a fork's commit tells of its own row of `candidates.yml`. Read as text; nothing of it runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from checks.static.source import Source
from checks.static.test_security_network import FOR_PEOPLE, LOCAL, addresses
from harness.errors import UserError
from harness.forks.submission import AddedConnector, Submission
from harness.rounds.round import Candidate

MOST_PARTS = 6


@dataclass(frozen=True)
class Hosts:
    """Names of hosts in a connector's code; `parts` are what hosts are put together of, as `api.{}.com`."""

    names: tuple[str, ...]
    parts: tuple[str, ...]


def chosen_connectors(submission: Submission, wanted: Iterable[str]) -> tuple[AddedConnector, ...]:
    """Those that are wanted, else those that are new, else the only one that is changed; all of one kind."""
    found = {each.name: each for each in submission.connectors}
    listed = ", ".join(found) or "none"
    if lacking := [each for each in wanted if each not in found]:
        raise UserError(
            f"the fork adds no connector {lacking[0]!r}",
            where=submission.repository,
            hint=f"on {submission.ref} it adds or changes: {listed}",
        )
    chosen = tuple(found[each] for each in wanted) or tuple(each for each in found.values() if each.new)
    chosen = chosen or tuple(found.values())
    if not chosen:
        raise UserError(
            f"{submission.ref} adds no connector to upstream",
            where=submission.repository,
            hint="name the branch that has it with --ref",
        )
    if len({each.kind for each in chosen}) > 1 or not (any(each.new for each in chosen) or len(chosen) == 1):
        raise UserError(
            f"{len(chosen)} connectors match",
            where=submission.repository,
            hint=f"choose with --connector, and submit spot and perpetual connectors separately: {listed}",
        )
    return chosen


def hosts_of(sources: Iterable[Source]) -> Hosts:
    """Hosts of the addresses in code, in the order they stand there, without those of pages for people.

    Two words with a dot between, such as `acme.com` or `v1.trade`, name no host by themselves.
    """
    names: dict[str, None] = {}
    parts: dict[str, None] = {}
    for source in sources:
        for _, scheme, host in addresses(source):
            api_below_www = host.startswith("www.") and "constants" in source.name
            if host in LOCAL or (FOR_PEOPLE.search(host) and not api_below_www):
                continue
            whole = "{}" not in host and (scheme or host.count(".") > 1)
            (names if whole else parts)[host] = None
    return Hosts(tuple(names), tuple(parts))


def missing(row: Candidate, submission: Submission, found: Hosts) -> Iterator[str]:
    """What nobody said or the code does not tell, each with the option or command that helps."""
    if row.contact is None:
        yield "contact: who answers questions, and where (--contact)"
    if row.maintenance is None:
        yield "maintenance: who keeps it working, for how long (--maintenance)"
    if not row.exchange.hosts:
        yield "exchange.hosts: its code names none in full; without them no address can be compared (--host)"
    if found.parts and row.exchange.dialect is None:
        listed = ", ".join(found.parts[:MOST_PARTS])
        yield f"exchange.hosts: its code puts hosts together ({listed}); name those that come of it (--host)"
    if row.exchange.dialect is None:
        name = row.connectors[0]
        yield f"exchange.dialect: no simulated exchange is called {name}; `harness describe` derives one"
    if row.exchange.ccxt is None:
        yield "exchange.ccxt: ccxt has no exchange by a name like it (--ccxt, where it has one by another)"
    if submission.merge.state == "conflicts":
        yield f"it conflicts with upstream in {len(submission.merge.conflicts)} files; it should be rebased"
    if submission.commits_after_deadline:
        yield f"{submission.commits_after_deadline} newer commits came after the deadline and do not count"
