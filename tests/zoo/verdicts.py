"""What checks said of untouched connectors with each seed: kept in a file, and told on `docs/accuracy.md`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from harness.checking import slugs_of
from tests.zoo.asked import CHECKS
from tests.zoo.workers import keep_lines, kept_lines


@dataclass(frozen=True)
class Verdict:
    """What one check said of one connector with one seed; `words` are the finding's.

    `commit` is the harness's, short; with `+` where files had changes of their own.
    """

    connector: str
    check: str
    seed: int
    status: str
    words: str = ""
    commit: str = ""


@dataclass(frozen=True)
class Unsteady:
    """A check that does not say the same with every seed: seeds by what it said; one failure's words."""

    connector: str
    check: str
    seeds: dict[str, tuple[int, ...]]
    words: str


def read(file: Path) -> list[Verdict]:
    """Those that are kept, the last of each; a line that was cut off by the end of a run is left out."""
    kept: dict[tuple[str, str, int], Verdict] = {}
    for line in kept_lines(file):
        each = Verdict(**line)
        kept[each.connector, each.check, each.seed] = each
    return list(kept.values())


def keep(file: Path, verdicts: Iterable[Verdict]) -> None:
    """Add them to the file, on lines of their own."""
    keep_lines(file, map(asdict, verdicts))


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
                Unsteady(
                    connector,
                    check,
                    {status: tuple(sorted(at)) for status, at in sorted(seeds.items())},
                    words,
                )
            )
    return found


def section(verdicts: Sequence[Verdict], framework: str, wanted: int) -> list[str]:
    """Markdown lines; `wanted` is how many seeds each check shall be run with."""
    wrong = unsteady(verdicts)
    connectors = sorted({each.connector for each in verdicts})
    checks = {each.check for each in verdicts}
    commits = sorted({each.commit for each in verdicts if each.commit})
    lines = [
        f"Made by `make zoo-seeds`: {len(checks)} checks on {len(connectors)} merged connectors of "
        f"{framework}, untouched: {len(verdicts)} verdicts{_at(commits)}. A verdict that depends on the seed "
        "is a fault of the harness.",
        "",
        f"| connector | checks | seeds | with all {wanted} seeds | verdicts | "
        "checks whose verdict depends on the seed |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name in connectors:
        rows = [each for each in verdicts if each.connector == name]
        asked = {each.check: set[int]() for each in rows}
        for each in rows:
            asked[each.check].add(each.seed)
        counts = sorted(len(seeds) for seeds in asked.values())
        seeds = f"{counts[0]}–{counts[-1]}" if counts[0] < counts[-1] else str(counts[0])
        whole = sum(count >= wanted for count in counts)
        hanging = sum(each.connector == name for each in wrong)
        lines.append(f"| {name} | {len(asked)} | {seeds} | {whole} | {len(rows)} | {hanging} |")
    slugs = {check.__name__: ", ".join(f"`{slug}`" for slug in sorted(slugs_of(check))) for check in CHECKS}
    for hangs in wrong:
        told = "; ".join(f"{status} with {', '.join(map(str, at))}" for status, at in hangs.seeds.items())
        lines += [
            "",
            f"- **{hangs.connector}** ({slugs.get(hangs.check, hangs.check)}): {told}. {hangs.words}",
        ]
    return lines


def _at(commits: Sequence[str]) -> str:
    if not commits:
        return ""
    if len(commits) == 1:
        return f" at {commits[0]}"
    return f" at {len(commits)} commits"
