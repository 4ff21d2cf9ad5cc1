"""`candidates.yml` → a typed round. Every mistake is named at once: file, line, field and a fix."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from harness.errors import UserError
from harness.requirement import Requirement
from harness.rounds.fields import local_path, shown
from harness.rounds.located_yaml import Located, Location, Mistake, dotted, read_located
from harness.rounds.mistakes import (
    explained,
    mistaken_names,
    mistaken_reviews,
    mistaken_waivers,
    without_echoes,
)
from harness.rounds.round import (
    Candidate,
    Exchange,
    GitUpstream,
    PypiUpstream,
    Review,
    Round,
    Voting,
    Waiver,
    kind_of_upstream,
)
from harness.text import one_line

# More would scroll the first out of sight.
MISTAKES_SHOWN = 100


class RoundFileError(UserError):
    """A round file with mistakes, all of them; `mistakes` in the order of their lines."""

    def __init__(self, path: Path, mistakes: Sequence[Mistake]) -> None:
        self.path = path
        self.mistakes = tuple(sorted(mistakes, key=lambda mistake: mistake.line))
        lines = [f"{path}:{mistake}" for mistake in self.mistakes[:MISTAKES_SHOWN]]
        if len(self.mistakes) > MISTAKES_SHOWN:
            lines.append(f"… and {len(self.mistakes) - MISTAKES_SHOWN} more")
        super().__init__(
            "\n".join(lines),
            hint="correct the lines above and run the command again",
        )


@dataclass(frozen=True)
class Known:
    """What rows may name: requirements by id, and simulated exchanges and ccxt's ids."""

    requirements: Mapping[str, Requirement]
    dialects: Callable[[], Collection[str]]
    ccxt: Callable[[], Collection[str]]


def load_round(path: Path, known: Known | None = None, *, others_rows: bool = False) -> Round:
    """Read a round file; raises RoundFileError with every mistake, UserError for a file that cannot be read.

    Without `known`, what rows name is not looked up. With `others_rows`, rows are taken as handed
    in by others: a fork on this machine has to lie below the file's own folder.
    """
    path = Path(path)
    try:
        located = read_located(path)
    except OSError as error:
        told = f"cannot be read: {error.strerror}"
        raise UserError(told, where=str(path), hint=_which_instead(path)) from error
    mistakes = list(located.mistakes)
    round_ = None
    if located.data is not None or not mistakes:
        try:
            round_ = Round.model_validate(located.data, context={"folder": path.absolute().parent})
        except ValidationError as error:
            mistakes += [explained(detail, located, _model_at) for detail in without_echoes(error.errors())]
    if round_ is not None and others_rows:
        mistakes += _outside(round_, path.absolute().parent.resolve(), located)
    if known is not None:
        mistakes += mistaken_waivers(located, known.requirements)
        mistakes += mistaken_reviews(located, known.requirements)
        mistakes += mistaken_names(located, "dialect", "simulated exchange", known.dialects)
        mistakes += mistaken_names(located, "ccxt", "exchange of ccxt", known.ccxt)
    if mistakes or round_ is None:
        raise RoundFileError(path, mistakes)
    return round_


def checked_row(fields: Mapping[str, object], folder: Path) -> Candidate:
    """A candidate from fields that did not come from a file; raises UserError with every mistake.

    A relative address of a repository counts from `folder`.
    """
    try:
        return Candidate.model_validate(fields, context={"folder": folder})
    except ValidationError as error:
        nowhere = Located(data={"candidates": [dict(fields)]})
        told = []
        for detail in without_echoes(error.errors()):
            placed: ErrorDetails = {**detail, "loc": ("candidates", 0, *detail["loc"])}
            mistake = explained(placed, nowhere, _model_at)
            field = mistake.field.removeprefix("candidates[0].")
            told.append(f"{one_line(field, 120)}: {one_line(mistake.what)} — {one_line(mistake.fix)}")
        raise UserError(
            "\n".join(told), hint="correct the mistakes above and run the command again"
        ) from error


def _outside(round_: Round, folder: Path, located: Located) -> Iterator[Mistake]:
    """Rows that name a folder of this machine which is no business of whoever wrote them."""
    for number, candidate in enumerate(round_.candidates):
        place = local_path(candidate.repository) if candidate.repository else None
        if place is not None and not place.resolve().is_relative_to(folder):
            at = ("candidates", number, "repository")
            what = f"{shown(candidate.repository)} lies outside this file's folder"
            fix = (
                "a row may have come from anybody: put a copy below the folder, or write its https:// address"
            )
            yield Mistake(located.line(at), dotted(at), what, fix)


def _which_instead(path: Path) -> str:
    others = {other.stem: other.name for other in path.absolute().parent.glob("*.y*ml")}
    near = difflib.get_close_matches(path.stem, others, 1)
    return f"did you mean {path.with_name(others[near[0]])}?" if near else "name the round's file"


def _model_at(location: Location, located: Located) -> type[BaseModel] | None:
    """The model whose fields stand at `location`."""
    known: dict[str, type[BaseModel]] = {
        "voting": Voting,
        "exchange": Exchange,
        "waivers": Waiver,
        "reviewed": Review,
    }
    names = [part for part in location if isinstance(part, str)]
    if not names:
        return Round
    if names == ["upstream"]:
        upstream = located.data.get("upstream") if isinstance(located.data, dict) else None
        return PypiUpstream if kind_of_upstream(upstream) == "pypi" else GitUpstream
    return Candidate if names == ["candidates"] else known.get(names[-1])
