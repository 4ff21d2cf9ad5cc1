"""`harness submit`: a row of `candidates.yml` made from a fork, shown and added. Nothing of the fork runs."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from rich.console import Console

from harness.commands.row_of_fork import chosen_connectors, hosts_of, missing
from harness.commands.terminal import say
from harness.describing.ccxt_reading.ccxt_releases import checked
from harness.describing.describe import ccxt_id_of
from harness.errors import OurFailure, UserError
from harness.forks.object_store import ObjectStore
from harness.forks.pin import pin
from harness.forks.tree import Tree
from harness.rounds.appending import row_text, with_row
from harness.rounds.fields import PAGE_OF_REPOSITORY, local_path
from harness.rounds.reading import checked_row
from harness.rounds.round import Candidate, Round
from harness.rounds.submission_form import SIZE_LIMIT, Form, read_form
from harness.screenings.exchange_facts import code_of
from harness.screenings.round_file import read_round_file
from harness.screenings.writing import writing_beside
from harness.venue.dialects import dialect, dialect_of

_PLACEHOLDER = "being-submitted"


@dataclass(frozen=True)
class Filled:
    """A row as it was found, and what a person still has to say or look at."""

    row: Candidate
    missing: tuple[str, ...]


def form_of(url: str | None, issue: Path | None, **said: str | tuple[str, ...] | None) -> Form:
    """What is submitted: an address or a form's text, with what the options say laid over it.

    Raises UserError where neither or both are given, and for a file that is no such form.
    """
    if (url is None) == (issue is None):
        hint = "harness submit URL, or harness submit --issue FILE"
        raise UserError("give either the fork's address or a form", hint=hint)
    given = {name: value for name, value in said.items() if value}
    if issue is None:
        return Form(**{"repository": url, **given})  # type: ignore[arg-type]
    try:
        with issue.open("rb") as stream:
            raw = stream.read(4 * SIZE_LIMIT + 1)
    except OSError as error:
        hint = "save the issue's text there, e.g. with `gh issue view N --json body --jq .body`"
        raise UserError(f"cannot be read: {error.strerror}", where=str(issue), hint=hint) from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError("not UTF-8", where=str(issue), hint="save it as UTF-8") from error
    return replace(read_form(text, str(issue)), **given)  # type: ignore[arg-type]


def submit(
    file: Path,
    form: Form,
    *,
    name: str | None,
    from_others: bool,
    dry_run: bool,
    now: datetime,
    console: Console,
) -> Candidate:
    """Fill in the row of a fork, show it, and add it to the round in `file` unless it is a `dry_run`.

    `from_others`: somebody else wrote the form, so it may name no folder of this machine. Raises UserError
    after the deadline, for a fork that cannot be read or adds no connector, and for a row that is there
    already; the file is then as it was.
    """
    round_ = read_round_file(file)
    refuse_late(round_, file, now)
    filled = _filled(form, name, round_, from_others=from_others)
    refuse_double(round_, filled.row, file)
    say(console, row_text(row_fields(filled.row, file.absolute().parent), 0).rstrip())
    if filled.missing:
        say(console, "\nStill missing, or to be looked at:")
    for each in filled.missing:
        say(console, f"  - {each}")
    if dry_run:
        say(console, f"\nNothing was written: without --dry-run this row goes into {file}.")
        return filled.row
    add_row(file, filled.row)
    say(console, f"\nAdded to {file}. Next: harness run {file} --only {filled.row.name}")
    return filled.row


def refuse_late(round_: Round, file: Path, now: datetime) -> None:
    if now > round_.submissions_close:
        raise UserError(
            f"submissions closed at {round_.submissions_close:%Y-%m-%d %H:%M} UTC",
            where=str(file),
            hint="submit it to the next round; --round FILE names its file",
        )


def refuse_double(round_: Round, row: Candidate, file: Path) -> None:
    """Raise UserError where the fork, or another of the same name, is in the round already."""
    for other in round_.candidates:
        if (other.repository, other.ref) == (row.repository, row.ref) and set(other.connectors) & set(
            row.connectors
        ):
            raise UserError(
                f"it is already submitted, as {other.name}",
                where=str(file),
                hint="change that row: a branch is screened at its newest commit, so a push needs no new row",
            )
        if other.name == row.name:
            raise UserError(
                f"another candidate is already called {row.name}",
                where=str(file),
                hint="give it another name with --name",
            )


def add_row(file: Path, row: Candidate) -> None:
    """Add a row in one step: whoever reads the file, even after a kill, sees it with or without the row.

    One writer at a time; raises UserError where another is at it, or where the row does not fit the file.
    """
    file = file.resolve()
    with writing_beside(file.with_name(f".{file.name}.writing"), file):
        before = read_round_file(file)
        refuse_double(before, row, file)
        with file.open(encoding="utf-8", newline="") as stream:
            text = with_row(stream.read(), row_fields(row, file.parent))
        handle, partial = tempfile.mkstemp(prefix=f".{file.name}.", suffix=".yml", dir=file.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as out:
                out.write(text)
                out.flush()
                os.fsync(out.fileno())
            after = read_round_file(Path(partial))
            if after != before.model_copy(update={"candidates": (*before.candidates, row)}):
                raise OurFailure("the row cannot be added without changing others", where=str(file))
            shutil.copymode(file, partial)
            Path(partial).replace(file)
        finally:
            Path(partial).unlink(missing_ok=True)


def row_fields(row: Candidate, folder: Path) -> dict[str, object]:
    """The row as it is written: no field that is as it would be without it, but always its ref."""
    stated = row.model_dump(mode="json", exclude_defaults=True) | {"ref": row.ref}
    place = local_path(row.repository) if row.repository else None
    if place is not None and place.is_relative_to(folder.resolve()):
        stated["repository"] = f"./{place.relative_to(folder.resolve())}"
    return {name: stated[name] for name in Candidate.model_fields if name in stated}


def _filled(form: Form, name: str | None, round_: Round, *, from_others: bool) -> Filled:
    page = PAGE_OF_REPOSITORY.fullmatch(form.repository)
    asked = {
        "name": _PLACEHOLDER,
        "repository": page["repository"] if page and page["ref"] else form.repository,
        "ref": form.ref or (page and page["ref"]) or "master",
        "connectors": [_PLACEHOLDER.replace("-", "_")],
        "kind": "exchange",
        "contact": form.contact,
        "maintenance": form.maintenance,
        "exchange": {"hosts": form.hosts, "ccxt": form.ccxt},
    }
    provisional = checked_row(asked, Path.cwd())
    if form.ccxt is not None:
        checked(form.ccxt)
    if from_others and local_path(provisional.repository or "") is not None:
        hint = "ask the submitter for the fork's public address"
        raise UserError(f"the form names a folder on this machine: {form.repository}", hint=hint)
    store = ObjectStore()
    submission = pin(store, provisional, round_)
    chosen = chosen_connectors(submission, form.connectors)
    tree = Tree.of(store, submission)
    found = hosts_of(code_of(tree, chosen))
    first = chosen[0].name
    spoken = dialect_of(first, submission.generation)
    own = (*dialect(spoken).rest_hosts, *dialect(spoken).stream_hosts) if spoken else ()
    ccxt_id = form.ccxt or (dialect(spoken).ccxt_id if spoken else None) or ccxt_id_of(first)
    fields: Mapping[str, object] = {
        **asked,
        "name": name or re.sub(r"[^a-z0-9]+", "-", first.lower()).strip("-"),
        "connectors": [each.name for each in chosen],
        "kind": chosen[0].kind,
        "exchange": {
            "hosts": list(dict.fromkeys((*form.hosts, *found.names, *own))),
            "dialect": spoken,
            "ccxt": ccxt_id,
        },
    }
    row = checked_row(fields, Path.cwd())
    return Filled(row, tuple(missing(row, submission, found)))
