"""Dialects of exchanges that today's ccxt has dropped, or speaks otherwise: an earlier release's reading.

Run by that release, which is laid over the installed one for a process of its own:
`python -m tests.dialects.earlier` installs it (once, in the harness's cache) and runs ccxt's part there.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from harness.frameworks.store import get_or_make
from harness.paths import cache_dir

RELEASE = "2.2.1"  # of November 2022
AIOHTTP = "aiohttp==3.8.6"  # its WebSocket client reads what later ones do not have
# What it calls the exchanges.
EARLIER = {
    "coinbase_pro": "coinbasepro",
    "huobi": "huobi",
    "bittrex": "bittrex",
    "liquid": "liquid",
    "bitpanda": "bitpanda",
}
# It reads no stream of these: another version of them, or none.
REST_ONLY = ("bittrex", "liquid", "bitpanda")
TESTS = ("tests/dialects/test_ccxt.py",)


def is_spoken() -> bool:
    """Whether this process has that release."""
    return version("ccxt") == RELEASE


def installed() -> Path:
    """The release with all that it needs, in its place."""

    def make(folder: Path) -> None:
        command = [sys.executable, "-m", "uv", "--no-progress", "pip", "install", "--quiet"]
        subprocess.run([*command, "--target", str(folder), f"ccxt=={RELEASE}", AIOHTTP], check=True)

    return get_or_make(cache_dir() / "ccxt", f"{RELEASE}-with-aiohttp", make)


def run(*arguments: str) -> int:
    """Runs ccxt's part of the tests with that release, as pytest would; gives its exit code."""
    path = os.pathsep.join([str(installed()), str(Path.cwd())])
    command = [sys.executable, "-m", "pytest", "-q", *TESTS, *arguments]
    return subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, check=False).returncode


if __name__ == "__main__":
    sys.exit(run(*sys.argv[1:]))
