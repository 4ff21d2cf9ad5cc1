"""The folders that are written, the cache and those that a person names, and locks on what is in them."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import platformdirs

from harness.errors import UserError, of_storage

SET_IT = "name a folder for it: `export HARNESS_CACHE=/some/folder`"
NAME_ANOTHER = "put that right, or name another place"


def cache_dir() -> Path:
    """The cache's root, made on demand: `$HARNESS_CACHE`, else the user's cache folder.

    Raises UserError where it cannot be made or written into.
    """
    configured = os.environ.get("HARNESS_CACHE")
    root = Path(configured).expanduser() if configured else platformdirs.user_cache_path("connector-harness")
    if not configured and not root.is_absolute():
        raise UserError("this user has no home folder, which the cache needs", hint=SET_IT)
    return made(root, "the cache", SET_IT).resolve()


def made(folder: Path, what: str = "the folder", hint: str = NAME_ANOTHER) -> Path:
    """The folder, made where it is not there. Raises UserError where it cannot be made or written into."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        told = of_storage(error)
        why = told.message if told else error.strerror
        raise UserError(f"{what} cannot be made: {why}", where=str(folder), hint=hint) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UserError(f"{what} is not writable", where=str(folder), hint=hint)
    return folder


def made_empty(folder: Path) -> Path:
    """The same for a folder that nothing may be in yet, as `--to` names it."""
    if any(made(folder).iterdir()):
        raise UserError("the folder is not empty", where=str(folder), hint="choose another with --to")
    return folder


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """One process, and thread, at a time by the lock file `path`; the others wait."""
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
