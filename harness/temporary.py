"""Temporary folders that say whose they are, and the removal of those whose owner is gone."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from harness import ownership

_NAME = re.compile(rf"\.?harness-({ownership.PATTERN})-[a-z]+-\w{{8}}", re.ASCII)

DEEPEST = 40  # of the 107 characters that a socket's path may have (unix(7)); our names take the rest
_SHORT = Path("/tmp")  # noqa: S108 - every folder in it gets a name of its own


@contextmanager
def folder(kind: str, within: Path | None = None) -> Iterator[Path]:
    """A new folder for the block, removed after it, or by the next harness where this one is killed.

    `kind` is one word of small letters for people who look. `within` is for what is made beside its place;
    the block may rename the folder away.
    """
    dot = "." if within else ""
    name = f"{dot}harness-{ownership.current()}-{kind}-"
    place = Path(tempfile.mkdtemp(prefix=name, dir=within or places()[0]))
    try:
        yield place
    finally:
        remove(place)


def places() -> list[Path]:
    """Where such folders are made, the place in use first: not too deep for a socket's path."""
    wanted = Path(tempfile.gettempdir())
    return [wanted] if len(str(wanted)) <= DEEPEST else [_SHORT, wanted]


def remove(place: Path) -> bool:
    """Remove a folder, however deep and whatever rights a job took away; returns whether it is gone."""
    with contextlib.suppress(OSError, RecursionError):
        shutil.rmtree(place)
    if not os.path.lexists(place):
        return True
    # Neither program follows links, and both walk trees deeper than Python can.
    for command in (["chmod", "-R", "u+rwX"], ["rm", "-rf", "--one-file-system"]):
        subprocess.run([*command, "--", str(place)], check=False, capture_output=True)
    return not os.path.lexists(place)


def sweep(searched: Iterable[Path], owners: frozenset[int]) -> list[Path]:
    """Remove what gone owners left directly in the folders `searched`; returns what was removed.

    Only folders of ours by name are touched, and of those only the ones that belong to a user in `owners`.
    What cannot be removed now is left for the next time.
    """
    removed = []
    for place in searched:
        with contextlib.suppress(OSError), os.scandir(place) as entries:
            found = [Path(entry.path) for entry in entries if _left_over(entry, owners)]
            removed += [each for each in found if remove(each)]
    return removed


def _left_over(entry: os.DirEntry[str], owners: frozenset[int]) -> bool:
    found = _NAME.fullmatch(entry.name)
    owner = ownership.Owner.parse(found[1]) if found else None
    if owner is None or not owner.gone():
        return False
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid in owners
