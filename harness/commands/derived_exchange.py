"""What `harness check` says of an exchange that it derived: what lived there, and what to answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from harness.checking.confirmed import confirmation_lines, standing, untold_facts
from harness.checking.derived import QUESTIONS, REHEARSAL, asked_in
from harness.commands.terminal import say
from harness.describing.review_lines import line, route_line
from harness.reporting.model import CandidateReport
from harness.scenarios.rehearsal import NOT_TOLD, UNSEEN, Rehearsal
from harness.screenings.screening import Progress, Watcher
from harness.venue.described.loading import hosts_reviewed, load

MOST_LINES = 40
MOST_QUESTIONS = 8
NOT_JUDGED = "Until an order completes its life cycle there, the running connector is not judged."

FIRST = "The exchange can be derived once the connector can be constructed: fix that first."

Asked = tuple[str, tuple[str, ...]]  # a question, and the lines that answer it


@dataclass
class DerivedExchange:
    """Of the connector `name`. `folder` holds nothing where a dialect speaks its exchange.

    `review` is where a person's answers go.
    """

    folder: Path
    name: str
    review: Path
    console: Console
    asked: bool = False
    _lives: bool = False

    def watching(self, watch: Watcher) -> Watcher:
        """`watch`, and the questions as soon as they are known: the scenarios take a while after that."""

        def seen(progress: Progress) -> None:
            watch(progress)
            if progress.derived:
                self.ask()

        return seen

    def ask(self) -> None:
        """Say once what lived there, and what a person has to answer; nothing where nothing was derived."""
        if self.asked or not (self.folder / QUESTIONS).exists():
            return
        self.asked = True
        say(self.console, f"\nIts exchange was derived from the fork, its tests and ccxt: {self._file}")
        if (rehearsal := self.folder / REHEARSAL).exists():
            self._tell(Rehearsal.model_validate_json(rehearsal.read_bytes()))
        self._ask(self._questions())

    def _tell(self, found: Rehearsal) -> None:
        self._lives = found.lives
        if found.lives:
            say(self.console, "Orders were placed, filled and cancelled there.")
            for step in found.untold:
                say(self.console, f"But {NOT_TOLD[step]}: what depends on that is undetermined.")
            return
        say(self.console, f"No order has completed its life cycle there: {UNSEEN[found.missing]}.")
        for each in found.trouble:
            say(self.console, f"  {each}")
        for each in found.unanswered:
            say(self.console, f"  The connector requested {each}, which the description lacks.")
            say(self.console, f"    {route_line(each)}")

    def conclude(self, report: CandidateReport) -> None:
        """How far the connector is from eligible, and the lines of the review that decide more."""
        self.ask()
        if not self.asked:
            return
        far = standing(report.counted)
        say(
            self.console,
            f"\nBlocking requirements: {far.met} met; {far.met_if} met and {far.not_met_if} not met if the "
            f"exchange is as the fork describes it; {far.open} undecided for another reason.",
        )
        if not self._lives:
            more = f"Answer the questions above as lines of {self.review}." if self._questions() else FIRST
            say(self.console, f"{NOT_JUDGED} {more}")
            return
        self._tell_lines(list(confirmation_lines(report.counted)))
        untold = untold_facts(report.counted)
        self._ask(each for each in self._questions() if any(f"{{{fact}" in each[1][0] for fact in untold))

    def _tell_lines(self, lines: list[str]) -> None:
        if not hosts_reviewed(self.review):
            hosts = load(self._file).hosts.model_dump(mode="json", exclude_defaults=True)
            lines.append(line("hosts", hosts))
        if lines:
            say(
                self.console,
                f"Check these lines and put them into {self.review}; they decide more:",
            )
        for each in lines[:MOST_LINES]:
            say(self.console, f"  {each}")
        if len(lines) > MOST_LINES:
            say(self.console, f"  and {len(lines) - MOST_LINES} more: see `harness describe`")

    def _ask(self, found: Iterable[Asked]) -> None:
        """The first of them, most decisive first, each with its lines."""
        asked = tuple(found)
        if asked:
            say(
                self.console,
                f"\nQuestions, most decisive first; write the answers as lines into {self.review}:",
            )
        for number, (text, lines) in enumerate(asked[:MOST_QUESTIONS], start=1):
            say(self.console, f"{number}. {text}")
            for each in lines:
                say(self.console, f"   {each}")
        if len(asked) > MOST_QUESTIONS:
            say(self.console, f"and {len(asked) - MOST_QUESTIONS} more: `harness describe` prints all.")

    def _questions(self) -> tuple[Asked, ...]:
        return asked_in((self.folder / QUESTIONS).read_text(encoding="utf-8"))

    @property
    def _file(self) -> Path:
        return self.folder / f"{self.name}.yml"
