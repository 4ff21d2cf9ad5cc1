"""`python -m tests.zoo.seeds`, or `make zoo-seeds`: whether a verdict hangs on the seed.

Runs every check on every merged connector as it is, with many seeds, and writes a section of
`docs/accuracy.md`. A check that says one thing with one seed and another with the next is a fault of ours.
Ends with 1 if there is one.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from demo.release import PACKAGE, VERSION
from harness import temporary
from harness.checking import Failed, Finding, NotApplicable, slugs_of
from harness.sandbox import choose
from tests.dialects.names import NAMES
from tests.zoo.accuracy import PAGE
from tests.zoo.asked import CHECKS, asked_of
from tests.zoo.keeping import Check, Specimen, Zoo
from tests.zoo.sections import with_section

TITLE = "Seeds"
SEEDS = 20
LONGEST = 200  # characters of a finding on the page
ROW = "row "  # begins a line of a child's that is a verdict


@dataclass(frozen=True)
class Verdict:
    """What one check said of one connector with one seed; `words` are the finding's."""

    connector: str
    check: str
    seed: int
    status: str
    words: str = ""


@dataclass(frozen=True)
class Unsteady:
    """A check that does not say the same with every seed: seeds by what it said; one failure's words."""

    connector: str
    check: str
    seeds: dict[str, tuple[int, ...]]
    words: str


def unsteady(verdicts: Iterable[Verdict]) -> list[Unsteady]:
    grouped: defaultdict[tuple[str, str], list[Verdict]] = defaultdict(list)
    for each in verdicts:
        grouped[each.connector, each.check].append(each)
    found = []
    for (connector, check), group in sorted(grouped.items()):
        seeds: defaultdict[str, list[int]] = defaultdict(list)
        for each in group:
            seeds[each.status].append(each.seed)
        if len(seeds) > 1:
            words = next((each.words for each in group if each.words), "")
            found.append(
                Unsteady(connector, check, {status: tuple(at) for status, at in sorted(seeds.items())}, words)
            )
    return found


def section(verdicts: Sequence[Verdict], framework: str) -> list[str]:
    """Markdown lines."""
    wrong = unsteady(verdicts)
    seeds = {each.seed for each in verdicts}
    connectors = sorted({each.connector for each in verdicts})
    checks = {each.check for each in verdicts}
    lines = [
        f"Made by `make zoo-seeds`: {len(checks)} checks on {len(connectors)} merged connectors of "
        f"{framework}, untouched, each with up to {len(seeds)} seeds: {len(verdicts)} verdicts. One that "
        f"depends "
        "on the seed is a fault of the harness.",
        "",
        "| connector | checks | seeds | verdicts | checks whose verdict depends on the seed |",
        "|---|---:|---:|---:|---:|",
    ]
    for name in connectors:
        rows = [each for each in verdicts if each.connector == name]
        counts = (len({each.check for each in rows}), len({each.seed for each in rows}), len(rows))
        hanging = sum(each.connector == name for each in wrong)
        lines.append(f"| {name} | {' | '.join(map(str, counts))} | {hanging} |")
    slugs = {check.__name__: ", ".join(f"`{slug}`" for slug in sorted(slugs_of(check))) for check in CHECKS}
    for each in wrong:
        told = "; ".join(f"{status} with {', '.join(map(str, at))}" for status, at in each.seeds.items())
        lines += ["", f"- **{each.connector}** ({slugs.get(each.check, each.check)}): {told}. {each.words}"]
    return lines


def main() -> int:
    asked = _arguments()
    if asked.one:
        _run_one(asked.one, range(1, asked.seeds + 1), asked.checks)
        return 0
    with ThreadPoolExecutor(max_workers=asked.workers) as pool:
        names = asked.connectors.split(",")
        tasks = [pool.submit(_in_a_child, name, asked.seeds, asked.checks) for name in names]
        verdicts = [each for task in tasks for each in task.result()]
    lines = section(verdicts, f"{PACKAGE} {VERSION}")
    PAGE.write_text(with_section(PAGE.read_text(encoding="utf-8"), TITLE, lines), encoding="utf-8")
    sys.stdout.write("\n".join([*lines, f"{PAGE} has it", ""]))
    return 1 if unsteady(verdicts) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.zoo.seeds", description=__doc__)
    parser.add_argument("--connectors", default=",".join(NAMES), help="names, with commas between them")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="how many")
    parser.add_argument("--checks", default="", help="a pattern: only those that have it in their names")
    parser.add_argument("--workers", type=int, default=2, help="connectors at a time")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    return parser.parse_args()


def _in_a_child(name: str, seeds: int, checks: str) -> list[Verdict]:
    """In a process of its own: what is left of one connector disturbs no other."""
    options = ["--one", name, "--seeds", str(seeds), "--checks", checks]
    command = [sys.executable, "-m", "tests.zoo.seeds", *options]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    rows = [line.removeprefix(ROW) for line in done.stdout.splitlines() if line.startswith(ROW)]
    return [Verdict(**json.loads(row)) for row in rows]


def _run_one(name: str, seeds: Iterable[int], wanted: str) -> None:
    checks = [check for check in asked_of(name) if re.search(wanted, check.__name__)]
    with temporary.folder("seeds") as folder:
        zoo = Zoo(choose("auto"), Path(folder))
        for seed in seeds:
            with zoo.good(name, seed) as specimen:
                for verdict in _verdicts(specimen, checks, seed):
                    sys.stdout.write(f"{ROW}{json.dumps(asdict(verdict))}\n")
                    sys.stdout.flush()


def _verdicts(specimen: Specimen, checks: Iterable[Check], seed: int) -> Iterator[Verdict]:
    for check in checks:
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
        yield Verdict(specimen.name, check.__name__, seed, status, said)


if __name__ == "__main__":
    sys.exit(main())
