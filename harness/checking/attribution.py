"""Whose fault a failure is: it is tried again with other prices, and on a connector that is known to be good.

A failure counts against a fork when it comes back with another seed, or every time with the same one, and
when a merged connector, the control, does not fail in the same way: with the same words, whatever numbers,
sides and assets are in them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from harness.frameworks import GENERATIONS
from harness.frameworks.runtime import Generation
from harness.outcome import Basis, Evidence, EvidenceKind, Status
from harness.venue.dialects import connector_of, dialect, spoken_by

# Numbers, names of assets and markets, and which side an order was on.
_PARTICULARS = re.compile(r"-?\d[\d.,:E+-]*|\b[A-Z][A-Z0-9]+(-[A-Z0-9]+)?\b|buy|sell|Buy|Sell|\bone\b")
_SEVERAL = re.compile(r"_ (\w+)s\b")  # `6 steps` after a number was taken out, where another has `one step`
FAULTY: frozenset[Generation] = frozenset({"v0"})
OTHER_SEED = 1_000_003  # added to the screening's


class Trial(StrEnum):
    """Whom a check is run on, and how; AGAIN is a second sandbox just like the FIRST."""

    FIRST = "first"
    CONTROL = "control"
    OTHER_SEED = "other seed"
    AGAIN = "again"


@dataclass(frozen=True)
class Judgement:
    """`excuse` is why a failure is not the fork's, empty when it is; `evidence` is what was tried."""

    excuse: str
    evidence: tuple[Evidence, ...]


def control_for(
    paths: Collection[str], generation: Generation, kind: str, exchange: str | None
) -> str | None:
    """A merged connector among upstream's `paths`: of the same exchange if there is one, else of another.

    `exchange` is the dialect that the candidate is tried on. Connectors that were merged in 2020 fail checks
    for reasons of their own (docs/first-vote.md): one of another exchange would excuse what is wrong.
    """
    spoken = spoken_by(generation)
    others = spoken if generation not in FAULTY else ()
    for name in (exchange, *others):
        if name not in spoken or dialect(name).markets[0].perpetual != (kind == "derivative"):
            continue
        folder = GENERATIONS[generation].connector_path(kind, connector_of(name))
        if any(path.startswith(f"{folder}/") for path in paths):
            return connector_of(name)
    return None


def control_in(
    trees: Sequence[Collection[str]], generation: Generation, kind: str, exchange: str | None
) -> tuple[str, int] | None:
    """The control, and in which of these trees it is: one of the same exchange if any of them has it.

    Trees are their paths. A fork is compared with what it was cut from: what upstream has mended since, the
    merge brings along.
    """
    found = [control_for(paths, generation, kind, exchange) for paths in trees]
    own = connector_of(exchange) if exchange in spoken_by(generation) else None
    there = [(name, place) for place, name in enumerate(found) if name is not None]
    return next((each for each in there if each[0] == own), there[0] if there else None)


def same_finding(one: str, other: str) -> bool:
    """Whether two findings of a check say the same of different orders, markets or moments."""
    return _without_particulars(one) == _without_particulars(other)


def _without_particulars(finding: str) -> str:
    return _SEVERAL.sub(r"_ \1", _PARTICULARS.sub("_", finding))


def judge_failure(control: str, found: str, tried: Iterable[tuple[Trial, Status, str]]) -> Judgement:
    """What the other trials of a failed check say of what it `found`; each comes with what it found itself.

    A trial that decided nothing says nothing. A control that failed for another reason excuses nobody.
    """
    decided = [each for each in tried if each[1] in (Status.PASSED, Status.FAILED)]
    ended = {trial: status for trial, status, _ in decided}
    failed = {trial for trial, status in ended.items() if status is Status.FAILED}
    other = next((words for trial, status, words in decided if trial is Trial.CONTROL), "")
    excuse = ""
    if Trial.CONTROL in failed and same_finding(found, other):
        excuse = (
            f"The merged {control} connector fails this check here too, so it may not be the fork's fault."
        )
    elif {Trial.OTHER_SEED, Trial.AGAIN} <= ended.keys() - failed:
        excuse = "It failed in one sandbox only: not with other prices, nor again with the same ones."
    words = {
        Trial.CONTROL: f"The merged {control} connector, in the fork's place",
        Trial.OTHER_SEED: "With other prices and amounts",
        Trial.AGAIN: "Again from the beginning, with the same prices",
    }
    notes = [f"{words[trial]}: {status.value}." for trial, status in ended.items()]
    if Trial.CONTROL in failed and not excuse:
        notes.append(f"The merged {control} connector failed for another reason: {other}")
    return Judgement(
        excuse,
        tuple(Evidence(basis=Basis.OBSERVED, kind=EvidenceKind.NOTE, text=note) for note in notes),
    )
