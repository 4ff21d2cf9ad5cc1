"""What a check is written with: the mark, the four ways a check can end, and evidence.

A check that returns has found its requirements met. Otherwise it calls `fail`, `undetermined` or
`not_applicable`; any other exception is ours and becomes a `harness_error`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NoReturn, Protocol, TypeVar

import pytest
from pydantic import JsonValue

from harness.outcome import Basis, Evidence, EvidenceKind
from harness.scenarios.trace.causes import cause_of

Check = TypeVar("Check", bound=Callable[..., object])

MARK = "requirement"
MOST_OF_A_TRACEBACK = 3000  # characters, the last ones
LONG = "takes_a_minute"  # marks checks whose scenario is played after all others


def requirement(*slugs: str) -> Callable[[Check], Check]:
    """Mark a pytest function as verifying these requirements; its outcome counts for each."""

    def mark(check: Check) -> Check:
        marked: Check = pytest.mark.requirement(*slugs)(check)
        return marked

    return mark


def slugs_of(check: Callable[..., object]) -> tuple[str, ...]:
    """The requirements that a check verifies."""
    marks: Iterable[pytest.Mark] = getattr(check, "pytestmark", ())
    return tuple(slug for mark in marks if mark.name == MARK for slug in mark.args)


class Finding(Exception):  # noqa: N818 - a way for a check to end, not an error
    """How a check ends early. `summary` is one sentence that a voter reads."""

    def __init__(self, summary: str, evidence: tuple[Evidence, ...] = ()) -> None:
        super().__init__(summary)
        self.summary = summary
        self.evidence = evidence


class Failed(Finding):
    """The requirement is not met."""


class Undetermined(Finding):
    """It could not be decided, and `summary` says why."""


class NotApplicable(Finding):
    """The requirement asks nothing of this connector."""


def fail(summary: str, *evidence: Evidence) -> NoReturn:
    raise Failed(summary, evidence)


def expect(condition: object, summary: str, *evidence: Evidence) -> None:
    """Fail with `summary` (which states what is wrong) unless `condition` holds."""
    if not condition:
        raise Failed(summary, evidence)


def undetermined(reason: str, *evidence: Evidence) -> NoReturn:
    raise Undetermined(reason, evidence)


def not_applicable(reason: str) -> NoReturn:
    raise NotApplicable(reason)


class Attach(Protocol):
    """The `evidence` fixture: attach what a check saw, whatever its end."""

    def __call__(self, *items: Evidence) -> None: ...


# Kinds of evidence that show what happened; a note only explains.
_WITNESSES = frozenset(EvidenceKind) - {EvidenceKind.NOTE}
ON_ITS_WORD = "Only the connector's own process says so; nothing seen from outside confirms it."


def witnessed(evidence: Iterable[Evidence]) -> bool:
    """Whether any of it was seen by us. A blocker that a running fork meets needs one such piece."""
    return any(each.basis is Basis.OBSERVED and each.kind in _WITNESSES for each in evidence)


def seen_in_file(path: str, line: int | None, text: str, /, **data: JsonValue) -> Evidence:
    """A line of the submission's own files, read by us."""
    return Evidence(
        basis=Basis.OBSERVED, kind=EvidenceKind.FILE, text=text, file=path, line=line, data=dict(data)
    )


def seen_in_git(text: str, /, **data: JsonValue) -> Evidence:
    """A fact of the repository's history."""
    return Evidence(basis=Basis.OBSERVED, kind=EvidenceKind.GIT, text=text, data=dict(data))


def measured(text: str, /, **data: JsonValue) -> Evidence:
    """A figure we took ourselves."""
    return Evidence(basis=Basis.OBSERVED, kind=EvidenceKind.MEASUREMENT, text=text, data=dict(data))


def drawn(evidence: Evidence, series: Sequence[float]) -> Evidence:
    """The same, with a small chart of these values, which are evenly spaced."""
    return Evidence(**{**dict(evidence), "series": tuple(series)})


def seen_in_ledger(text: str, /, **data: JsonValue) -> Evidence:
    """What the venue's books say."""
    return Evidence(basis=Basis.OBSERVED, kind=EvidenceKind.LEDGER, text=text, data=dict(data))


def irregular(said: Iterable[str]) -> tuple[Evidence, ...]:
    """What came through the driver's own channel, whose end is ours, though the driver never says it."""
    return tuple(Evidence(basis=Basis.OBSERVED, kind=EvidenceKind.LOG, text=each) for each in said)


def raised(traceback: str, /, **data: JsonValue) -> Evidence:
    """An exception of the fork's, as its own process tells it: what and where first, then all of it."""
    cause = cause_of(traceback)
    if cause is None:
        return claimed(EvidenceKind.LOG, traceback[-MOST_OF_A_TRACEBACK:], **data)
    text = f"{cause}\n{traceback[-MOST_OF_A_TRACEBACK:]}"
    return Evidence(
        basis=Basis.CLAIMED, kind=EvidenceKind.LOG, text=text, file=cause.file, line=cause.line,
        data=dict(data),
    )  # fmt: skip


def claimed(kind: EvidenceKind, text: str, /, **data: JsonValue) -> Evidence:
    """What the fork's own process says: an event, a log line, a figure. `data` may have any names at all."""
    return Evidence(basis=Basis.CLAIMED, kind=kind, text=text, data=dict(data))
