"""Posts messages through a Discord webhook, each once, however often it is asked to.

What was posted is written down before and after each message, so that a call that broke off is never repeated
blindly: a webhook tells nobody what it posted before.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from harness.errors import UserError
from harness.screenings.store import write_whole
from harness.text import one_line
from harness.voting.discord import Message

LATER = "try again later; nothing is posted twice"
TRIES = 5
LONGEST_WAIT = 60.0  # seconds that Discord may ask us to wait
TIMEOUT = aiohttp.ClientTimeout(total=30)
# "HTTP Response Codes" of Discord's API documentation: 502 alone says that nothing was processed.
UNKNOWN = frozenset(range(500, 600)) - {HTTPStatus.BAD_GATEWAY}
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Refused(UserError):  # noqa: N818 - what Discord did
    """A message that was certainly not posted."""


class Posted(BaseModel):
    """One message: `message` is its id, None while nobody knows whether it arrived."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    digest: str
    at: datetime
    message: str | None = None


_POSTED = TypeAdapter(tuple[Posted, ...])


def digest(message: Message) -> str:
    """Of what people read: a poll's duration depends on when it is posted."""
    poll = {name: value for name, value in message.get("poll", {}).items() if name != "duration"}
    told = json.dumps({**message, "poll": poll}, sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def read_posted(kept: Path) -> tuple[Posted, ...]:
    if not kept.exists():
        return ()
    try:
        return _POSTED.validate_json(kept.read_bytes())
    except ValidationError as error:
        raise UserError(
            "it cannot be read",
            where=str(kept),
            hint="check the channel for what was posted, and correct this file",
        ) from error


def post(webhook: str, messages: Sequence[Message], kept: Path, told: Callable[[str], None]) -> int:
    """Post what `kept` does not list yet, in order; returns how many.

    Raises UserError where another ballot was posted before, where it is unknown whether a message arrived,
    and where Discord does not take one. The webhook's address is a secret: no error repeats it.
    """
    address = _checked(webhook)
    return asyncio.run(_post(address, messages, kept, told))


def _checked(webhook: str) -> str:
    try:
        parts = urlsplit(webhook)
        local = parts.scheme == "http" and parts.hostname in LOOPBACK
    except ValueError:
        parts, local = urlsplit(""), False
    if (parts.scheme != "https" and not local) or not parts.hostname or parts.query or parts.fragment:
        raise UserError(
            "this is not a webhook address",
            where="--discord-webhook",
            hint="copy it from the channel's settings: https://discord.com/api/webhooks/…",
        )
    return webhook


async def _post(webhook: str, messages: Sequence[Message], kept: Path, told: Callable[[str], None]) -> int:
    done = list(read_posted(kept))
    _compare(done, messages, kept)
    left = messages[len(done) :]
    async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
        for message in left:
            coming = Posted(digest=digest(message), at=datetime.now(UTC))
            _write(kept, [*done, coming])
            try:
                id_ = await _send(session, webhook, message)
            except Refused:
                _write(kept, done)
                raise
            done.append(coming.model_copy(update={"message": id_}))
            _write(kept, done)
            told(f"posted message {len(done)} of {len(messages)}")
    return len(left)


async def _send(session: aiohttp.ClientSession, webhook: str, message: Message) -> str:
    """The id of the message as it was posted; waits where Discord asks to."""
    for _ in range(TRIES):
        try:
            async with session.post(webhook, params={"wait": "true"}, json=message) as reply:
                body = await reply.read()
                status = reply.status
        except aiohttp.ClientConnectorError as error:
            raise Refused(
                "Discord did not answer", hint="try again later; nothing is posted twice"
            ) from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise UserError(
                "the connection to Discord was lost while a message was sent",
                hint="check whether it is in the channel; the next call says what to do",
            ) from error
        if status in UNKNOWN:
            raise UserError(
                f"Discord answered a message with {status}, which does not say whether it was posted",
                hint="check whether it is in the channel; the next call says what to do",
            )
        if status != HTTPStatus.TOO_MANY_REQUESTS:
            return _id(status, body)
        await asyncio.sleep(_wait(body))
    raise Refused("Discord kept limiting the rate of messages", hint=LATER)


def _wait(body: bytes) -> float:
    """Seconds that a reply of 429 asks for, within reason."""
    asked = _field(body, "retry_after")
    return min(max(float(asked), 0.0), LONGEST_WAIT) if isinstance(asked, int | float) else 1.0


def _id(status: int, body: bytes) -> str:
    if status == HTTPStatus.OK and isinstance(found := _field(body, "id"), str):
        return found
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND):
        raise Refused(
            "Discord does not know this webhook", hint="copy the address again from the channel's settings"
        )
    why = one_line(body[:2000].decode("utf-8", "replace"), 400)
    raise Refused(
        f"Discord refused a message with {status}: {why}", hint="please report it: the limits may be new"
    )


def _field(body: bytes, name: str) -> object:
    try:
        found = json.loads(body)
    except ValueError:
        return None
    return found.get(name) if isinstance(found, dict) else None


def _write(kept: Path, posted: Sequence[Posted]) -> None:
    write_whole(kept, _POSTED.dump_json(tuple(posted), indent=2).decode() + "\n")


def _compare(done: Sequence[Posted], messages: Sequence[Message], kept: Path) -> None:
    for number, (posted, message) in enumerate(zip(done, messages, strict=False), 1):
        if posted.message is None:
            raise UserError(
                f"it is unknown whether message {number} arrived: an earlier call broke off while sending it",
                where=str(kept),
                hint="check the channel: write its id into this file if it arrived, else remove its entry",
            )
        if posted.digest != digest(message):
            raise UserError(
                f"message {number} differs from what was posted on {posted.at:%Y-%m-%d}",
                where=str(kept),
                hint="delete what was posted in the channel, then this file, and run the command again",
            )
