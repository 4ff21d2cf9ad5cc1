"""Where the harness keeps what it may lose: clones, environments and builds."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def cache_dir() -> Path:
    """The cache's root, made on demand: `$HARNESS_CACHE`, else the user's cache folder."""
    configured = os.environ.get("HARNESS_CACHE")
    root = Path(configured) if configured else platformdirs.user_cache_path("connector-harness")
    root.mkdir(parents=True, exist_ok=True)
    return root.resolve()
