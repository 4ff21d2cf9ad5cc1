"""`python -m demo`: prepare the demo round, screen it with the harness, and say where the report is."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from demo.cut import to_stderr
from demo.prepare import prepare
from harness.errors import HarnessError
from harness.paths import cache_dir


def main(arguments: list[str] | None = None) -> int:
    """Exit as `harness run` does: 0 when the round was completed, 2 for bad input, 3 for our failure."""
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("--reports", type=Path, default=Path("reports"), help="where reports go")
    parser.add_argument("--prepare-only", action="store_true", help="print the round file and stop")
    given, options = parser.parse_known_args(arguments)
    try:
        round_file = prepare(cache_dir(), to_stderr)
    except HarnessError as error:
        to_stderr(str(error))
        return error.exit_code
    if given.prepare_only:
        sys.stdout.write(f"{round_file}\n")
        return 0
    command = [
        sys.executable,
        "-m",
        "harness",
        "run",
        str(round_file),
        "--reports",
        str(given.reports),
        *options,
    ]
    code = subprocess.run(command, check=False).returncode
    page = given.reports / "demo" / "index.html"
    if code == 0 and page.is_file():
        sys.stdout.write(f"\nThe report: {page.resolve()}\n")
    return code


if __name__ == "__main__":
    raise SystemExit(main())
