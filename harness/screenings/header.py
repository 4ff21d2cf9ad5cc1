"""What an outcome depends on. Kept outcomes are taken up again only where all of it is the same."""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from importlib import metadata
from pathlib import Path

from pydantic import BaseModel, ConfigDict, JsonValue

import checks
import harness
from harness.requirement import Profile
from harness.rounds.round import Candidate

DISTRIBUTION = "hummingbot-connector-harness"
# What is done with outcomes once they are there: it cannot change one.
AFTERWARDS = ("reporting", "voting", "serving", "schemas", "grading.py")
AGAIN = "it has to be screened again"
# Of a row, what is judged anew from the same outcomes.
GRADED_ONLY = frozenset({"waivers", "reviewed"})


class Header(BaseModel):
    """The first line of kept outcomes. Two screenings with equal headers find the same.

    `row` is the candidate's row but for what only grading reads, `environment` the digest of the lock
    that the framework's packages were installed from, `code` that of the harness and its libraries, `reviews`
    that of what lies over derived descriptions, `recording` that of what is replayed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    commit: str | None
    upstream: str | None
    pinned_by: str | None
    submissions_close: datetime
    row: dict[str, JsonValue]
    profile: Profile
    environment: str | None
    backend: str
    catalogue: str
    harness: str
    code: str
    python: str
    seed: int
    time_scale: float
    reviews: str | None = None
    recording: str | None = None

    def as_line(self) -> dict[str, JsonValue]:
        return self.model_dump(mode="json")


def row_of(candidate: Candidate) -> dict[str, JsonValue]:
    """What outcomes depend on of a candidate's row, as a header has it."""
    return candidate.model_dump(mode="json", exclude=set(GRADED_ONLY))


def stale(header: Mapping[str, JsonValue], candidate: Candidate, commit: str | None) -> str | None:
    """Why outcomes under this header say nothing of the candidate, in one sentence; None where they do."""
    row, now = header.get("row"), row_of(candidate)
    if not isinstance(row, dict):
        return f"Its stored outcomes do not say for which row it was screened; {AGAIN}."
    if changed := differing(row, now):
        return f"Its row was changed after it was screened ({', '.join(changed)}); {AGAIN}."
    if header.get("commit") != commit:
        return f"Its stored outcomes are of another commit; {AGAIN}."
    return None


def differing(one: Mapping[str, JsonValue], other: Mapping[str, JsonValue], below: str = "") -> list[str]:
    """The dotted names of what differs, sorted."""
    names: list[str] = []
    for name in sorted(one.keys() | other.keys()):
        here, there = one.get(name), other.get(name)
        if isinstance(here, dict) and isinstance(there, dict):
            names += differing(here, there, f"{below}{name}.")
        elif here != there:
            names.append(f"{below}{name}")
    return names


def python_version() -> str:
    return ".".join(map(str, sys.version_info[:3]))


@cache
def code_digest() -> str:
    """Of every source that decides an outcome and of the libraries they import, by version."""
    digest = hashlib.sha256()
    for name, content in (*_sources(harness), *_sources(checks)):
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    digest.update("\n".join(_libraries()).encode())
    return digest.hexdigest()[:16]


def _sources(package: object) -> Iterator[tuple[str, bytes]]:
    root = Path(str(getattr(package, "__file__", ""))).resolve().parent
    for path in sorted(root.rglob("*")):
        inside = path.relative_to(root)
        ours = "__pycache__" not in inside.parts and not (
            root.name == "harness" and inside.parts[0] in AFTERWARDS
        )
        if ours and path.is_file():
            yield f"{root.name}/{inside.as_posix()}", path.read_bytes()


def _libraries() -> list[str]:
    """`name version` of each library that the harness itself asks for; none where it is not installed."""
    try:
        demanded = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        return []
    names = {
        match[0] for line in demanded if "extra ==" not in line and (match := re.match(r"[\w.-]+", line))
    }
    return sorted(f"{name} {_version(name)}" for name in names)


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "missing"
