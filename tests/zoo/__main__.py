"""`python -m tests.zoo [WORKERS]`, or `make zoo`: runs all of the zoo and writes `docs/accuracy.md`.

What was answered is kept in a file, so that the next run at the same commit, with no changes of its own, goes
on where this one was stopped; `--again PATTERN` asks those tests anew. Ends with 1 when the checks are not as
good as they have to be.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pytest

from demo.release import PACKAGE, VERSION
from harness.paths import cache_dir
from tests.zoo import chance, seeds
from tests.zoo.accuracy import PAGE, Accuracy
from tests.zoo.sections import section_of, with_section
from tests.zoo.workers import commit_of_the_harness

HERE = Path(__file__).parent
BLIND = "Blind"  # written by hand, after mistakes were planted before anybody had looked at the checks


def main() -> int:
    asked = _arguments()
    accuracy = Accuracy(cache_dir() / "zoo.ndjson", commit_of_the_harness())
    known = accuracy.count_kept(asked.again)
    if known:
        sys.stdout.write(f"{len(known)} were answered before\n")
    tests = [str(HERE / name) for name in ("test_good.py", "test_bad.py")]
    options = ["-n", asked.workers, "--dist", "loadgroup", "--tier", "zoo", "-p", "no:cacheprovider"]
    options += [f"--deselect={test}" for test in known]
    pytest.main([*options, *tests], plugins=[accuracy])
    before, page = PAGE.read_text(encoding="utf-8"), accuracy.page(f"{PACKAGE} {VERSION}")
    for title in (BLIND, seeds.TITLE, chance.TITLE):
        if kept := section_of(before, title):
            page = with_section(page, title, kept)
    PAGE.write_text(page, encoding="utf-8")
    short = accuracy.shortcomings()
    for line in short:
        sys.stdout.write(f"{line}\n")
    sys.stdout.write(f"{PAGE} says how well each check tells good from bad\n")
    return 1 if short else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.zoo", description=__doc__)
    parser.add_argument("workers", nargs="?", default="auto", help="how many questions are asked at a time")
    parser.add_argument("--again", default="", help="a pattern: tests that are asked anew")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
