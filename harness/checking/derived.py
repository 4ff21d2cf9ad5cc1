"""The exchange of a connector that no dialect speaks: its description derived, reviewed and rehearsed on.

What was derived from the same connector, tests and framework is kept, and so is the rehearsal on it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.describing.describe import book_tests_of, derive_exchange, digest, source_of, tests_of
from harness.describing.questions import glossary, questions
from harness.describing.review_lines import Question
from harness.describing.writing import write
from harness.forks.submission import AddedConnector
from harness.forks.tree import Tree
from harness.frameworks import store
from harness.frameworks.runtime import Runtime
from harness.requirement import Catalogue
from harness.sandbox import Backend
from harness.scenarios.rehearsal import NOT_TOLD, STEPS, TELLING, UNSEEN, Rehearsal, rehearse
from harness.scenarios.rig import Rigs
from harness.text import plain
from harness.venue.described import DescribedDialect, described_dialect
from harness.venue.described.loading import recorded_of, review_of

FOLDER = "exchange"  # beside the outcomes: the description, its review and the questions
QUESTIONS = "questions.yml"
REHEARSAL = "rehearsal.json"


@dataclass(frozen=True)
class Derived:
    """The exchange as it was derived, and how far the connector got on it."""

    dialect: type[DescribedDialect]
    rehearsal: Rehearsal

    @property
    def not_played(self) -> str:
        """Why no scenario is played, empty where they are: what no order lives on may be wrong."""
        if self.rehearsal.lives:
            return ""
        return (
            f"Not tried: on the derived exchange {UNSEEN[self.rehearsal.missing]}. "
            "The questions about the exchange say what is missing."
        )

    def unconfirmed(self, catalogue: Catalogue) -> dict[str, tuple[str, ...]]:
        """What stays doubtful: for the requirements whose failure a wrongly derived message explains as well,
        until the rehearsal showed what they await.
        """
        found = {each.id: self._not_told(each.rehearsed) for each in catalogue}
        return {name: fields for name, fields in found.items() if fields}

    def _not_told(self, steps: Iterable[str]) -> tuple[str, ...]:
        """The messages' fields on which the steps hang that the rehearsal has not shown."""
        untold = [step for step in steps if step in self.rehearsal.untold]
        facts = [fact for step in untold for fact in TELLING[step]]
        fields = self.dialect.unconfirmed(facts) if facts else ()
        return tuple(each for each in fields if each.startswith("connections")) or tuple(
            NOT_TOLD[step] for step in untold
        )


@dataclass(frozen=True)
class Place:
    """Where a description comes from and goes to: `kept` is the cache, `reviews` a person's corrections."""

    kept: Path
    reviews: Path | None
    folder: Path


def derive(
    place: Place,
    backend: Backend,
    runtime: Runtime,
    tree: Tree,
    connector: AddedConnector,
    ccxt_id: str | None,
    made_with: Iterable[str],
    seed: int,
) -> Derived:
    """Describe the connector's exchange, lay the review over it, and let the connector trade there once.

    `made_with` are the commits that the runtime was built from. Raises UserError where the review does not
    fit what was derived, else as `derive_exchange`.
    """
    made_of = digest(tree, connector, ccxt_id)
    key = store.digest([made_of, *made_with])

    def make(folder: Path) -> None:
        tests, books = tests_of(tree, connector), book_tests_of(tree, connector)
        source = source_of(tree, connector)
        made = derive_exchange(backend, runtime, connector, tests, books, source, ccxt_id, lambda _: None)
        write(folder / f"{connector.name}.yml", {**made.data, "derived": made_of})
        (folder / QUESTIONS).write_text(asked(questions(made)), encoding="utf-8")

    described = store.get_or_make(place.kept, key, make)
    file = _laid_out(described, place, connector.name)
    kept = rehearsed(place.kept, [key, str(seed)], file, lambda: (backend, runtime), connector.name, seed)
    shutil.copy(kept, place.folder / REHEARSAL)
    return Derived(described_dialect(file), Rehearsal.model_validate_json(kept.read_bytes()))


def rehearsed(
    kept: Path,
    made_of: Iterable[str],
    file: Path,
    ready: Callable[[], tuple[Backend, Runtime]],
    connector: str,
    seed: int,
) -> Path:
    """The rehearsal on the description in `file` with its review, played once for what it was made of.

    `ready` is asked for what runs the connector when it has to be played. Raises UserError where the review
    does not fit what was derived, else as `rehearse`.
    """
    dialect = described_dialect(file)
    review = review_of(file)
    said = review.read_text(encoding="utf-8") if review.exists() else ""

    def play(folder: Path) -> None:
        rigs = Rigs(*ready(), dialect, connector, seed)
        try:
            found = rehearse(rigs)
        finally:
            rigs.close()
        (folder / REHEARSAL).write_text(found.model_dump_json(indent=2), encoding="utf-8")

    return (
        store.get_or_make(kept, store.digest([*made_of, said, "rehearsal", *STEPS, *NOT_TOLD]), play)
        / REHEARSAL
    )


def _laid_out(described: Path, place: Place, name: str) -> Path:
    """The description, its questions and its review in the candidate's own folder; returns the first."""
    shutil.rmtree(place.folder, ignore_errors=True)
    place.folder.mkdir(parents=True)
    for file in described.iterdir():
        shutil.copy(file, place.folder / file.name)
    file = place.folder / f"{name}.yml"
    review = review_of(place.reviews / file.name) if place.reviews is not None else None
    if review is not None and review.exists():
        shutil.copy(review, review_of(file))
    known = recorded_of(place.reviews / file.name) if place.reviews is not None else None
    if known is not None and known.exists():
        shutil.copy(known, recorded_of(file))
    return file


def asked(found: Sequence[Question]) -> str:
    """The questions as a review that is still to be filled in: every line is a comment."""
    lines = [
        "# Answer in the review beside the description: docs/exchanges.md tells how. Most decisive first."
    ]
    for each in found:
        lines += ["", f"# {plain(each.text)}", *(f"# {plain(line)}" for line in each.lines)]
    told = glossary(found)
    if told:
        lines += ["", "# The facts that {object.fact} may be:", *(f"# {each}" for each in told)]
    return "\n".join(lines) + "\n"


def asked_in(text: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What `asked` wrote, read again: each question with the lines that answer it."""
    groups = (group.splitlines() for group in text.split("\n\n")[1:])
    stripped = ([line.removeprefix("# ") for line in group] for group in groups)
    return tuple(
        (group[0], tuple(group[1:])) for group in stripped if group[1:2] and group[1].startswith("- {")
    )
