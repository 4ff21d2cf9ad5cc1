"""The same plain words for the same things in every format."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from urllib.parse import quote, urlsplit

from harness.errors import UserError
from harness.grading import Verdict
from harness.outcome import Basis, Lifecycle, Severity, Status
from harness.reporting.model import CandidateReport, Entry, Finding, Result, RoundReport, ScoreInfo, SetAside
from harness.requirement import Impact
from harness.screenings.run import ExchangeFacts

VERDICTS = {
    Verdict.ELIGIBLE: "May be voted on",
    Verdict.INELIGIBLE: "May not be voted on",
    Verdict.UNDETERMINED: "Could not be decided",
}
NO_VERDICT = "No verdict"
BY_WAIVER = "May be voted on by waiver"
VERDICT_MARKS = {Verdict.ELIGIBLE: "✓", Verdict.INELIGIBLE: "✕", Verdict.UNDETERMINED: "?"}
STATUSES = {
    Status.PASSED: "passed",
    Status.FAILED: "failed",
    Status.NOT_APPLICABLE: "does not apply",
    Status.WAIVED: "waived",
    Status.UNDETERMINED: "undecided",
    Status.HARNESS_ERROR: "our own failure",
}
SEVERITIES = {
    Severity.BLOCKER: "blocks the vote",
    Severity.MAJOR: "major",
    Severity.MINOR: "minor",
}
# What a finding means for whoever trades with the connector, the worst first.
IMPACTS = {
    Impact.MONEY: "loses or hides money",
    Impact.TRADING: "fails to trade",
    Impact.INCONVENIENCE: "inconvenient",
    Impact.DEVELOPERS: "concerns developers only",
}
STATES = {
    Status.FAILED: "not met",
    Status.UNDETERMINED: "not decided",
    Status.HARNESS_ERROR: "not decided because of our own failure",
}
LIFECYCLES = {
    Lifecycle.EXPERIMENTAL: "experimental: not counted",
    Lifecycle.STABLE: "",
    Lifecycle.DEPRECATED: "deprecated: will be removed",
}
BASES = {Basis.OBSERVED: "seen by us", Basis.CLAIMED: "said by the fork"}

# Where a web page shows one file at one commit: host → path below the repository.
SOURCE_PAGES = {"github.com": "blob/{commit}/{file}", "gitlab.com": "-/blob/{commit}/{file}"}
UNLINKED = frozenset(" \"'<>\\`()[]|*")
HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?")


def verdict_words(told: CandidateReport | Entry) -> str:
    """The verdict as it must be told: never without saying that it rests on a waiver."""
    if told.verdict is None:
        return NO_VERDICT
    return BY_WAIVER if told.by_waiver else VERDICTS[told.verdict]


def set_aside_line(waiver: SetAside) -> str:
    """`It builds: not met, set aside by NAME until 31 Jan 2027`."""
    return (
        f"{waiver.title}: {STATES[waiver.found]}, set aside by {waiver.granted_by} until {day(waiver.until)}"
    )


def reviewed_by(finding: Finding) -> str | None:
    """`reviewed by NAME, 12 Nov 2026`, None where a program decided."""
    review = finding.reviewed
    return f"reviewed by {review.by}, {day(review.at)}" if review else None


def number(value: float | None) -> str:
    """`97`, `97.5`, or a dash where there is none."""
    return "–" if value is None else f"{value:.1f}".removesuffix(".0")


WIDE_INTERVAL = 20  # points; with more left open the interval is the headline, not the score


def score_words(score: ScoreInfo | None) -> str:
    """The score as it must be told: never without its interval and how much was decided."""
    if score is None:
        return "no score"
    decided = f"{score.decided} of {score.total} requirements decided"
    if score.value is None:
        return f"no score, {decided}"
    if score.low == score.high:
        return f"score {number(score.value)}, {decided}"
    if score.high - score.low > WIDE_INTERVAL:
        span = f"{number(score.low)} to {number(score.high)}"
        return f"score {span} ({number(score.value)} of what was decided), {decided}"
    return f"score {number(score.value)} (between {number(score.low)} and {number(score.high)}), {decided}"


RULES = {
    "plurality": "One vote each",
    "approval": "Several votes each",
    "ranked": "Ranked: the last candidate is eliminated until one has more than half",
}


NOT_COUNTED = "not counted: it may no longer be voted on"


def result_words(result: Result) -> str:
    """Who won, or that nobody did alone."""
    if not result.winners:
        return "No candidate has a vote"
    if result.tie:
        return f"A tie between {listed(result.winners)}"
    return f"{result.winners[0]} won"


# OrderType of hummingbot, as people say it.
ORDER_TYPES = {"LIMIT": "limit", "LIMIT_MAKER": "post-only", "MARKET": "market", "AMM_SWAP": "swap"}


def order_type(name: str) -> str:
    return ORDER_TYPES.get(name, name.lower())


def fees(facts: ExchangeFacts) -> str:
    """`maker 0.1 %, taker 0.15 %`, or nothing where the code says neither."""
    named = (("maker", facts.maker_percent), ("taker", facts.taker_percent))
    return ", ".join(f"{name} {percent} %" for name, percent in named if percent is not None)


def standing_words(report: RoundReport) -> str:
    """`2 of 7 may be voted on, 1 could not be decided`."""
    counts = [(len(report.with_verdict(verdict)), VERDICTS[verdict].lower()) for verdict in Verdict]
    counts.append((len(report.with_verdict(None)), "have no verdict yet"))
    told = [f"{amount} {words}" for amount, words in counts if amount]
    return f"{count(len(report.candidates), 'candidate')}: {', '.join(told) or 'none was screened'}."


def moment(at: datetime) -> str:
    return f"{day(at)}, {at:%H:%M} UTC"


def day(at: date) -> str:
    return f"{at.day} {at:%b %Y}"


def seconds(value: float) -> str:
    """`0.4 s`, `12 s`, `3 min 20 s`."""
    if value < 10:
        return f"{value:.1f} s"
    whole = round(value)
    return f"{whole} s" if whole < 120 else f"{whole // 60} min {whole % 60} s"


def count(amount: int, one: str, many: str | None = None) -> str:
    return f"{amount} {one if amount == 1 else many or one + 's'}"


def listed(words: Iterable[str]) -> str:
    """`a, b and c`."""
    *first, last = list(words) or [""]
    return f"{', '.join(first)} and {last}" if first else last


def link(url: str | None) -> str | None:
    """`url` where it is an ordinary https address without credentials; nothing else is ever linked."""
    if url is None or not url.isascii() or not url.isprintable() or UNLINKED & set(url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    climbs = {".", ".."} & set(parts.path.split("/"))
    safe = parts.scheme == "https" and HOST.fullmatch(parts.netloc) and not climbs
    return url if safe else None


def site_address(url: str, option: str) -> str:
    """An address that pages of ours are served below, without a last slash. Raises UserError."""
    base = link(url.rstrip("/"))
    if base is None or "?" in base or "#" in base:
        raise UserError(
            f"{url!r} is not the https address of a site",
            where=option,
            hint="give the address at which the folder will be served, e.g. https://owner.github.io/votes",
        )
    return base


def source_link(report: CandidateReport, file: str | None, line: int | None = None) -> str | None:
    """The page of a fork's file at the commit screened, where its host is known to have one."""
    repository, commit = link(report.candidate.repository), report.submission.commit
    if repository is None or commit is None or file is None or (file and not inside(file)):
        return None
    page = SOURCE_PAGES.get(urlsplit(repository).netloc)
    if page is None:
        return None
    base = repository.rstrip("/").removesuffix(".git")
    path = page.format(commit=quote(commit), file=quote(file))
    return f"{base}/{path}#L{line}" if line else f"{base}/{path}"


def inside(path: str) -> bool:
    """Whether a path, joined to its repository's address or folder, stays below it."""
    return not {"", ".", ".."} & set(path.replace("\\", "/").split("/"))
