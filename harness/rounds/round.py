"""A round as it stands in `candidates.yml`, and its JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    model_validator,
)

from harness.credentials.stated import Stated, stated
from harness.errors import UserError
from harness.rounds.fields import (
    CcxtId,
    ConnectorName,
    Credential,
    Day,
    FilePath,
    FolderName,
    Host,
    Instant,
    Line,
    Mode,
    Ref,
    RepositoryAddress,
    Slug,
    shown,
    wrong,
)
from harness.rounds.mistakes import (
    did_you_mean,
)


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Voting(_Model):
    """When and where votes are cast; both days count."""

    opens: Day = Field(description="First day of voting.", examples=["2020-08-24"])
    closes: Day = Field(description="Last day of voting.", examples=["2020-09-10"])
    channel: Line = Field(description="Where the vote is held.", examples=["#governance"])
    rule: Literal["plurality", "approval", "ranked"] = Field(
        default="plurality",
        description="How it is decided: one vote each, several votes each, or a ranking.",
    )

    @model_validator(mode="after")
    def _in_order(self) -> Voting:
        if self.closes < self.opens:
            raise wrong(
                "voting closes before it opens", "swap `opens` and `closes`, or correct one", "closes"
            )
        return self


class GitUpstream(_Model):
    """The framework as a git repository."""

    git: RepositoryAddress = Field(
        description="Address.", examples=["https://github.com/hummingbot/hummingbot"]
    )
    ref: Ref = Field(
        description="Branch, tag or commit that submissions should merge into.", examples=["master"]
    )


class PypiUpstream(_Model):
    """The framework as a released package."""

    pypi: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$")] = Field(
        description="Name of the package.", examples=["hummingbot"]
    )
    version: Annotated[str, StringConstraints(pattern=r"^[0-9][0-9A-Za-z.!+_-]*$")] = Field(
        description="Exact version.", examples=["20260922"]
    )


def kind_of_upstream(value: object) -> str:
    if isinstance(value, Mapping):
        return "pypi" if "pypi" in value and "git" not in value else "git"
    return "pypi" if isinstance(value, PypiUpstream) else "git"


Upstream = Annotated[
    Annotated[GitUpstream, Tag("git")] | Annotated[PypiUpstream, Tag("pypi")],
    Discriminator(kind_of_upstream),
]


class Exchange(_Model):
    """How the connector's exchange is reached."""

    hosts: tuple[Host, ...] = Field(
        description="Every host the connector may talk to. One that is not listed is a finding.",
        examples=[["api.example.com"]],
    )
    dialect: str | None = Field(
        default=None, description="Simulated exchange that speaks its wire format; null if none."
    )
    ccxt: CcxtId | None = Field(
        default=None,
        description="Its id in ccxt, the second opinion; null if ccxt lacks it. `NAME@RELEASE` has an "
        "earlier release read what is derived.",
        examples=["kraken", "bittrex@4.0.100"],
    )
    credentials: dict[str, Credential] = Field(
        default_factory=dict,
        description="What fields of the connector's configuration hold, by their names, where the harness "
        "cannot tell by itself: `key`, `secret`, `passphrase`, `address`, `account`, `mode`, a shape such as "
        "`hex-32` or `pem-ec`, or `=VALUE` for a fixed value. Never a real key: this file is public.",
        examples=[{"my_exchange_signer": "secret", "my_exchange_sub_domain": "=www"}],
    )
    mode: Mode = Field(
        default="simulate",
        description="What answers the connector: a simulated exchange; a recording of the real one "
        "(`replay`); or the real one (`live`, with `--live` alone), whose public market data are recorded "
        "and then replayed. The last two decide market data alone.",
    )
    recording: FilePath | None = Field(
        default=None, description="What `harness record` kept, where the mode is `replay`."
    )

    @model_validator(mode="after")
    def _recorded_or_not(self) -> Exchange:
        if self.mode == "replay" and self.recording is None:
            raise wrong("no recording to replay", "add `recording: FILE`, or write simulate", "mode")
        if self.mode != "replay" and self.recording is not None:
            raise wrong("a recording is given, but not replayed", "write `mode: replay`", "recording")
        return self

    @property
    def stated_credentials(self) -> dict[str, Stated]:
        """The same, read."""
        return {name: stated(text) for name, text in self.credentials.items()}


class Waiver(_Model):
    """A requirement set aside for one candidate: by whom, why and until when."""

    requirement: Slug = Field(
        description="Id, as `harness requirements` lists it.", examples=["usage-page-present"]
    )
    reason: Line = Field(
        description="Why, in words that voters read.", examples=["agreed in the developers' call"]
    )
    granted_by: Line = Field(
        description="Name of the maintainer, as the round's `maintainers` lists it.",
        examples=["A. Maintainer"],
    )
    until: Day = Field(description="Last day it holds.", examples=["2027-01-31"])


class Review(_Model):
    """What a person found of a requirement that no program decides, for one candidate."""

    requirement: Slug = Field(
        description="Id of one that a person decides, as `harness requirements` lists it.",
        examples=["custom-logic-commented"],
    )
    verdict: Literal["passed", "failed", "not_applicable"] = Field(
        description="Whether it is met, is not met, or does not apply.", examples=["passed"]
    )
    by: Line = Field(
        description="Name of the maintainer, as the round's `maintainers` lists it.",
        examples=["A. Maintainer"],
    )
    note: Line = Field(
        description="What was seen, in words that voters read.",
        examples=["the signing of order ids is explained in acme_auth.py"],
    )
    at: Day = Field(
        description="Day of the review. A commit of a later day has to be looked at again.",
        examples=["2027-01-16"],
    )


class Candidate(_Model):
    """One fork that wants to be voted on."""

    name: FolderName = Field(
        description="Short unique name; becomes a folder of reports.", examples=["my-exchange"]
    )
    repository: RepositoryAddress | None = Field(
        description="Address of the fork; null as long as none is known.",
        examples=["https://github.com/owner/hummingbot"],
    )
    ref: Ref = Field(default="master", description="Branch, tag or commit.")
    connectors: tuple[ConnectorName, ...] = Field(
        min_length=1, description="Names of the connector packages it adds.", examples=[["my_exchange"]]
    )
    kind: Literal["exchange", "derivative", "market"] = Field(
        description="Folder of the connector: exchange, derivative, or market (layout of 2020).",
        examples=["exchange"],
    )
    contact: Line | None = Field(
        default=None, description="Who answers questions, and where; null if not given."
    )
    maintenance: Line | None = Field(
        default=None, description="Who maintains it, and for how long; null if not given."
    )
    exchange: Exchange = Field(
        description="How the exchange is reached.", examples=[{"hosts": ["api.example.com"]}]
    )
    waivers: tuple[Waiver, ...] = Field(default=(), description="Requirements set aside for this candidate.")
    reviewed: tuple[Review, ...] = Field(
        default=(), description="What people found of requirements that no program decides."
    )

    @model_validator(mode="after")
    def _nothing_is_named_twice(self) -> Candidate:
        if (twice := _second(self.connectors)) is not None:
            raise wrong(
                f"{self.connectors[twice]} is listed twice", "remove one of them", "connectors", twice
            )
        if (twice := _second([each.requirement for each in self.reviewed])) is not None:
            what = f"{self.reviewed[twice].requirement} is already reviewed in this row"
            raise wrong(what, "keep one of the reviews", "reviewed", twice, "requirement")
        return self


def _second(items: Sequence[str]) -> int | None:
    """Where the first item stands that an earlier one repeats."""
    return next((number for number, item in enumerate(items) if item in items[:number]), None)


OWN_CHECK = "own-check"  # the id of the round that `harness check` makes up where it is given none


class Round(_Model):
    """One vote: what it feeds, its dates, what it builds on, and who takes part."""

    id: FolderName = Field(description="Short name; becomes the folder of its reports.", examples=["2020-08"])
    title: Line = Field(description="As voters read it.", examples=["Connector vote of August 2020"])
    release: Line = Field(description="The release it feeds.", examples=["v0.31.0"])
    submissions_close: Instant = Field(
        description="A commit made later does not count. An instant with a zone.",
        examples=["2020-08-19T23:59:59Z"],
    )
    voting: Voting = Field(
        description="When and where votes are cast.", examples=[{"channel": "#governance"}]
    )
    upstream: Upstream = Field(
        description="The framework that the forks come from.",
        examples=[{"git": "https://github.com/hummingbot/hummingbot", "ref": "master"}],
    )
    maintainers: tuple[Line, ...] = Field(
        default=(), description="Who may grant waivers and review, by name.", examples=[["A. Maintainer"]]
    )
    candidates: tuple[Candidate, ...] = Field(
        description="The forks, in the order of the report.", examples=[[]]
    )

    @model_validator(mode="after")
    def _closes_before_the_vote(self) -> Round:
        if self.submissions_close > datetime.combine(self.voting.opens, time(), UTC):
            fix = "correct `submissions_close`, or `voting.opens`: it opens at 00:00 UTC"
            raise wrong("submissions close after voting opens", fix, "submissions_close")
        return self

    @model_validator(mode="after")
    def _maintainers_waive_and_review(self) -> Round:
        for row, candidate in enumerate(self.candidates):
            granted = [(each.granted_by, "waivers", "granted_by") for each in candidate.waivers]
            answered = [(each.by, "reviewed", "by") for each in candidate.reviewed]
            for number, (name, listing, field) in (*enumerate(granted), *enumerate(answered)):
                if name in self.maintainers:
                    continue
                fix = did_you_mean(name, self.maintainers) or (
                    "name a maintainer of the round, or list him or her under `maintainers:`"
                )
                what = f"{shown(name)} is not among the round's maintainers"
                raise wrong(what, fix, "candidates", row, listing, number, field)
        return self

    @model_validator(mode="after")
    def _names_are_unique(self) -> Round:
        if (twice := _second([candidate.name for candidate in self.candidates])) is not None:
            what = f"{self.candidates[twice].name!r} is already the name of an earlier candidate"
            raise wrong(what, "give each candidate a name of its own", "candidates", twice, "name")
        return self

    @property
    def has_a_deadline(self) -> bool:
        """Not so in a developer's own check without a round: it counts from now."""
        return self.id != OWN_CHECK

    def candidate(self, name: str) -> Candidate:
        """By name; raises UserError with near names."""
        for candidate in self.candidates:
            if candidate.name == name:
                return candidate
        known = [candidate.name for candidate in self.candidates]
        hint = did_you_mean(name, known) or f"it has {', '.join(known) or 'none yet'}"
        raise UserError(f"round {self.id} has no candidate {name!r}", hint=hint)


def round_schema() -> dict[str, Any]:
    """The JSON Schema of a round file, for editors."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Connector vote round",
        **Round.model_json_schema(),
    }
