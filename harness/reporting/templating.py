"""How a page is rendered: every value made visible, then escaped; the filters that templates use."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from pydantic import JsonValue

from harness.outcome import Evidence, EvidenceKind
from harness.reporting import comparison, wording
from harness.reporting.model import CandidateReport, Counts
from harness.text import one_line, plain

TEMPLATES = Path(__file__).resolve().parent / "templates"
BAR_STEP, BAR_HEIGHT = 4, 28
MAX_EVIDENCE = 8
MAX_FINDINGS = 300  # in a section
MAX_PATHS = 40
MAX_SHOWN = 2500  # characters of a piece of evidence
LONGEST_TEXT = 1 << 20
LONG_TEXT, LONG_LINES = 700, 10
CODE = re.compile(r"`([^`\n]{1,200})`")
KINDS = {
    EvidenceKind.FILE: "in a file",
    EvidenceKind.GIT: "in git",
    EvidenceKind.WIRE: "on the wire",
    EvidenceKind.LEDGER: "in the exchange's ledger",
    EvidenceKind.EVENT: "as an event",
    EvidenceKind.LOG: "in a log",
    EvidenceKind.MEASUREMENT: "measured",
    EvidenceKind.NOTE: "noted",
}


def render(template: str, **context: Any) -> str:
    return _environment().get_template(template).render(**context)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters.update(FILTERS)
    made.globals.update(
        bar_height=BAR_HEIGHT,
        bar_step=BAR_STEP,
        max_evidence=MAX_EVIDENCE,
        max_findings=MAX_FINDINGS,
        max_paths=MAX_PATHS,
        wide_interval=wording.WIDE_INTERVAL,
    )
    return made


def _visible(value: Any) -> Any:
    """Every value that a template prints goes through here, before it is escaped."""
    return plain(value, lines=True) if isinstance(value, str) and not isinstance(value, Markup) else value


def _counts(counts: Counts) -> str:
    parts = [
        wording.count(counts.blocker, "blocker"),
        wording.count(counts.major, "major finding"),
        wording.count(counts.minor, "minor finding"),
    ]
    shown = [part for part in parts if not part.startswith("0 ")]
    if counts.undecided:
        shown.append(f"{counts.undecided} undecided")
    if counts.waived:
        shown.append(f"{counts.waived} waived")
    return " · ".join([*shown, f"{counts.passed} met"])


def _commit_page(report: CandidateReport) -> str | None:
    return wording.source_link(report, "") if report.submission.commit else None


def _datum(value: JsonValue) -> str:
    return one_line(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), 160)


def _new_data(item: Evidence) -> dict[str, JsonValue]:
    """Of its structured detail what its text does not say already."""
    said = one_line(item.text, LONGEST_TEXT)
    return {name: value for name, value in item.data.items() if _datum(value).removesuffix("…") not in said}


def _shown(text: str) -> str:
    return (
        text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…\n\nCut here; there is more in report.json."
    )


def prose(text: str) -> Markup:
    """Words of the catalogue's, in which `code` stands between backticks."""
    return Markup(CODE.sub(r"<code>\1</code>", str(escape(plain(text, lines=True)))))  # noqa: S704 - escaped


def _is_long(text: str) -> bool:
    return len(text) > LONG_TEXT or text.count("\n") >= LONG_LINES


def _bars(series: Sequence[float]) -> str:
    """The path of a bar chart, `BAR_STEP` wide for each value and `BAR_HEIGHT` high, from nought up."""
    highest = max((abs(value) for value in series), default=0) or 1
    heights = [max(round(abs(value) / highest * BAR_HEIGHT, 1), 0.5) for value in series]
    return "".join(
        f"M{place * BAR_STEP} {BAR_HEIGHT}v{-height:g}h{BAR_STEP - 1}v{height:g}z"
        for place, height in enumerate(heights)
    )


FILTERS: Mapping[str, Callable[..., Any]] = {
    "bars": _bars,
    "basis": wording.BASES.__getitem__,
    "brief": one_line,
    "commit_page": _commit_page,
    "count": wording.count,
    "counts": _counts,
    "datum": _datum,
    "day": wording.day,
    "lifecycle": wording.LIFECYCLES.__getitem__,
    "impact": wording.IMPACTS.__getitem__,
    "first_line": lambda text: one_line(text.lstrip().split("\n", 1)[0], 120),
    "is_long": _is_long,
    "kind": KINDS.__getitem__,
    "link": wording.link,
    "moment": wording.moment,
    "new_data": _new_data,
    "number": wording.number,
    "told": comparison.told,
    "verdict_words": wording.verdict_words,
    "result_words": wording.result_words,
    "rule": wording.RULES.__getitem__,
    "score_words": wording.score_words,
    "seconds": wording.seconds,
    "standing": wording.standing_words,
    "severity": wording.SEVERITIES.__getitem__,
    "shown": _shown,
    "prose": prose,
    "reviewed_by": wording.reviewed_by,
    "set_aside": wording.set_aside_line,
    "source": wording.source_link,
    "state": wording.STATES.__getitem__,
    "status": wording.STATUSES.__getitem__,
    "subject": lambda slug: slug.replace("-", " ").capitalize(),
}
