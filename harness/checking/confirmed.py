"""What an outcome is worth on an exchange that only the fork describes: pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.describing.review_lines import line
from harness.outcome import Basis, Evidence, EvidenceKind, Leaning, Outcome, Severity, Status
from harness.requirement import Catalogue
from harness.scenarios.rehearsal import NOT_TOLD
from harness.venue.described import DescribedDialect
from harness.venue.described.addresses import JOINT
from harness.venue.described.facts import known_fact
from harness.venue.described.sources import confirms
from harness.venue.described.trust import SIGNATURE
from harness.venue.dialects.base import Dialect

FEW = 5  # fields that a sentence names; the evidence has all
_ASK = "Ask somebody other than the fork to confirm them, in the review of the description."
_WRONG = "A wrongly described message would explain this as well as a fault of the connector."


def believed(outcome: Outcome, unconfirmed: Sequence[str]) -> Outcome:
    """The outcome, where its check leans on `unconfirmed`: fields for which only the fork vouches.

    Among them may be sentences of `NOT_TOLD`: what the rehearsal of a derived exchange has not shown.
    A blocker does not pass on them. No requirement fails on them either: the field may be derived wrongly,
    which is ours. Both are then undetermined, and say what would decide them.
    """
    if not unconfirmed or outcome.status not in (Status.PASSED, Status.FAILED):
        return outcome
    if outcome.status is Status.PASSED and outcome.severity is not Severity.BLOCKER:
        return outcome
    met = "Met" if outcome.status is Status.PASSED else "Not met"
    seen = "" if outcome.status is Status.PASSED else f" What was seen: {outcome.summary}"
    fields = [each for each in unconfirmed if each not in NOT_TOLD.values()]
    because, texts = [], []
    if fields:
        named = ", ".join(f"“{each}”" for each in fields[:FEW])
        more = f" and {len(fields) - FEW} more" if len(fields) > FEW else ""
        because.append(f"nobody else confirms {named}{more}")
        texts.append(
            f"Only the fork says what these fields of its exchange mean: {', '.join(fields)}. {_ASK}"
        )
    if not_shown := [each for each in unconfirmed if each in NOT_TOLD.values()]:
        because.append(f"before the scenarios were played, {' and '.join(not_shown)}")
        texts.append(f"Before the scenarios were played, {' and '.join(not_shown)}. {_WRONG}")
    summary = f"{met}, if the exchange is as the fork describes it: {'; '.join(because)}.{seen}"
    note = Evidence(basis=Basis.OBSERVED, kind=EvidenceKind.NOTE, text=" ".join(texts))
    return outcome.model_copy(
        update={
            "status": Status.UNDETERMINED,
            "summary": summary,
            "evidence": (*outcome.evidence, note),
            "leaning": Leaning(status=outcome.status, fields=tuple(unconfirmed)),
        }
    )


@dataclass(frozen=True)
class Standing:
    """How many blockers are met, are met or not if the exchange is as the fork describes it, and are open."""

    met: int
    met_if: int
    not_met_if: int
    open: int


def standing(outcomes: Iterable[Outcome]) -> Standing:
    """How far a connector on a derived exchange is from eligible, as far as nothing failed."""
    blockers = [each for each in outcomes if each.severity is Severity.BLOCKER]
    undecided = [each for each in blockers if each.status in (Status.UNDETERMINED, Status.HARNESS_ERROR)]
    leaning = Counter(each.leaning.status for each in undecided if each.leaning)
    return Standing(
        met=sum(each.status is Status.PASSED for each in blockers),
        met_if=leaning[Status.PASSED],
        not_met_if=leaning[Status.FAILED],
        open=len(undecided) - leaning.total(),
    )


# Where a person answers for all that stands below: a route's or a channel's reply as a whole.
_WHOLES = ("takes", "reply", "tells", "first", "words", "means")


def untold_facts(outcomes: Iterable[Outcome]) -> tuple[str, ...]:
    """The facts that undecided blockers lean on and no leaf carries, most decisive first."""
    return tuple(name for name in _leaned_on(outcomes) if known_fact(name))


def confirmation_lines(outcomes: Iterable[Outcome]) -> tuple[str, ...]:
    """A line of the review for each part that undecided blockers lean on, most decisive first.

    None for what no line of a review is about: that requests are signed, and what was not rehearsed.
    """
    others = {SIGNATURE, *NOT_TOLD.values()}
    return tuple(line(part) for part in _leaned_on(outcomes) if not known_fact(part) and part not in others)


def _leaned_on(outcomes: Iterable[Outcome]) -> tuple[str, ...]:
    parts: Counter[str] = Counter()
    for outcome in outcomes:
        if outcome.severity is Severity.BLOCKER and outcome.status is Status.UNDETERMINED and outcome.leaning:
            parts.update({whole(each) for each in outcome.leaning.fields})
    return tuple(part for part, _ in parts.most_common())


def whole(address: str) -> str:
    """The address of the reply, message or list of words that a field stands in."""
    keys = address.split(JOINT)
    ends = [index for index, key in enumerate(keys) if key in _WHOLES and index]
    if keys[0] == "words":
        return JOINT.join(keys[:2])
    return JOINT.join(keys[: ends[0] + 1]) if ends else address


def vouched_hosts(exchange: type[Dialect]) -> tuple[str, ...]:
    """The hosts that need no declaring in the row: none where they are known from the fork alone."""
    if issubclass(exchange, DescribedDialect) and exchange.description.derived:
        named = exchange.description.known.get("hosts", ())
        if not any(map(confirms, named)):
            return ()
    return (*exchange.rest_hosts, *exchange.stream_hosts)


def unconfirmed_of(exchange: type[Dialect], catalogue: Catalogue) -> dict[str, tuple[str, ...]]:
    """By requirement, the fields that its checks lean on and that nobody but the fork vouches for."""
    found = {each.id: exchange.unconfirmed(each.leans_on) for each in catalogue if each.leans_on}
    return {name: fields for name, fields in found.items() if fields}


def joined(
    one: Mapping[str, tuple[str, ...]], other: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    """By requirement, the fields of both, those of `other` first."""
    return {name: (*other.get(name, ()), *one.get(name, ())) for name in {**other, **one}}
