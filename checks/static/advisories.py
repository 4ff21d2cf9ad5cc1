"""What is known to be wrong with a release of a library, as the package index tells it (OSV's data).

Source: docs.pypi.org/api/json (`/pypi/<name>/json` and `/pypi/<name>/<version>/json`: `vulnerabilities`).
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

import aiohttp

INDEX = "https://pypi.org/pypi"
PATIENCE = aiohttp.ClientTimeout(total=10)
MOST_BYTES = 8 << 20
_DATED = re.compile(r"(?:CVE|PYSEC)-(\d{4})-")


class Advisory(NamedTuple):
    """`fixed_in` are the releases that are said to be without it, `year` the first of those in its names."""

    name: str
    summary: str
    fixed_in: tuple[str, ...]
    year: int | None = None


class NoAnswerError(Exception):
    """The index could not be asked, or knows no such release."""


Advisories = Callable[[str, str | None], tuple[Advisory, ...]]


def ask_index(name: str, version: str | None, index: str = INDEX) -> tuple[Advisory, ...]:
    """Those of that release of a library, None: of its newest. Raises `NoAnswerError`."""
    release = "" if version is None else f"/{quote(version, safe='')}"
    url = f"{index}/{quote(name, safe='')}{release}/json"
    try:
        told = json.loads(asyncio.run(_get(url)))
        return tuple(_once(each for each in told["vulnerabilities"] if not each.get("withdrawn")))
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError, KeyError, TypeError) as error:
        raise NoAnswerError(f"{url}: {error or type(error).__name__}") from error


def _once(told: Iterable[Mapping[str, Any]]) -> Iterator[Advisory]:
    """Each hole once: databases tell of the same one under names of their own, which know each other."""
    seen: set[str] = set()
    for each in told:
        names = {str(each["id"]), *map(str, each.get("aliases") or ())}
        if seen.isdisjoint(names):
            years = [int(found[1]) for found in map(_DATED.match, names) if found]
            summary, fixed = str(each.get("summary") or ""), tuple(map(str, each["fixed_in"]))
            yield Advisory(str(each["id"]), summary, fixed, min(years, default=None))
        seen |= names


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
