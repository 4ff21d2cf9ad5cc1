"""How a candidate was screened, as types: the stored `run.json`, and the waivers in force."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field


class Model(BaseModel):
    """Frozen, closed, and written under the names that the schemas publish."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", serialize_by_alias=True, json_schema_serialization_defaults_required=True
    )


class InstalledInfo(Model):
    """What the framework ran with: exact `packages`, as the index had them at `as_of` where that is known.

    `undated`: the index does not say when its files were uploaded, so it was asked as it is.

    `relaxations` are what upstream declares and is not there, or not so; `added` are the submission's own
    libraries, `unavailable` those of them that could not be had.
    """

    python: str
    as_of: datetime | None
    undated: bool = False
    packages: tuple[str, ...]
    relaxations: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    unavailable: tuple[str, ...] = ()


class ExchangeFacts(Model):
    """What the connector's code says of its exchange, read as text, and the exchange's site from ccxt.

    Fees are percent of the value; of several connectors the first that says it counts.
    """

    site: str | None = None
    example_pair: str | None = None
    order_types: tuple[str, ...] = ()
    maker_percent: str | None = None
    taker_percent: str | None = None


class RunInfo(Model):
    """`run.json`: how one candidate was screened. Times are real UTC instants, `timings` seconds by step."""

    started_at: datetime
    finished_at: datetime | None = None
    seed: int
    harness: str
    catalogue: str | None = None
    backend: str | None = None
    framework: str | None = None
    python: str | None = None
    installed: InstalledInfo | None = None
    time_scale: float | None = None
    selected: str | None = None  # the expression that chose some of the checks; None where all were run
    exchange: ExchangeFacts | None = None
    timings: dict[str, float] = Field(default_factory=dict)
    notes: tuple[str, ...] = ()
    no_submission: str | None = None  # why no commit could be pinned, in one sentence
    broken: str | None = None  # the failure of ours that ended it early, in one sentence


class ReviewInfo(Model):
    """Who decided a requirement that no program decides, and on which day."""

    by: str
    at: date


class WaiverInfo(Model):
    requirement: str
    reason: str
    granted_by: str
    until: date
