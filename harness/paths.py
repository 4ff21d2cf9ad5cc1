"""Where the harness keeps what it may lose: clones, environments and builds."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from harness.errors import UserError, of_storage

SET_IT = "name a folder for it: `export HARNESS_CACHE=/some/folder`"


def cache_dir() -> Path:
    """The cache's root, made on demand: `$HARNESS_CACHE`, else the user's cache folder.

    Raises UserError where it cannot be made or written into.
    """
    configured = os.environ.get("HARNESS_CACHE")
    root = Path(configured).expanduser() if configured else platformdirs.user_cache_path("connector-harness")
    if not configured and not root.is_absolute():
        raise UserError("this user has no home folder for the cache", hint=SET_IT)
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        told = of_storage(error)
        why = told.message if told else error.strerror
        raise UserError(f"the cache cannot be made: {why}", where=str(root), hint=SET_IT) from error
    if not os.access(root, os.W_OK | os.X_OK):
        raise UserError("the cache is not writable", where=str(root), hint=SET_IT)
    return root.resolve()
