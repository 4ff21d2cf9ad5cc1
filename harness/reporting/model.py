"""What is published, as types: `report.json` and `round.json`.

The field names are a promise to other programs. A change that breaks a reader raises the number in the
schema's name; adding a field does not.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import ConfigDict, Field

from harness.grading import Verdict
from harness.outcome import Outcome, Severity, Status
from harness.requirement import Impact
from harness.screenings.run import ExchangeFacts, InstalledInfo, Model, ReviewInfo, WaiverInfo


class ScoreInfo(Model):
    """0–100. `low` counts the undecided as failed, `high` as passed; `value` is null with none decided."""

    value: float | None
    low: float
    high: float
    decided: int
    total: int


class ExchangeInfo(Model):
    hosts: tuple[str, ...]
    dialect: str | None
    ccxt: str | None
    mode: str


class CandidateInfo(Model):
    """The row of `candidates.yml`, as it was when the round was screened."""

    name: str
    repository: str | None
    ref: str
    connectors: tuple[str, ...]
    kind: str
    contact: str | None
    maintenance: str | None
    exchange: ExchangeInfo


class SubmissionInfo(Model):
    """The commit that was screened. With no commit every field is null or empty and `missing` says why.

    `changed_outside` lists what the diff touches beside the connector's own folder and its tests' folder;
    whether that is too much is for the checks to say. It and `conflicts` hold the first thousand paths;
    `outside_count` and `conflict_count` say how many there are.
    """

    missing: str | None = None
    commit: str | None = None
    committed_at: datetime | None = None
    author: str | None = None
    newest_commit: str | None = None
    commits_after_deadline: int | None = None
    pinned_by: str | None = None
    upstream_commit: str | None = None
    merge_base: str | None = None
    merge_base_at: datetime | None = None
    behind: int | None = None
    generation: str | None = None
    added: tuple[str, ...] | None = None
    changed: int | None = None
    changed_outside: tuple[str, ...] | None = None
    outside_count: int | None = None
    merge: Literal["clean", "conflicts", "unknown"] | None = None
    merge_reason: str | None = None
    conflicts: tuple[str, ...] | None = None
    conflict_count: int | None = None


class SetAside(WaiverInfo):
    """A blocking requirement that is not known to be met and that a maintainer's waiver sets aside."""

    title: str
    found: Status


class Finding(Outcome):
    """An outcome with its requirement's words beside it: null for an id that the catalogue does not have.

    `found` is the status that a waived one had without its waiver. `reviewed` says who decided it, where a
    person did.
    """

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    title: str | None = None
    why: str | None = None
    fix: str | None = None
    impact: Impact | None = None
    waiver: WaiverInfo | None = None
    found: Status | None = None
    reviewed: ReviewInfo | None = None


class Environment(Model):
    """What did the screening; null where that part was never reached."""

    harness: str | None
    catalogue: str | None
    backend: str | None
    framework: str | None
    python: str | None
    installed: InstalledInfo | None = None
    time_scale: float | None
    seed: int | None
    started_at: datetime | None
    finished_at: datetime | None


class CandidateReport(Model):
    """`report.json`. `without_waivers` is null where nothing was waived.

    `verdict` and `score` are null for one that was not screened, or with some of the checks only: `reason`
    says which. `facts` is what the connector's code says of its exchange.
    `upstream` is what it was compared with, as `--upstream` takes it.
    `set_aside` are the blocking requirements that are not known to be met and that a waiver keeps from
    counting: who is eligible with some may be voted on *by waiver*.
    """

    schema_: Literal["connector-harness/report/v1"] = Field(
        default="connector-harness/report/v1", alias="schema"
    )
    round: str
    catalogue: str
    upstream: str | None = None
    candidate: CandidateInfo
    submission: SubmissionInfo
    facts: ExchangeFacts | None = None
    verdict: Verdict | None
    reason: str
    score: ScoreInfo | None
    without_waivers: ScoreInfo | None = None
    set_aside: tuple[SetAside, ...] = ()
    outcomes: tuple[Finding, ...]
    environment: Environment
    timings: dict[str, float]
    notes: tuple[str, ...] = ()

    @property
    def by_waiver(self) -> bool:
        """Whether it may be voted on only because a maintainer set something aside."""
        return self.verdict is Verdict.ELIGIBLE and bool(self.set_aside)

    @property
    def connectors(self) -> tuple[str, ...]:
        """`kind/name` of what the diff adds, or of what the candidate announced where it adds nothing."""
        announced = tuple(f"{self.candidate.kind}/{name}" for name in self.candidate.connectors)
        return self.submission.added or announced

    @property
    def counted(self) -> tuple[Finding, ...]:
        """Those that the verdict and the score depend on."""
        return tuple(item for item in self.outcomes if item.counts)

    @property
    def experimental(self) -> tuple[Finding, ...]:
        """Those that are shown and cost nothing, of whatever status."""
        return tuple(item for item in self.outcomes if not item.counts)

    def with_status(self, *statuses: Status) -> tuple[Finding, ...]:
        """Of those that count."""
        return tuple(item for item in self.counted if item.status in statuses)

    def failed(self, severity: Severity) -> tuple[Finding, ...]:
        return tuple(item for item in self.with_status(Status.FAILED) if item.severity is severity)


class VotingInfo(Model):
    """Both days count."""

    opens: date
    closes: date
    channel: str
    rule: Literal["plurality", "approval", "ranked"] = "plurality"


class RoundInfo(Model):
    id: str
    title: str
    release: str
    submissions_close: datetime
    voting: VotingInfo
    upstream: str


class Counts(Model):
    """How many requirements that count ended so. `blocker`, `major` and `minor` are those that failed."""

    blocker: int
    major: int
    minor: int
    undecided: int
    waived: int
    passed: int


class Entry(Model):
    """One candidate in `round.json`. `report` and `page` are relative to the round's folder.

    `verdict` and `score` are null for one that was not screened, or with some of the checks only.
    """

    name: str
    connector: str
    repository: str | None
    commit: str | None
    committed_at: datetime | None
    commits_after_deadline: int | None
    verdict: Verdict | None
    reason: str
    score: ScoreInfo | None
    counts: Counts
    blockers: tuple[str, ...]  # titles of the failed blockers
    without_waivers: ScoreInfo | None = None
    set_aside: tuple[SetAside, ...] = ()
    report: str
    page: str

    @property
    def by_waiver(self) -> bool:
        """Whether it may be voted on only because a maintainer set something aside."""
        return self.verdict is Verdict.ELIGIBLE and bool(self.set_aside)


class Counted(Model):
    """One candidate's votes; of a ranked vote its first choices. `verdict` is that of the day of counting."""

    name: str
    votes: float
    verdict: Verdict | None
    by_waiver: bool = False
    page: str


class Result(Model):
    """`result.json`: how a round was decided. More than one winner is a tie, none means that nobody voted.

    `votes` are all that were cast for candidates, `void` those for candidates that may not be voted on; they
    decide nothing. `counts` are the counts of a ranked vote, in order.
    """

    schema_: Literal["connector-harness/result/v1"] = Field(
        default="connector-harness/result/v1", alias="schema"
    )
    round: str
    rule: Literal["plurality", "approval", "ranked"]
    source: str
    votes: float
    candidates: tuple[Counted, ...]
    winners: tuple[str, ...]
    tie: bool
    void: tuple[Counted, ...] = ()
    counts: tuple[dict[str, float], ...] = ()


class RoundReport(Model):
    """`round.json`, candidates in the order of `candidates.yml`; `result` once the votes are counted."""

    schema_: Literal["connector-harness/round/v1"] = Field(
        default="connector-harness/round/v1", alias="schema"
    )
    round: RoundInfo
    catalogue: str
    candidates: tuple[Entry, ...]
    result: Result | None = None

    @property
    def by_waiver(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.candidates if entry.by_waiver)

    def with_verdict(self, verdict: Verdict | None) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.candidates if entry.verdict is verdict)
