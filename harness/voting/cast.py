"""What was cast, read from a file: a Discord poll's message, a Snapshot proposal, its votes as CSV, or YAML.

Fields: "Poll Object", "Poll Results Object" and "Message Object" of Discord's API documentation; `proposal`
and `votes` of Snapshot's GraphQL API (https://hub.snapshot.org/graphql), whose choices count from 1.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from harness.errors import UserError
from harness.voting.counting import Ranking

MAX_BYTES = 50_000_000
UNREADABLE = (
    "give the message of a Discord poll (JSON), a Snapshot proposal (JSON), its votes (CSV), or "
    "`name: votes` (YAML)"
)


@dataclass(frozen=True)
class Cast:
    """`choices` are as voters saw them; `votes` by choice, or `ballots` of choices; times where it has them.

    `numbered` says that ballots name choices by their number, from 1, and no choices are listed; `several`
    that a voter could choose more than one.
    """

    choices: tuple[str, ...] = ()
    votes: dict[str, float] = field(default_factory=dict)
    ballots: tuple[Ranking, ...] = ()
    opened: datetime | None = None
    closed: datetime | None = None
    numbered: bool = False
    several: bool = False


class Broken(Exception):  # noqa: N818 - becomes a UserError that names the file
    """The file does not have what it should, in a sentence."""


def read_cast(path: Path) -> Cast:
    """Read votes; raises UserError, naming the file, for one that has no votes, or not all of them yet."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise Broken("it is too large for votes")
        text = path.read_text(encoding="utf-8")
        return _parsed(path.suffix.lower(), text)
    except (Broken, UnicodeDecodeError, ValueError, yaml.YAMLError, KeyError, TypeError, IndexError) as error:
        said = str(error) if isinstance(error, Broken) else "it cannot be read as votes"
        raise UserError(said, where=str(path), hint=UNREADABLE) from error
    except FileNotFoundError as error:
        raise UserError("there is no such file", where=str(path), hint=UNREADABLE) from error


def _parsed(suffix: str, text: str) -> Cast:
    if suffix == ".csv":
        return _csv(text)
    if suffix in (".yml", ".yaml"):
        return _plain(yaml.safe_load(text))
    if suffix != ".json":
        raise Broken(f"votes in {suffix or 'a file without an ending'} are not known")
    data = json.loads(text)
    messages = data if isinstance(data, list) else [data]
    if messages and all(isinstance(each, dict) and "poll" in each for each in messages):
        return _discord(messages)
    return _snapshot(data)


def _discord(messages: Sequence[dict[str, Any]]) -> Cast:
    votes: dict[str, float] = {}
    for message in messages:
        poll = message["poll"]
        results = poll.get("results") or {}
        if results.get("is_finalized") is not True:
            raise Broken("a poll is still open, or Discord has not counted it to the end")
        counts = {each["id"]: each["count"] for each in results.get("answer_counts", [])}
        for answer in poll["answers"]:
            _add(votes, str(answer["poll_media"]["text"]), _amount(counts.get(answer["answer_id"], 0)))
    times = [_time(message["timestamp"]) for message in messages if message.get("timestamp")]
    ends = [_time(message["poll"]["expiry"]) for message in messages if message["poll"].get("expiry")]
    return Cast(
        tuple(votes),
        votes,
        opened=min(times, default=None),
        closed=max(ends, default=None),
        several=any(message["poll"].get("allow_multiselect") for message in messages),
    )


def _snapshot(data: Any) -> Cast:
    found = data.get("data", data)
    proposal = found.get("proposal", found)
    if not isinstance(proposal.get("choices"), list):
        raise Broken("it is neither a poll of Discord nor a proposal of Snapshot")
    if proposal.get("state", "closed") != "closed":
        raise Broken(f"the proposal is {proposal['state']}, not closed")
    choices = tuple(str(choice) for choice in proposal["choices"])
    ballots = tuple(_ballot(vote["choice"], vote.get("vp", 1), choices) for vote in found.get("votes") or ())
    scores = proposal.get("scores") or []
    votes: dict[str, float] = {}
    if not ballots and len(scores) != len(choices):
        raise Broken("it has neither votes nor a score for each choice")
    for choice, score in zip(choices, scores, strict=False):
        _add(votes, choice, _amount(score))
    opened, closed = (
        datetime.fromtimestamp(int(proposal[name]), UTC) if name in proposal else None
        for name in ("start", "end")
    )
    several = proposal.get("type") not in (None, "single-choice", "basic")
    return Cast(choices, {} if ballots else votes, ballots, opened, closed, several=several)


def _ballot(choice: Any, weight: Any, choices: Sequence[str]) -> Ranking:
    numbers = choice if isinstance(choice, list) else [choice]
    if not all(isinstance(each, int) and 1 <= each <= len(choices) for each in numbers):
        raise Broken(f"a vote is for {choice!r}, which is no choice of the proposal")
    return Ranking(tuple(dict.fromkeys(choices[each - 1] for each in numbers)), _amount(weight))


def _csv(text: str) -> Cast:
    rows = csv.DictReader(io.StringIO(text))
    names = [name for name in rows.fieldnames or () if name == "choice" or name.startswith("choice.")]
    if not names:
        raise Broken("it has no column `choice`")
    ballots = []
    for row in rows:
        cells = [cell for name in names for cell in _cells(row[name] or "")]
        weight = row.get("voting_power") or row.get("vp") or 1
        ballots.append(Ranking(tuple(dict.fromkeys(cells)), _amount(float(weight))))
    return Cast(ballots=tuple(ballots), numbered=True)


def _cells(cell: str) -> Iterator[str]:
    """`3`, or `[2,1,3]`, as numbers from 1."""
    numbers = json.loads(cell) if cell.startswith("[") else [cell] if cell.strip() else []
    yield from (str(int(each)) for each in numbers)


def _plain(data: Any) -> Cast:
    if isinstance(data, list):
        ballots = tuple(
            Ranking(tuple(map(str, each["ranking"])), _amount(each.get("votes", 1))) for each in data
        )
        return Cast(ballots=ballots)
    if not isinstance(data, dict):
        raise Broken("it is no list of `name: votes`")
    votes: dict[str, float] = {}
    for name, amount in data.items():
        _add(votes, str(name), _amount(amount))
    return Cast(tuple(votes), votes)


def _add(votes: dict[str, float], choice: str, amount: float) -> None:
    if choice in votes:
        raise Broken(f"{choice!r} is there twice")
    votes[choice] = amount


def _amount(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise Broken(f"{value!r} is no number of votes")
    return float(value)


def _time(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
