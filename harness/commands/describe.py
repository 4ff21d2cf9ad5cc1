"""`harness describe`: what can be learnt of a connector's exchange, as a description with its questions."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from rich.console import Console
from rich.table import Table

from harness.checking.derived import rehearsed
from harness.commands.check import own_round
from harness.commands.recorded import tell_recording
from harness.commands.run import build_upstream, chosen_name, clear_up
from harness.commands.terminal import safe, say
from harness.describing.assembling import Assembled
from harness.describing.ccxt_reading.ccxt_releases import checked
from harness.describing.describe import (
    book_tests_of,
    ccxt_id_of,
    derive_exchange,
    digest,
    like_in_ccxt,
    source_of,
    tests_of,
    unread,
)
from harness.describing.questions import glossary, questions
from harness.describing.review_lines import OPEN_FACT, Question, route_line
from harness.describing.tally import Tally, by_source, tally
from harness.describing.writing import Written, derived_from, review_trouble, write
from harness.errors import UserError
from harness.forks.object_store import ObjectStore
from harness.forks.pin import pin
from harness.forks.submission import AddedConnector, Submission
from harness.forks.tree import Tree
from harness.forks.upstream import upstream_commit
from harness.forks.worktree import work_tree
from harness.frameworks import generation_of
from harness.frameworks.runtime import Runtime
from harness.frameworks.submissions import with_its_libraries
from harness.frameworks.upstream import upstream_base
from harness.paths import cache_dir
from harness.paths import made as made_folder
from harness.recordings.laying import lay
from harness.recordings.recording import load
from harness.rounds.round import Round
from harness.sandbox import Backend, Choice, choose
from harness.scenarios.rehearsal import UNSEEN, Rehearsal
from harness.screenings.screening import Settings
from harness.venue.described.loading import review_of

MOST_SHOWN = 200  # changes
ROUTE = 34  # characters of a path that stand in one line of a terminal of 80


def describe(
    what: str,
    *,
    connector: str | None,
    round_file: Path | None,
    upstream: str | None,
    ccxt: str | None,
    folder: Path,
    sandbox: Choice,
    again: bool,
    recording: Path | None,
    console: Console,
) -> Path:
    """Derive the description of `what`, a candidate's name or a work tree, and have an order live on it.

    Returns the file. What was derived and played before from the same is not done again.
    """
    began = time.monotonic()
    path = Path(what)
    given = checked(ccxt, "--ccxt") if ccxt else None
    seen = load(recording) if recording else None
    round_ = own_round(path, round_file, upstream)
    clear_up(console)
    store = ObjectStore()
    submission = _submission(what, path, round_, store, connector)
    chosen = _connector(submission, connector)
    _refuse_earlier(submission, what)
    tree = Tree.of(store, submission)
    ccxt_id = given or ccxt_id_of(chosen.name)
    file = folder / f"{chosen.name}.yml"
    made_of = digest(tree, chosen, ccxt_id)

    @cache
    def ready() -> tuple[Backend, Runtime]:
        settings = build_upstream(Settings(round_, folder, store, sandbox=chosen_name(sandbox)), console)
        backend = choose(settings.sandbox)
        commit = upstream_commit(store, round_.upstream, None, lambda text: say(console, text))
        base = upstream_base(cache_dir(), backend, store, commit.commit, generation_of(tree.paths()))
        return backend, with_its_libraries(cache_dir(), backend, base, store, submission, tree).runtime

    made_folder(folder)  # before minutes are spent
    for module, why in unread(tree, chosen).items():
        say(console, f"{module} cannot be read as Python, so nothing is known of what it does ({why}).")
    asked: tuple[Question, ...] = ()
    if derived_from(file) == made_of and not again:
        say(console, f"Nothing new: {file} was derived from the same connector and tests.")
    else:
        made = _derived(ready(), chosen, tree, ccxt_id, console)
        asked = questions(made)
        console.print(_table(made))
        _tell(console, write(file, {**made.data, "derived": made_of}), made)
    if trouble := review_trouble(file):
        say(console, f"The review no longer fits the description: {trouble}")
    else:
        if seen is not None:
            tell_recording(console, lay(file, seen), seen)
        _rehearse([made_of, submission.commit, submission.upstream_commit], file, ready, chosen.name, console)
    if asked:
        _ask(console, asked, ccxt_id, chosen.name, file)
    say(console, f"{time.monotonic() - began:.0f} s.")
    return file


def _rehearse(
    commits: list[str],
    file: Path,
    ready: Callable[[], tuple[Backend, Runtime]],
    name: str,
    console: Console,
) -> None:
    say(console, "rehearsing one order's life cycle on it …")
    kept = rehearsed(cache_dir() / "descriptions", commits, file, ready, name, 0)
    _tell_rehearsal(console, Rehearsal.model_validate_json(kept.read_bytes()), file)


def _derived(
    running: tuple[Backend, Runtime],
    chosen: AddedConnector,
    tree: Tree,
    ccxt_id: str | None,
    console: Console,
) -> Assembled:
    return derive_exchange(
        *running,
        chosen,
        tests_of(tree, chosen),
        book_tests_of(tree, chosen),
        source_of(tree, chosen),
        ccxt_id,
        lambda text: say(console, f"{text} …"),
    )


def _ask(console: Console, asked: Sequence[Question], ccxt_id: str | None, name: str, file: Path) -> None:
    """The questions, each with what to write where."""
    say(
        console,
        f"\nQuestions, most decisive first. Write the answers into the list in {review_of(file)}, with "
        "your name and the page of the exchange's documentation; then run this again.",
    )
    if ccxt_id is None:
        near = ", ".join(like_in_ccxt(name)) or "none"
        say(
            console,
            f"ccxt has no exchange named {name} (similar: {near}); if it has another name, give --ccxt NAME; "
            "if an earlier release had it, --ccxt NAME@RELEASE.",
        )
    for number, each in enumerate(asked, start=1):
        say(console, f"\n{number}. {each.text}")
        for line in each.lines:
            say(console, f"   {line}")
    if told := glossary(asked):
        say(console, f"\nPossible facts for {OPEN_FACT}:")
        for text in told:
            say(console, f"  {text}")


def _tell_rehearsal(console: Console, found: Rehearsal, file: Path) -> None:
    """How far the connector got on what was derived, the review laid over it, and what it stopped at."""
    if found.lives:
        say(console, "Orders were placed, filled and cancelled there.")
        return
    got = ", ".join(found.reached) or "nothing"
    say(console, f"No order has completed its life cycle there: {UNSEEN[found.missing]} (reached: {got}).")
    for each in found.trouble:
        say(console, f"  {each}")
    for each in found.unanswered:
        say(
            console,
            f"  The connector requested {each}, which the description lacks. Add to {review_of(file)}:",
        )
        say(console, f"    {route_line(each)}")


def _submission(
    what: str, path: Path, round_: Round, store: ObjectStore, connector: str | None
) -> Submission:
    """The round's candidate of that name, else the work tree at that path, which may have the connector
    unchanged.
    """
    row = next((each for each in round_.candidates if each.name == what), None)
    if row is not None:
        return pin(store, row, round_, None)
    if not path.exists():
        raise UserError(
            f"{what!r} is neither a candidate in the round nor a folder",
            hint="give a fork's work tree, or a candidate's name with --round FILE",
        )
    return work_tree(store, path, round_.upstream, named=connector)


def _refuse_earlier(submission: Submission, what: str) -> None:
    if submission.generation != "v2":
        raise UserError(
            "only connectors for today's framework can be described",
            where=what,
            hint="use a dialect for a connector of 2020: docs/dialects.md lists them",
        )


def _connector(submission: Submission, wanted: str | None) -> AddedConnector:
    """The connector that is meant: the named one, else the only new one, else the only one."""
    found = [each for each in submission.connectors if wanted in (None, each.name)]
    new = [each for each in found if each.new]
    fitting = new if len(new) == 1 else found
    if len(fitting) != 1:
        names = ", ".join(dict.fromkeys(each.name for each in submission.connectors))
        several = f"{len(fitting)} connectors match"
        raise UserError(
            several if fitting else f"it adds or changes no connector{f' {wanted!r}' if wanted else ''}",
            where=submission.repository,
            hint=f"choose one with --connector: {names}" if names else "give the fork that adds it",
        )
    return fitting[0]


def _tell(console: Console, result: Written, made: Assembled) -> None:
    """What became of the file, and what could not be asked."""
    say(console, f"{'Wrote' if result.new or result.changes else 'Unchanged:'} {result.path}")
    for change in result.changes[:MOST_SHOWN]:
        say(console, f"  {change}")
    if len(result.changes) > MOST_SHOWN:
        say(console, f"  and {len(result.changes) - MOST_SHOWN} more")
    if harvest := made.sources.harvest.detail.strip():
        say(console, f"Its tests could not be read: {harvest}")
    if asked := made.sources.asked.trouble:
        say(console, f"The connector stopped before all commands were run: {asked}")
    told = ", ".join(f"{source} {count}" for source, count in by_source(made.placed).items())
    say(console, f"Leaves explained, by source: {told or 'none'}.")


def _table(made: Assembled) -> Table:
    """A row for each route and channel, and one for all."""
    title = f"{made.sources.exchange}: leaves by source (ccxt, the fork alone), constant, contradictory"
    shown = Table(title=title, title_justify="left")
    shown.add_column("operation", overflow="fold")
    shown.add_column("route or channel", overflow="fold", min_width=ROUTE)
    for name in ("ccxt", "fork", "fixed", "differ"):
        shown.add_column(name, justify="right")
    for part in made.placed:
        _row(shown, part.operation, part.name, tally(part.fields))
    _row(shown, "all", "", tally(field for part in made.placed for field in part.fields))
    return shown


def _row(shown: Table, operation: str, name: str, counts: Tally) -> None:
    numbers = (counts.confirmed, counts.fork, counts.constants, counts.contradicted)
    shown.add_row(safe(operation), safe(name), *(str(number or "") for number in numbers))
