"""`harness review`: the packet for whoever reviews a candidate for merging."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from harness.commands.terminal import say
from harness.errors import UserError
from harness.forks.branch import Branch, merge_branch
from harness.forks.diff import line_counts
from harness.forks.object_store import ObjectStore
from harness.forks.since import since
from harness.paths import made_empty
from harness.reporting.publish import report_of
from harness.requirement import Catalogue
from harness.screenings.chosen import Chosen, choose_candidate
from harness.screenings.store import read_screening, write_whole
from harness.text import plain
from harness.voting.packet import Packet
from harness.voting.packet_change import conflict_file
from harness.voting.packet_page import render
from harness.voting.parts import parts
from harness.voting.qa import qa_rows

README = "README.md"


def review_candidate(
    what: str, *, round_file: Path, reports: Path, out: Path | None, console: Console
) -> Path:
    """Write the packet into `out`, or `review/NAME`; returns its first page.

    Raises UserError where the candidate was not screened or something is in `out` already, ForkError where
    its commit cannot be had.
    """
    store = ObjectStore()
    chosen = choose_candidate(what, round_file, reports, store)
    if chosen.folder is None:
        raise UserError(
            "it has not been screened, so there is nothing to review",
            where=chosen.name,
            hint=f"harness run {round_file} --only {chosen.name}",
        )
    folder = made_empty(out or Path("review") / chosen.name)
    branch = merge_branch(store, chosen.submission, folder)
    for number, conflict in enumerate(branch.conflicts, 1):
        if conflict.text is not None:
            write_whole(folder / conflict_file(number), plain(conflict.text, lines=True))
    page = write_whole(folder / README, render(_packet(chosen, chosen.folder, branch, store)))
    say(console, f"{_told(branch)}\nWrote {page}")
    return page


def _packet(chosen: Chosen, folder: Path, branch: Branch, store: ObjectStore) -> Packet:
    catalogue, submission = Catalogue.load(), chosen.submission
    screened = read_screening(folder, submission.candidate)
    report = report_of(chosen.round, screened, catalogue)
    lines = line_counts(store, submission.base, submission.commit)
    return Packet(
        report=report,
        submission=submission,
        branch=branch,
        parts=parts(submission.changes, submission.connectors, lines),
        qa=qa_rows(catalogue, report.outcomes, screened.profile),
        since=since(store, submission, chosen.round),
        people=frozenset(each.id for each in catalogue if not each.automated),
        try_command=f"harness try {folder}",
    )


def _told(branch: Branch) -> str:
    if branch.commit is not None:
        return f"It merges into upstream without conflicts: branch {branch.name}."
    return f"There is no branch: {branch.why}."
