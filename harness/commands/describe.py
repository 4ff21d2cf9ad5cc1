"""`harness describe`: what can be learnt of a connector's exchange, as a description with its questions."""

from __future__ import annotations

import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from harness.commands.check import own_round
from harness.commands.run import build_upstream, chosen_name, clear_up
from harness.commands.terminal import safe, say
from harness.describing.assembling import Assembled
from harness.describing.describe import (
    book_tests_of,
    ccxt_id_of,
    derive_exchange,
    digest,
    source_of,
    tests_of,
)
from harness.describing.questions import questions
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
from harness.frameworks.submissions import submission_build
from harness.frameworks.upstream import upstream_base
from harness.paths import cache_dir
from harness.rounds.round import Round
from harness.sandbox import Choice, choose
from harness.screenings.screening import Settings

MOST_SHOWN = 200  # changes


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
    console: Console,
) -> Path:
    """Derive the description of `what`, a candidate's name or a work tree; returns the file."""
    began = time.monotonic()
    path = Path(what)
    round_ = own_round(path, round_file, upstream)
    clear_up(console)
    store = ObjectStore()
    submission = _submission(what, path, round_, store)
    chosen = _connector(submission, connector)
    if submission.generation != "v2":
        raise UserError(
            "only connectors of today's framework can be described",
            where=what,
            hint="one of 2020 is spoken to by its dialect: harness venue serve --help",
        )
    tree = Tree.of(store, submission)
    ccxt_id = ccxt or ccxt_id_of(chosen.name)
    file = folder / f"{chosen.name}.yml"
    made_of = digest(tree, chosen, ccxt_id)
    if derived_from(file) == made_of and not again:
        say(console, f"Nothing new: {file} was derived from the same connector and tests.")
        return file
    settings = Settings(round_, folder, store, sandbox=chosen_name(sandbox))
    build_upstream(settings, console)
    backend = choose(settings.sandbox)
    commit = upstream_commit(store, round_.upstream, None, lambda text: say(console, text))
    base = upstream_base(cache_dir(), backend, store, commit.commit, generation_of(tree.paths()))
    built = submission_build(cache_dir(), backend, base, tree)
    made = derive_exchange(
        backend,
        built.runtime,
        chosen,
        tests_of(tree, chosen),
        book_tests_of(tree, chosen),
        source_of(tree, chosen),
        ccxt_id,
        lambda text: say(console, f"{text} …"),
    )
    data = {**made.data, "derived": made_of}
    result = write(file, data)
    console.print(_table(made))
    _tell(console, result, made.sources.harvest.detail, made.sources.asked.trouble)
    told = ", ".join(f"{source} {count}" for source, count in by_source(made.placed).items())
    say(console, f"Leaves explained, by source: {told or 'none'}. {time.monotonic() - began:.0f} s.")
    for number, each in enumerate(questions(made), start=1):
        say(console, f"\n{number}. {each.text}\n   {each.line}")
    return file


def _submission(what: str, path: Path, round_: Round, store: ObjectStore) -> Submission:
    """The round's candidate of that name, else the work tree at that path."""
    row = next((each for each in round_.candidates if each.name == what), None)
    if row is not None:
        return pin(store, row, round_, None)
    if not path.exists():
        raise UserError(
            f"{what!r} is neither a candidate of the round nor a folder",
            hint="give a fork's work tree, or a candidate's name with --round FILE",
        )
    return work_tree(store, path, round_.upstream)


def _connector(submission: Submission, wanted: str | None) -> AddedConnector:
    """The connector that is meant: the named one, else the only new one, else the only one."""
    found = [each for each in submission.connectors if wanted in (None, each.name)]
    new = [each for each in found if each.new]
    fitting = new if len(new) == 1 else found
    if len(fitting) != 1:
        names = ", ".join(dict.fromkeys(each.name for each in submission.connectors)) or "none"
        raise UserError(
            f"the submission has {len(fitting)} connectors that could be meant",
            where=submission.repository,
            hint=f"choose one with --connector: {names}",
        )
    return fitting[0]


def _tell(console: Console, result: Written, harvest: str, asked: str) -> None:
    say(console, f"{'Wrote' if result.new or result.changes else 'Unchanged:'} {result.path}")
    for change in result.changes[:MOST_SHOWN]:
        say(console, f"  {change}")
    if len(result.changes) > MOST_SHOWN:
        say(console, f"  and {len(result.changes) - MOST_SHOWN} more")
    if harvest:
        say(console, f"The tests could not tell: {harvest.strip()}")
    if asked:
        say(console, f"The connector did not act to the end: {asked}")
    if trouble := review_trouble(result.path):
        say(console, f"The review no longer fits: {trouble}")


def _table(made: Assembled) -> Table:
    """A row for each route and channel, and one for all."""
    shown = Table(title=f"{made.sources.exchange}: what is known of its format", title_justify="left")
    shown.add_column("operation")
    shown.add_column("route or channel", overflow="fold")
    for name in ("ccxt confirms", "fork alone", "constants", "contradicted"):
        shown.add_column(name, justify="right")
    for part in made.placed:
        _row(shown, part.operation, part.name, tally(part.fields))
    _row(shown, "all", "", tally(field for part in made.placed for field in part.fields))
    return shown


def _row(shown: Table, operation: str, name: str, counts: Tally) -> None:
    numbers = (counts.confirmed, counts.fork, counts.constants, counts.contradicted)
    shown.add_row(safe(operation), safe(name), *(str(number or "") for number in numbers))
