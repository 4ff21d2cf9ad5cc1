"""`python -m tests.zoo.seeds`, or `make zoo-seeds`: whether a verdict depends on the seed.

Runs every check that judges scenarios on every merged connector as it is, with many seeds, and writes a
section of `docs/accuracy.md`. What was said is kept in a file, so that the next run goes on where this one
stopped. All connectors get a seed before any gets the next, and the hours of market making come last. A check
that says one thing with one seed and another with the next is a fault of ours: it ends with 1 then.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from demo.release import PACKAGE, VERSION
from harness.checking import Failed, Finding, NotApplicable
from harness.checking.runner import judges_traces, parameters_of
from harness.paths import cache_dir
from harness.scenarios.catalogue import HOUR
from tests.dialects.names import NAMES
from tests.zoo.accuracy import PAGE
from tests.zoo.asked import CHECKS, asked_of
from tests.zoo.keeping import Check, Specimen
from tests.zoo.sections import with_section
from tests.zoo.verdicts import Verdict, keep, read, section, unsteady
from tests.zoo.workers import FOR_EVER, each_as_it_ends, zoo_of_this_process

TITLE = "Seeds"
SEEDS = 20
LONGEST = 200  # characters of a finding on the page


@dataclass(frozen=True)
class Task:
    """What one specimen is asked: a connector with one seed, and the names of checks."""

    connector: str
    seed: int
    checks: tuple[str, ...]


def tasks(
    names: Sequence[str], seeds: int, hours: int, wanted: str, done: Iterable[Verdict]
) -> Iterator[Task]:
    """What there is left to do. `hours` is with how many seeds the hour of market making is played."""
    known_already = {(each.connector, each.check, each.seed) for each in done}
    for takes_an_hour, last in ((False, seeds), (True, hours)):
        for seed in range(1, last + 1):
            for name in names:
                left = tuple(
                    check.__name__
                    for check in asked_of(name)
                    if judges_traces(check)
                    and (HOUR.fixture in parameters_of(check)) == takes_an_hour
                    and re.search(wanted, check.__name__)
                    and (name, check.__name__, seed) not in known_already
                )
                if left:
                    yield Task(name, seed, left)


def main() -> int:
    asked = _arguments()
    kept: Path = asked.kept or cache_dir() / "seeds.ndjson"
    left = list(tasks(asked.connectors.split(","), asked.seeds, asked.hours, asked.checks, read(kept)))
    sys.stdout.write(f"{len(left)} specimens to be looked at; what was said is kept in {kept}\n")
    for task, said in each_as_it_ends(left, run, asked.workers, asked.minutes):
        keep(kept, said)
        sys.stdout.write(f"{task.connector}, seed {task.seed}: {len(said)} verdicts\n")
        sys.stdout.flush()
    verdicts = read(kept)
    lines = section(verdicts, f"{PACKAGE} {VERSION}", asked.seeds)
    PAGE.write_text(with_section(PAGE.read_text(encoding="utf-8"), TITLE, lines), encoding="utf-8")
    sys.stdout.write("\n".join([*lines, f"{PAGE} has it", ""]))
    return 1 if unsteady(verdicts) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.zoo.seeds", description=__doc__)
    parser.add_argument("--connectors", default=",".join(NAMES), help="names, with commas between them")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="how many")
    parser.add_argument("--hours", type=int, default=SEEDS, help="with how many seeds an hour is played")
    parser.add_argument("--checks", default="", help="a pattern: only those that have it in their names")
    parser.add_argument("--workers", type=int, default=3, help="specimens at a time: mostly they wait")
    parser.add_argument("--minutes", type=float, default=FOR_EVER, help="begin none after so long")
    parser.add_argument("--kept", type=Path, help="the file of verdicts, default: in the harness's cache")
    return parser.parse_args()


def run(task: Task, folder: Path, commit: str) -> list[Verdict]:
    """In a process that keeps the built framework from one specimen to the next."""
    checks = [check for check in CHECKS if check.__name__ in task.checks]
    with zoo_of_this_process(folder).good(task.connector, task.seed) as specimen:
        return [_verdict(specimen, check, task.seed, commit) for check in checks]


def _verdict(specimen: Specimen, check: Check, seed: int, commit: str) -> Verdict:
    status, words = "passed", ""
    try:
        specimen.check(check)
    except NotApplicable:
        status = "not applicable"
    except Failed as error:
        status, words = "failed", error.summary
    except Finding as error:
        status, words = "undetermined", error.summary
    except Exception as error:  # a fault of ours too, to be told and not to end the others
        status, words = "error", f"{type(error).__name__}: {error}"
    said = " ".join(words.split())[:LONGEST]
    return Verdict(specimen.name, check.__name__, seed, status, said, commit)


if __name__ == "__main__":
    sys.exit(main())
