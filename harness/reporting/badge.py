"""`badge.svg`: the verdict as a small shield for a README."""

from __future__ import annotations

from html import escape

from harness.grading import Verdict, Waived, set_aside_words
from harness.reporting.model import CandidateReport
from harness.reporting.wording import VERDICT_MARKS, number, score_words
from harness.text import plain

LABEL = "connector harness"
COLOURS = {Verdict.ELIGIBLE: "#1a7f4b", Verdict.INELIGIBLE: "#b42318", Verdict.UNDETERMINED: "#8a5a00"}
BY_WAIVER = "#8a5a00"
CHARACTER = 6.6  # pixels, of 11 px Verdana on average; textLength fits the words to what was measured
PADDING = 7

SHIELD = """\
<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" aria-label="{title}">
<title>{title}</title>
{start}<clipPath id="r"><rect width="{width}" height="20" rx="3"/></clipPath>
<g clip-path="url(#r)"><rect width="{left}" height="20" fill="#3d444d"/>\
<rect x="{left}" width="{right}" height="20" fill="{colour}"/></g>
<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">\
<text x="{pad}" y="14" textLength="{left_text}">{label}</text>\
<text x="{at}" y="14" textLength="{right_text}">{words}</text></g>{end}
</svg>
"""


def render(report: CandidateReport, address: str | None = None) -> str | None:
    """None where there is no verdict to show. `address` is the candidate's folder on a site, to be linked."""
    if report.verdict is None or report.score is None:
        return None
    verdict = f"{report.verdict.value} by waiver" if report.by_waiver else report.verdict.value
    words = f"{VERDICT_MARKS[report.verdict]} {verdict}"
    if report.score.value is not None:
        words += f" · {number(report.score.value)} ({report.score.decided}/{report.score.total})"
    left_text, right_text = (round(len(text) * CHARACTER) for text in (LABEL, words))
    left, right = left_text + 2 * PADDING, right_text + 2 * PADDING
    return SHIELD.format(
        width=left + right,
        left=left,
        right=right,
        left_text=left_text,
        right_text=right_text,
        at=left + PADDING,
        pad=PADDING,
        colour=BY_WAIVER if report.by_waiver else COLOURS[report.verdict],
        label=LABEL,
        words=escape(words),
        start=f'<a href="{escape(address)}/index.html" target="_top">' if address else "",
        end="</a>" if address else "",
        title=escape(f"{LABEL}: {_title(report, report.verdict)}"),
    )


def snippets(report: CandidateReport, address: str) -> tuple[tuple[str, str], ...]:
    """What to paste into a README for the badge at `address`, the candidate's folder on a site: where, what.

    Nothing where there is no badge. Of the candidate there is only its name in it, which is a folder's.
    """
    if report.verdict is None:
        return ()
    words = f"{LABEL}: {report.candidate.name}"
    badge, page = f"{address}/badge.svg", f"{address}/index.html"
    return (
        ("Markdown", f"[![{words}]({badge})]({page})"),
        ("HTML", f'<a href="{page}"><img src="{badge}" alt="{words}"></a>'),
    )


def _title(report: CandidateReport, verdict: Verdict) -> str:
    told = [verdict.value, score_words(report.score)]
    if report.by_waiver:
        waivers = (Waived(plain(each.granted_by), each.until) for each in report.set_aside)
        told[0] += f" by waiver: {set_aside_words(waivers)}"
    if report.without_waivers:
        told.append(f"without waivers {score_words(report.without_waivers)}")
    return ", ".join(told)
