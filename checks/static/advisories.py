"""What is known to be wrong with a release of a library, as the package index tells it (OSV's data).

Source: docs.pypi.org/api/json (`/pypi/<name>/json` and `/pypi/<name>/<version>/json`: `vulnerabilities`).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import quote

import aiohttp

INDEX = "https://pypi.org/pypi"
PATIENCE = aiohttp.ClientTimeout(total=10)
MOST_BYTES = 8 << 20


class Advisory(NamedTuple):
    """`fixed_in` are the releases that are said to be without it."""

    name: str
    summary: str
    fixed_in: tuple[str, ...]


class NoAnswerError(Exception):
    """The index could not be asked, or knows no such release."""


Advisories = Callable[[str, str | None], tuple[Advisory, ...]]


def ask_index(name: str, version: str | None, index: str = INDEX) -> tuple[Advisory, ...]:
    """Those of that release of a library, None: of its newest. Raises `NoAnswerError`."""
    release = "" if version is None else f"/{quote(version, safe='')}"
    url = f"{index}/{quote(name, safe='')}{release}/json"
    try:
        told = json.loads(asyncio.run(_get(url)))
        return tuple(
            Advisory(str(each["id"]), str(each.get("summary") or ""), tuple(map(str, each["fixed_in"])))
            for each in told["vulnerabilities"]
            if not each.get("withdrawn")
        )
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError, KeyError, TypeError) as error:
        raise NoAnswerError(f"{url}: {error or type(error).__name__}") from error


async def _get(url: str) -> bytes:
    async with (
        aiohttp.ClientSession(timeout=PATIENCE, trust_env=True) as session,
        session.get(url, raise_for_status=True) as reply,
    ):
        body = b""
        async for chunk in reply.content.iter_any():
            body += chunk
            if len(body) > MOST_BYTES:
                raise ValueError("the answer is too long")
        return body
