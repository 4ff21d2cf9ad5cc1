"""Local git repositories that stand in for addresses: behind a firewall, in a test, in an archive of a round.

They come from the command line or the environment of whoever runs the harness, so they may lie anywhere.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from harness.errors import UserError

# `URL=DIR` several times, separated by blanks; a place with a blank in it stands in quotes.
MIRRORS = "HARNESS_MIRRORS"
_WRITE = "write --mirror URL=DIR, e.g. --mirror https://github.com/owner/hummingbot=/srv/git/owner.git"
_HOST = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<host>[^/]*)(?P<path>.*)", re.IGNORECASE)


@dataclass(frozen=True)
class Source:
    """Where a repository is read: `url` as the round names it, `mirror` the folder that stands in for it."""

    url: str
    mirror: Path | None = None

    @property
    def address(self) -> str:
        """What git is given."""
        return str(self.mirror) if self.mirror else self.url


@dataclass(frozen=True)
class Mirrors:
    """Folders by the address that each stands in for."""

    places: Mapping[str, Path]

    def source(self, url: str) -> Source:
        return Source(url, self.places.get(_plain(url)))


def read_mirrors(lines: Iterable[str]) -> Mirrors:
    """Mirrors given as `URL=DIR`; the last of an address counts. Raises UserError."""
    return Mirrors(MappingProxyType(dict(map(_read, lines))))


def mirrors_of_environment() -> Mirrors:
    """What $HARNESS_MIRRORS gives; raises UserError."""
    return read_mirrors(_words(os.environ.get(MIRRORS, "")))


def add_to_environment(lines: Iterable[str]) -> None:
    """Have this process and those that it starts use these mirrors besides those that were given before."""
    given = [*_words(os.environ.get(MIRRORS, "")), *(_absolute(line) for line in lines)]
    read_mirrors(given)
    if given:
        os.environ[MIRRORS] = shlex.join(given)


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise UserError(f"{MIRRORS} cannot be read: {error}", hint='write "URL=DIR URL=DIR"') from error


def _absolute(line: str) -> str:
    url, separator, place = line.partition("=")
    return f"{url}{separator}{Path(place).expanduser().absolute()}" if place else line


def _read(line: str) -> tuple[str, Path]:
    url, _, place = line.partition("=")
    if not (url and place):
        raise UserError(f"{line!r} is not a mirror", hint=_WRITE)
    folder = Path(place).absolute()
    if not any((folder / inside).exists() for inside in ("HEAD", ".git")):
        hint = "`git clone --mirror URL DIR` makes one"
        raise UserError("there is no git repository to serve as a mirror", where=str(folder), hint=hint)
    return _plain(url), folder


def _plain(url: str) -> str:
    """The same for all ways to write one address: with `.git` or a slash behind, the host in any case."""
    bare = url.rstrip("/").removesuffix(".git")
    found = _HOST.fullmatch(bare)
    return f"{found['scheme'].lower()}://{found['host'].lower()}{found['path']}" if found else bare
