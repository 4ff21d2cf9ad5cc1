"""`python -m tests.zoo.chance`, or `make zoo-chance`: how often each planted defect is found, over the seeds.

Plants each defect at home with many seeds, looks for it as a round does, and writes a section of
`docs/accuracy.md`. What was said is kept in a file, so that the next run goes on where this one stopped. All
defects get a seed before any gets the next. Ends with 1 where a defect is found less often than it has to be:
then what is there to find it plays by chance what it should play each time.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from demo.release import PACKAGE, VERSION
from harness.checking import Failed, Finding
from harness.paths import cache_dir
from tests.zoo.accuracy import PAGE
from tests.zoo.defect import Defect
from tests.zoo.defects import DEFECTS
from tests.zoo.sections import with_section
from tests.zoo.workers import FOR_EVER, each_as_it_ends, keep_lines, kept_lines, zoo_of_this_process

TITLE = "Chance"
SEEDS = 20
OFTEN_ENOUGH = 0.95
LONGEST = 200  # characters of what was said instead


@dataclass(frozen=True)
class Sought:
    """A planted defect, looked for with one seed; `words` are what was said where it was not found."""

    defect: str
    seed: int
    found: bool
    words: str = ""
    commit: str = ""


@dataclass(frozen=True)
class Task:
    defect: str
    seed: int


def tasks(
    defects: Iterable[Defect], seeds: int, hours: int, wanted: str, done: Iterable[Sought]
) -> Iterator[Task]:
    """What there is left to do. `hours` is with how many seeds those are sought that take minutes."""
    known_already = {(each.defect, each.seed) for each in done}
    fitting = [each for each in defects if re.search(wanted, f"{each.name} {each.check.__name__}")]
    for takes_long, last in ((False, seeds), (True, hours)):
        for seed in range(1, last + 1):
            for each in fitting:
                if each.takes_long == takes_long and (each.name, seed) not in known_already:
                    yield Task(each.name, seed)


def main() -> int:
    asked = _arguments()
    kept: Path = asked.kept or cache_dir() / "chance.ndjson"
    left = list(tasks(DEFECTS, asked.seeds, asked.hours, asked.defects, read(kept)))
    sys.stdout.write(f"{len(left)} specimens to be looked at; what was said is kept in {kept}\n")
    for task, said in each_as_it_ends(left, look, asked.workers, asked.minutes):
        keep_lines(kept, [asdict(said)])
        sys.stdout.write(f"{task.defect}, seed {task.seed}: {'found' if said.found else said.words}\n")
        sys.stdout.flush()
    sought = read(kept)
    lines = section(sought, len(DEFECTS), f"{PACKAGE} {VERSION}")
    PAGE.write_text(with_section(PAGE.read_text(encoding="utf-8"), TITLE, lines), encoding="utf-8")
    sys.stdout.write("\n".join([*lines, f"{PAGE} has it", ""]))
    return 1 if any(each.too_seldom for each in shares(sought)) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.zoo.chance", description=__doc__)
    parser.add_argument(
        "--defects", default="", help="a pattern: only those that have it in their name or their check's"
    )
    parser.add_argument("--seeds", type=int, default=SEEDS, help="how many")
    parser.add_argument("--hours", type=int, default=0, help="with how many seeds an hour is played")
    parser.add_argument("--workers", type=int, default=3, help="specimens at a time: mostly they wait")
    parser.add_argument("--minutes", type=float, default=FOR_EVER, help="begin none after so long")
    parser.add_argument(
        "--kept", type=Path, help="the file of what was found, default: in the harness's cache"
    )
    return parser.parse_args()


def look(task: Task, folder: Path, commit: str) -> Sought:
    (defect,) = [each for each in DEFECTS if each.name == task.defect]
    found, words = False, "passed"
    try:
        with zoo_of_this_process(folder).bad(defect, task.seed) as specimen:
            specimen.check(defect.check)
    except Failed as error:
        found, words = bool(re.search(defect.finding, error.summary)), f"failed: {error.summary}"
    except Finding as error:
        words = f"undecided: {error.summary}"
    except Exception as error:  # a fault of ours too, to be told and not to end the others
        words = f"{type(error).__name__}: {error}"
    said = "" if found else " ".join(words.split())[:LONGEST]
    return Sought(task.defect, task.seed, found, said, commit)


def read(file: Path) -> list[Sought]:
    """Those that are kept, the last of each."""
    kept = {(line["defect"], line["seed"]): Sought(**line) for line in kept_lines(file)}
    return list(kept.values())


@dataclass(frozen=True)
class Share:
    """With how many seeds a defect was found, and what was said with one that it was not found with."""

    defect: str
    found: int
    missed: tuple[int, ...]
    words: str

    @property
    def asked(self) -> int:
        return self.found + len(self.missed)

    @property
    def too_seldom(self) -> bool:
        return self.found < OFTEN_ENOUGH * self.asked


def shares(sought: Iterable[Sought]) -> list[Share]:
    grouped: defaultdict[str, list[Sought]] = defaultdict(list)
    for each in sought:
        grouped[each.defect].append(each)
    return [
        Share(
            defect,
            sum(each.found for each in group),
            tuple(sorted(each.seed for each in group if not each.found)),
            next((each.words for each in group if not each.found), ""),
        )
        for defect, group in sorted(grouped.items())
    ]


def section(sought: Sequence[Sought], planted: int, framework: str) -> list[str]:
    """Markdown lines; `planted` is how many defects there are."""
    told = shares(sought)
    always = [each for each in told if not each.missed]
    counts = sorted(each.asked for each in told) or [0]
    seeds = f"{counts[0]} to {counts[-1]} seeds" if counts[0] < counts[-1] else f"{counts[0]} seeds"
    lines = [
        f"Made by `make zoo-chance`: {len(told)} of the {planted} kinds of defects, planted at home in "
        f"connectors of {framework} with {seeds} each and looked for as a round does, {len(sought)} times in "
        f"all. {len(always)} were found each time.",
    ]
    if len(always) < len(told):
        lines += [
            "",
            "| defect | seeds | found | not found with | what was said |",
            "|---|---:|---:|---|---|",
        ]
    lines += [
        f"| `{each.defect}` | {each.asked} | {each.found} | {', '.join(map(str, each.missed))} "
        f"| {each.words.replace('|', '/')} |"
        for each in told
        if each.missed
    ]
    return lines


if __name__ == "__main__":
    sys.exit(main())
