"""`governance.json`: every round for an app's governance tab, with whole addresses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import Field

from harness.grading import Verdict
from harness.reporting.model import CandidateReport, Entry, Result, ScoreInfo, SetAside, VotingInfo
from harness.reporting.site.history import Exchange, PublishedRound
from harness.screenings.run import ExchangeFacts, Model


class GovernanceCandidate(Model):
    """One choice of a vote. `by_waiver`: it may be voted on only since `set_aside` were set aside.

    `verdict` and `score` are null for one that was not wholly screened; then it has no `badge` either.
    """

    name: str
    connectors: tuple[str, ...]
    kind: str
    repository: str | None
    commit: str | None
    contact: str | None
    maintenance: str | None
    facts: ExchangeFacts | None
    verdict: Verdict | None
    by_waiver: bool
    set_aside: tuple[SetAside, ...]
    reason: str
    score: ScoreInfo | None
    page: str
    report: str
    badge: str | None


class GovernanceRound(Model):
    """One vote. A result is there once the votes are counted."""

    id: str
    title: str
    release: str
    submissions_close: datetime
    voting: VotingInfo
    page: str
    matrix: str
    candidates: tuple[GovernanceCandidate, ...]
    result: Result | None


class GovernanceExchange(Model):
    """A connector that was submitted, and its page over all rounds."""

    name: str
    kind: str
    page: str


class Governance(Model):
    """`governance.json`, rounds with the newest vote first."""

    schema_: Literal["connector-harness/governance/v1"] = Field(
        default="connector-harness/governance/v1", alias="schema"
    )
    site: str
    feed: str
    rounds: tuple[GovernanceRound, ...]
    exchanges: tuple[GovernanceExchange, ...]


def governance(base: str, rounds: Sequence[PublishedRound], found: Sequence[Exchange]) -> Governance:
    return Governance(
        site=f"{base}/index.html",
        feed=f"{base}/feed.json",
        rounds=tuple(_round(base, each) for each in rounds),
        exchanges=tuple(
            GovernanceExchange(name=each.name, kind=each.kind, page=f"{base}/{each.path}/index.html")
            for each in found
        ),
    )


def _round(base: str, round_: PublishedRound) -> GovernanceRound:
    about, address = round_.overview.round, f"{base}/{round_.path}"
    return GovernanceRound(
        id=about.id,
        title=about.title,
        release=about.release,
        submissions_close=about.submissions_close,
        voting=about.voting,
        page=f"{address}/index.html",
        matrix=f"{address}/matrix.html",
        candidates=tuple(_candidate(address, *each) for each in round_.entries),
        result=round_.overview.result,
    )


def _candidate(address: str, entry: Entry, report: CandidateReport) -> GovernanceCandidate:
    row = report.candidate
    return GovernanceCandidate(
        name=entry.name,
        connectors=row.connectors,
        kind=row.kind,
        repository=entry.repository,
        commit=entry.commit,
        contact=row.contact,
        maintenance=row.maintenance,
        facts=report.facts,
        verdict=entry.verdict,
        by_waiver=entry.by_waiver,
        set_aside=entry.set_aside,
        reason=entry.reason,
        score=entry.score,
        page=f"{address}/{entry.page}",
        report=f"{address}/{entry.report}",
        badge=f"{address}/{entry.name}/badge.svg" if entry.verdict else None,
    )
