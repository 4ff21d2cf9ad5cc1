"""`python -m tests.zoo [WORKERS]`, or `make zoo`: runs all of the zoo and writes `docs/accuracy.md`.

Ends with 1 when the checks are not as good as they have to be.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from demo.release import PACKAGE, VERSION
from tests.zoo import chance, seeds
from tests.zoo.accuracy import PAGE, Accuracy
from tests.zoo.sections import section_of, with_section

HERE = Path(__file__).parent
BLIND = "Blind"  # written by hand, after mistakes were planted before anybody had looked at the checks


def main() -> int:
    accuracy = Accuracy()
    tests = [str(HERE / name) for name in ("test_good.py", "test_bad.py")]
    workers = sys.argv[1] if len(sys.argv) > 1 else "auto"
    options = ["-n", workers, "--dist", "loadgroup", "--tier", "zoo", "-p", "no:cacheprovider"]
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


if __name__ == "__main__":
    sys.exit(main())
