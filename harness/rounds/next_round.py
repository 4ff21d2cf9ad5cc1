"""The next round's file from a round that was decided: the winner leaves, the others carry over. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, timedelta

import yaml
from pydantic import ValidationError

from harness.errors import UserError
from harness.rounds.appending import row_text
from harness.rounds.calendar import first_instant
from harness.rounds.round import Candidate, Round
from harness.text import one_line

HEAD = """\
# Made by `harness next` from round {before}: candidates that did not win carry over, dates are {days} days
# later, and waivers that end before voting opens are left out. Look through it before you announce it.
"""


def next_round(
    round_: Round, winners: Collection[str], *, id_: str, release: str, title: str, days: int
) -> Round:
    """The round after this one; raises UserError for an id that is the same, or dates that do not move."""
    if id_ == round_.id:
        raise UserError(f"the next round cannot be {id_} again", where="--id", hint="give another id")
    if days < 1:
        raise UserError(
            "the next round must be later", where="--days", hint="give --days, the days between releases"
        )
    later = timedelta(days=days)
    voting = round_.voting.model_copy(
        update={"opens": round_.voting.opens + later, "closes": round_.voting.closes + later}
    )
    rows = tuple(_carried(row, voting.opens) for row in round_.candidates if row.name not in winners)
    fields = {
        **round_.model_dump(),
        "id": id_,
        "release": release,
        "title": title,
        "submissions_close": round_.submissions_close + later,
        "voting": voting.model_dump(),
        "candidates": [row.model_dump() for row in rows],
    }
    try:
        return Round.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        told = first.get("ctx", {})
        what = str(told.get("what", first["msg"]))
        raise UserError(
            what, where=f"--{first['loc'][0]}", hint=str(told.get("fix", "write it otherwise"))
        ) from error


def _carried(row: Candidate, opens: date) -> Candidate:
    return row.model_copy(update={"waivers": tuple(each for each in row.waivers if each.until >= opens)})


def title_after(round_: Round, opens: date) -> str:
    """This round's title with the month and year of its vote, where it has them, moved to the next."""
    before, after = first_instant(round_.voting.opens), first_instant(opens)
    title = round_.title
    for part in ("%B", "%Y"):
        title = title.replace(before.strftime(part), after.strftime(part))
    return title


def file_text(made: Round, before: Round, days: int, known: Mapping[str, str]) -> str:
    """A round file; `known` is a sentence about each candidate, written above its row."""
    stored = made.model_dump(mode="json", exclude_defaults=True)
    rows = stored.pop("candidates", [])
    parts = [HEAD.format(before=before.id, days=days), _yaml(stored)]
    parts.append("candidates:\n" if rows else "candidates: []\n")
    for row in rows:
        if said := known.get(row["name"]):
            parts.append(f"  # {before.id}: {one_line(said, 300)}\n")
        parts.append(row_text(row))
    return "".join(parts)


def _yaml(data: object) -> str:
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=110)
