"""What a check found for a requirement, and what that rests on."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, field_validator

from harness.text import inert_json, storable


class Status(StrEnum):
    """The closed set of outcomes."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not_applicable"
    WAIVED = "waived"
    UNDETERMINED = "undetermined"
    HARNESS_ERROR = "harness_error"


class Severity(StrEnum):
    BLOCKER = "blocker"
    MAJOR = "major"
    MINOR = "minor"


class Lifecycle(StrEnum):
    """How long a requirement has been asked for, and whether it will be."""

    #: New: what is found is shown and counts for nothing, neither for the verdict nor for the score.
    EXPERIMENTAL = "experimental"
    STABLE = "stable"
    #: Counts as before, and is left out of a later catalogue.
    DEPRECATED = "deprecated"


class Basis(StrEnum):
    """Whether we saw it ourselves or the fork says so."""

    OBSERVED = "observed"
    CLAIMED = "claimed"


class EvidenceKind(StrEnum):
    FILE = "file"
    GIT = "git"
    WIRE = "wire"
    LEDGER = "ledger"
    EVENT = "event"
    LOG = "log"
    MEASUREMENT = "measurement"
    NOTE = "note"


# In characters, or pieces. What a fork says may be as long as it likes, so that is cut before it is stored.
MAX_TEXT = 4000
MAX_SUMMARY = 2000
MAX_PLACE = 1000
MAX_DATUM = 1000
MAX_NESTED = 300  # of JSON; more could be nested deeper than pydantic reads again
MAX_DATA = 30
MAX_SERIES = 200
MAX_EVIDENCE = 100
MAX_LEANED_ON = 1000


class Evidence(BaseModel):
    """One thing an outcome rests on.

    `text` may hold words of the fork's: every report escapes it. `data` is small structured detail (a wire
    exchange's method, host, path, status; a ledger row; an event), never the whole record. All of it is cut
    to a length, and to what UTF-8 can hold. `at`, in virtual seconds, places it on its outcome's time line.
    `series` are values at even distances, for a small chart.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    basis: Basis
    kind: EvidenceKind
    text: str
    file: str | None = None
    line: int | None = None
    at: float | None = None
    series: tuple[float, ...] = ()
    data: dict[str, JsonValue] = Field(default_factory=dict)

    @field_validator("text")
    @classmethod
    def _cut_text(cls, text: str) -> str:
        return storable(text, MAX_TEXT)

    @field_validator("file")
    @classmethod
    def _cut_place(cls, file: str | None) -> str | None:
        return file and storable(file, MAX_PLACE)

    @field_validator("at")
    @classmethod
    def _keep_time(cls, at: float | None) -> float | None:
        return round(at, 3) if at is not None and math.isfinite(at) else None

    @field_validator("series")
    @classmethod
    def _cut_series(cls, series: tuple[float, ...]) -> tuple[float, ...]:
        return tuple(round(value, 3) if math.isfinite(value) else 0.0 for value in series[:MAX_SERIES])

    @field_validator("data")
    @classmethod
    def _cut_data(cls, data: dict[str, JsonValue]) -> dict[str, JsonValue]:
        return {storable(name, MAX_DATUM): _datum(data[name]) for name in list(data)[:MAX_DATA]}

    @property
    def place(self) -> str | None:
        """`file:line` where there is one."""
        if self.file is None:
            return None
        return self.file if self.line is None else f"{self.file}:{self.line}"

    @property
    def when(self) -> str | None:
        """`+0.42 s` where there is a time."""
        return None if self.at is None else f"{self.at:+.2f} s"


def _datum(value: JsonValue) -> JsonValue:
    """A value as it is, or where JSON or UTF-8 cannot hold it, or it is long, the beginning of it as text."""
    try:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, allow_nan=False)
    except ValueError:  # infinite, or an integer of thousands of digits
        return "no number that can be stored"
    kept = storable(text, MAX_DATUM)
    nested_far = isinstance(value, (list, dict)) and len(text) > MAX_NESTED
    return kept if nested_far or kept != text else value


class Leaning(BaseModel):
    """What an undetermined outcome would be, if the exchange is as the fork describes it.

    `fields` are those that only the fork vouches for: `routes / GET /v1/fills / reply / px`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    status: Literal[Status.PASSED, Status.FAILED]
    fields: tuple[str, ...]

    @field_validator("fields")
    @classmethod
    def _cut_fields(cls, fields: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(storable(each, MAX_PLACE) for each in fields[:MAX_LEANED_ON])


class Outcome(BaseModel):
    """One check's finding for one requirement; a line of `outcomes.jsonl`.

    `traces` are the files, in the candidate's folder of traces, that it rests on. Evidence past the first
    hundred pieces is left out, and a last piece says how much.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    requirement: str
    status: Status
    severity: Severity
    lifecycle: Lifecycle = Lifecycle.STABLE
    subject: str
    summary: str
    evidence: tuple[Evidence, ...] = ()
    traces: tuple[str, ...] = ()
    leaning: Leaning | None = None
    check: str
    seconds: float = Field(default=0.0, ge=0)

    @property
    def counts(self) -> bool:
        """Whether the verdict and the score may depend on it."""
        return self.lifecycle is not Lifecycle.EXPERIMENTAL

    @field_validator("summary")
    @classmethod
    def _cut_summary(cls, summary: str) -> str:
        return storable(summary, MAX_SUMMARY)

    @field_validator("evidence")
    @classmethod
    def _cut_evidence(cls, evidence: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
        left_out = len(evidence) - MAX_EVIDENCE
        if left_out <= 1:  # one more may be the piece that says so
            return evidence
        note = f"{left_out} more pieces of evidence were left out."
        return (
            *evidence[:MAX_EVIDENCE],
            Evidence(basis=Basis.OBSERVED, kind=EvidenceKind.NOTE, text=note),
        )


class OutcomeLog:
    """Append-only `outcomes.jsonl`: a first line that says what was screened, then an outcome a line.

    A harness that was killed in mid-write leaves at most one torn last line; reading drops it and the next
    append starts on a line of its own, so no finished outcome is lost.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def begin(self, header: dict[str, JsonValue], *, afresh: bool = False) -> bool:
        """Start or resume; true when the log already belongs to the same `header`.

        A log of another commit, catalogue or seed is never mixed in: it is kept as `<name>.old` and comes
        back when its header does, say after a repository could not be read for a day. `afresh` sets aside
        any.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if not afresh:
            if not self._belongs_to(header) and OutcomeLog(self._old)._belongs_to(header):
                self._swap()
            if self._belongs_to(header):
                self._rewrite(self._complete_lines())
                return True
        if self.path.exists():
            self.path.replace(self._old)
        self._rewrite([inert_json(json.dumps({"header": header}, sort_keys=True))])
        return False

    @property
    def _old(self) -> Path:
        return self.path.with_suffix(self.path.suffix + ".old")

    def _belongs_to(self, header: dict[str, JsonValue]) -> bool:
        lines = self._complete_lines()
        return bool(lines) and _is_header(lines[0], header)

    def _swap(self) -> None:
        """What was set aside becomes the log again, and the log is set aside; each is whole at any moment."""
        aside = self.path.with_suffix(".aside")
        if self.path.exists():
            self.path.replace(aside)
        self._old.replace(self.path)
        if aside.exists():
            aside.replace(self._old)

    def append(self, outcomes: Iterable[Outcome]) -> None:
        text = "".join(inert_json(outcome.model_dump_json()) + "\n" for outcome in outcomes)
        with self.path.open("a", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())

    def header(self) -> dict[str, JsonValue]:
        lines = self._complete_lines()
        if not lines:
            return {}
        header: dict[str, JsonValue] = json.loads(lines[0]).get("header", {})
        return header

    def outcomes(self) -> tuple[Outcome, ...]:
        """What stands: where a check was run again for a requirement, only its last word."""
        latest: dict[tuple[str, str], Outcome] = {}
        for outcome in self._parse(self._complete_lines()[1:]):
            latest[outcome.requirement, outcome.check] = outcome
        return tuple(latest.values())

    def _parse(self, lines: Iterable[str]) -> Iterator[Outcome]:
        for line in lines:
            try:
                yield Outcome.model_validate_json(line)
            except ValidationError:
                continue

    def _complete_lines(self) -> list[str]:
        try:
            text = self.path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return []
        return text.split("\n")[:-1]

    def _rewrite(self, lines: list[str]) -> None:
        temporary = self.path.with_suffix(".partial")
        temporary.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
        temporary.replace(self.path)


def _is_header(line: str, header: dict[str, JsonValue]) -> bool:
    try:
        return bool(json.loads(line) == {"header": header})
    except json.JSONDecodeError:
        return False
