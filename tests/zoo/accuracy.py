"""How well each check tells good from bad, made from a run of the whole zoo: `docs/accuracy.md`."""

from __future__ import annotations

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from harness.checking import slugs_of
from harness.outcome import Severity
from tests.zoo.asked import CHECKS, severity_of
from tests.zoo.defects import DEFECTS
from tests.zoo.origins import HISTORY, REPORTS, Origin
from tests.zoo.real_defects import REAL_DEFECTS
from tests.zoo.rows import Row, summary, table
from tests.zoo.specimens import IN_ONE_CONNECTOR
from tests.zoo.workers import keep_lines, kept_lines

PAGE = Path(__file__).resolve().parents[2] / "docs" / "accuracy.md"
PROPERTY = "zoo"
WANTED = {Severity.BLOCKER: 0.95, Severity.MAJOR: 0.90}  # recall
LEGEND = (
    "*Recall* is the share of planted defects that their check found, with a finding that names them. A "
    "requirement can have several checks: its row counts the defects planted for any of them, and each check "
    "on each merged connector. A *false alarm* is a finding about a merged connector that is not one of its "
    "real defects."
)
LONGEST = 300  # characters of a reason on the page


@dataclass(frozen=True)
class Noted:
    """What a test of the zoo is about: a check on a connector, with that defect or ("") as it was merged.

    `real`: a defect of the merged connector itself is expected.
    """

    connector: str
    check: str
    defect: str = ""
    real: bool = False

    def on(self, record_property: Callable[[str, object], None]) -> None:
        record_property(PROPERTY, asdict(self))


@dataclass
class Tally:
    """What one check has been seen to do."""

    seen: list[Noted] = field(default_factory=list)
    missed: list[tuple[Noted, str]] = field(default_factory=list)
    kept_quiet: list[Noted] = field(default_factory=list)
    false_alarms: list[tuple[Noted, str]] = field(default_factory=list)
    real: list[Noted] = field(default_factory=list)

    @property
    def planted(self) -> int:
        return len(self.seen) + len(self.missed)

    @property
    def asked(self) -> int:
        return len(self.kept_quiet) + len(self.false_alarms) + len(self.real)


class Accuracy:
    """A plugin of pytest that counts; `unmeasured` are the tests that came to no end.

    Each answer is kept in a file, if there is one, with the harness's `commit`; one that was not expected is
    told at once, too.
    """

    def __init__(self, kept: Path | None = None, commit: str = "") -> None:
        self.tallies: defaultdict[str, Tally] = defaultdict(Tally)
        self.unmeasured: list[str] = []
        self._kept = kept
        self._commit = commit

    def count_kept(self, again: str = "") -> list[str]:
        """Counts what was answered before at this commit; its tests. `again`: a pattern of those left out."""
        if self._kept is None or self._commit.endswith("+"):
            return []
        lines = {line["test"]: line for line in kept_lines(self._kept) if line["commit"] == self._commit}
        known = {test: line for test, line in lines.items() if not (again and re.search(again, test))}
        for line in known.values():
            self.count(Noted(**line["noted"]), line["passed"], line["words"])
        return list(known)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        told: Any = dict(report.user_properties).get(PROPERTY)
        if report.failed and (report.when != "call" or told is None):
            self.unmeasured.append(report.nodeid)
        elif report.when == "call" and told is not None and not report.skipped:
            words = _words(report)
            self.count(Noted(**told), report.passed, words)
            if self._kept is not None:
                line = {"test": report.nodeid, "noted": told, "passed": report.passed, "words": words}
                keep_lines(self._kept, [{**line, "commit": self._commit}])
            if report.failed:
                sys.stdout.write(f"\n{report.nodeid}: {words}\n")

    def count(self, noted: Noted, passed: bool, words: str = "") -> None:
        """`passed`: the test, so the check said what it should."""
        tally = self.tallies[noted.check]
        if noted.defect:
            if passed:
                tally.seen.append(noted)
            else:
                tally.missed.append((noted, words))
        elif not passed:
            tally.false_alarms.append((noted, words))
        else:
            (tally.real if noted.real else tally.kept_quiet).append(noted)

    def recall(self, severity: Severity) -> float:
        tallies = [self.tallies[c.__name__] for c in CHECKS if severity_of(c) is severity]
        planted = sum(tally.planted for tally in tallies)
        return sum(len(tally.seen) for tally in tallies) / planted if planted else 0.0

    def shortcomings(self) -> list[str]:
        """What keeps the zoo from being believed; none is what is wanted."""
        told = [
            f"recall over {severity}s is {self.recall(severity):.3f}, wanted: {least}"
            for severity, least in WANTED.items()
            if self.recall(severity) < least
        ]
        alarms = [
            f"{noted.check} accuses {noted.connector}: {words}"
            for check in CHECKS
            if severity_of(check) is Severity.BLOCKER
            for noted, words in self.tallies[check.__name__].false_alarms
        ]
        return [*told, *alarms, *(f"not measured: {test}" for test in self.unmeasured)]

    def rows(self) -> list[Row]:
        """One for each requirement, in the order of its first check."""
        checks: defaultdict[str, list[Callable[..., None]]] = defaultdict(list)
        for check in CHECKS:
            (slug,) = slugs_of(check)
            checks[slug].append(check)
        return [self._row(slug, each) for slug, each in checks.items()]

    def _row(self, slug: str, checks: Sequence[Callable[..., None]]) -> Row:
        tallies = [self.tallies[check.__name__] for check in checks]
        return Row(
            slug,
            severity_of(checks[0]),
            len(checks),
            planted=sum(tally.planted for tally in tallies),
            found=sum(len(tally.seen) for tally in tallies),
            asked=sum(tally.asked for tally in tallies),
            alarms=sum(len(tally.false_alarms) for tally in tallies),
            real=sum(len(tally.real) for tally in tallies),
        )

    def page(self, framework: str) -> str:
        """Markdown."""
        everything = [tally for tally in self.tallies.values() if tally.planted or tally.asked]
        planted = [noted for tally in everything for noted in (*tally.seen, *(n for n, _ in tally.missed))]
        connectors = {noted.connector for tally in everything for noted in (*planted, *tally.kept_quiet)}
        kinds = len({noted.defect for noted in planted})
        return "\n".join(
            [
                "# Accuracy",
                "",
                f"Made by `make zoo`: {kinds} kinds of defects planted {len(planted)} times in "
                f"{len(connectors)} connectors of {framework}, and every check run on each of these "
                "as it was merged. Findings of the static checks on pull requests to upstream, and which are "
                "true: [real submissions](real-heads.md).",
                "",
                LEGEND,
                "",
                *summary(self.rows()),
                "",
                *self._origins("What users reported", REPORTS),
                *self._origins("What upstream's history repaired", HISTORY),
                "## Each check",
                "",
                *table(self.rows()),
                "",
                "## Missed",
                "",
                *(self._missed() or ["None."]),
                "",
                "## Not planted",
                "",
                "In these connectors the same change does no harm.",
                "",
                *(
                    f"- `{defect.name}` in {name}: {why}"
                    for defect in DEFECTS
                    for name, why in sorted(defect.harmless.items())
                ),
                "",
                "## Shown in one connector",
                "",
                "The other requirements were shown two mistakes at least, in two connectors.",
                "",
                *(f"- `{slug}`: {why}" for slug, why in sorted(IN_ONE_CONNECTOR.items())),
                "",
                "## False alarms",
                "",
                *(self._alarms() or ["None."]),
                "",
                "## Real defects of merged connectors",
                "",
                "Examined and reproduced; a release that mends one makes its test fail.",
                "",
                *self._real(),
                "",
            ]
        )

    def _origins(self, title: str, origins: tuple[Origin, ...]) -> Iterable[str]:
        """A table of mistakes of others: how often defects of their kind were planted and found."""
        seen, missed = Counter[str](), Counter[str]()
        for tally in self.tallies.values():
            seen.update(noted.defect for noted in tally.seen)
            missed.update(noted.defect for noted, _ in tally.missed)
        found = [origin for origin in origins if any(seen[name] for name in origin.planted)]
        yield f"## {title}"
        yield ""
        planted = sum(bool(origin.planted) for origin in origins)
        yield (
            f"{len(origins)} mistakes; a defect of its kind is planted for {planted}, "
            f"and was found for {len(found)}."
        )
        yield ""
        yield "| mistake | defects of its kind | planted | found | what it would take |"
        yield "|---|---|---:|---:|---|"
        for origin in origins:
            names = ", ".join(f"`{name}`" for name in origin.planted) or "none"
            counts = [(seen[name], seen[name] + missed[name]) for name in origin.planted]
            yield (
                f"| {origin.what} ([source]({origin.source})) | {names} | {sum(all_ for _, all_ in counts)} "
                f"| {sum(one for one, _ in counts)} | {origin.takes} |"
            )
        yield ""

    def _missed(self) -> list[str]:
        return [
            f"- `{noted.defect}` in {noted.connector}: {words}"
            for tally in self.tallies.values()
            for noted, words in tally.missed
        ]

    def _alarms(self) -> list[str]:
        return [
            f"- {noted.connector}, `{noted.check}`: {words}"
            for tally in self.tallies.values()
            for noted, words in tally.false_alarms
        ]

    def _real(self) -> list[str]:
        """One line for what a connector does, with all the requirements that it breaks so."""
        seen = {(n.connector, n.check) for tally in self.tallies.values() for n in tally.real}
        found = sorted(
            (real.why, name, slug)
            for (name, check), real in REAL_DEFECTS.items()
            if (name, check.__name__) in seen
            for slug in slugs_of(check)
        )
        told = []
        for why, rows in groupby(found, key=lambda row: row[0]):
            each = list(rows)
            names = ", ".join(dict.fromkeys(name for _, name, _ in each))
            slugs = ", ".join(dict.fromkeys(f"`{slug}`" for _, _, slug in each))
            told.append(f"- **{names}** ({slugs}): {why}")
        return sorted(told)


def _words(report: pytest.TestReport) -> str:
    """The last line of what a failed test says, as Markdown that does nothing."""
    if not report.failed:
        return ""
    crash = getattr(report.longrepr, "reprcrash", None)
    text = " ".join(str(crash.message if crash is not None else report.longrepr).split())[:LONGEST]
    return "`" + text.replace("`", "'") + "`"
