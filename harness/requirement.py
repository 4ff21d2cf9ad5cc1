"""The catalogue: every published demand as a record with an id and its source."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from harness.errors import OurFailure
from harness.outcome import Lifecycle, Severity

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Profile = Literal["v2-spot", "v2-perpetual", "v1-spot", "v1-perpetual", "v0"]

# The same language as SafeLoader's, ten times as fast where libyaml is there.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

RECORDS = Path(__file__).resolve().parent.parent / "checks" / "requirements"


class Source(BaseModel):
    """Where a demand was published: a document, the version read, and the lines."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    doc: str
    at: str
    lines: str | None = None


class Impact(StrEnum):
    """What it means for the money of whoever trades with a connector that does not meet a requirement."""

    MONEY = "money"
    TRADING = "trading"
    INCONVENIENCE = "inconvenience"
    DEVELOPERS = "developers"


class Rests(StrEnum):
    """How much a pass owes to the connector's own process."""

    #: The wire, the venue's books or what was built decide; no word of the connector's is needed.
    OBSERVED = "observed"
    #: It has to claim what the books say, and could know that only by doing the work, which was seen.
    COMPARED = "compared"
    #: Its process says so. Never enough for a blocker.
    CLAIMED = "claimed"


class RestsOn(BaseModel):
    """What a pass rests on, where the connector is run to check it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Rests
    what: str


class Requirement(BaseModel):
    """One published demand. `conflicts` says where published documents disagree about it.

    `leans_on` are the facts of the exchange (`fill.price` …) on which its checks hang. Most hang on none: a
    fill that is lost is lost, whatever its fields are called. `rehearsed` are the steps that a
    rehearsal on a derived exchange must have shown before a failure counts there. One that is not `waivable`
    keeps users' money or the result itself safe: no maintainer can set it aside. `rests_on` is None for what
    is read from files and git objects: all of that is observed. `specimens` are bad connectors that its
    checks are seen to find: defects planted in merged ones, connectors spoilt on purpose, `NAME as merged`,
    or a test as `PATH::NAME`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Slug
    title: str
    severity: Severity
    impact: Impact
    lifecycle: Lifecycle = Lifecycle.STABLE
    subject: Slug
    profiles: tuple[Profile, ...] = Field(min_length=1)
    sources: tuple[Source, ...] = Field(min_length=1)
    why: str
    fix: str
    earlier_fix: str | None = Field(
        default=None, description="the same where today's base classes are not there yet: profiles v0 and v1"
    )
    automated: bool = True
    waivable: bool = True
    conflicts: tuple[str, ...] = ()
    leans_on: tuple[str, ...] = Field(
        default=(), description="facts of the exchange that its outcome hangs on, as `object.fact`"
    )
    rehearsed: tuple[Literal["followed", "streamed", "ended", "looked up"], ...] = Field(
        default=(),
        description="what a rehearsal must have shown first on a derived exchange",
    )
    rests_on: RestsOn | None = None
    specimens: tuple[str, ...] = Field(
        default=(), description="bad connectors that its checks are seen to find"
    )

    @model_validator(mode="after")
    def _no_claim_passes_a_blocker(self) -> Self:
        claimed = self.rests_on is not None and self.rests_on.kind is Rests.CLAIMED
        if claimed and self.severity is Severity.BLOCKER:
            raise ValueError("a blocker cannot rest on what the connector claims")
        return self

    def fix_for(self, profile: Profile) -> str:
        """What to do, in words of the profile's generation."""
        return self.fix if self.earlier_fix is None or profile.startswith("v2") else self.earlier_fix


@dataclass(frozen=True)
class Catalogue:
    """All requirements in the order of their files, subjects together."""

    requirements: tuple[Requirement, ...]

    @cached_property
    def by_id(self) -> dict[str, Requirement]:
        return {requirement.id: requirement for requirement in self.requirements}

    @cached_property
    def version(self) -> str:
        """A digest of what is demanded: two reports with the same version asked for the same things."""
        text = "\n".join(
            requirement.model_dump_json(exclude={"specimens"}) for requirement in self.requirements
        )
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def __iter__(self) -> Iterator[Requirement]:
        return iter(self.requirements)

    def __getitem__(self, requirement_id: str) -> Requirement:
        return self.by_id[requirement_id]

    def for_profile(self, profile: Profile) -> tuple[Requirement, ...]:
        return tuple(item for item in self.requirements if profile in item.profiles)

    @classmethod
    @cache
    def load(cls, folder: Path = RECORDS) -> Catalogue:
        """Read every `*.yml` in `folder`; raises OurFailure naming the file and record that is wrong."""
        found: list[Requirement] = []
        for path in sorted(folder.glob("*.yml")):
            found.extend(_records(path))
        duplicates = {item.id for item in found if sum(other.id == item.id for other in found) > 1}
        if duplicates:
            raise OurFailure(
                f"requirement ids used twice: {', '.join(sorted(duplicates))}", where=str(folder)
            )
        return cls(tuple(found))


def _records(path: Path) -> Iterator[Requirement]:
    for record in yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER):  # noqa: S506 - safe ones only
        try:
            yield Requirement.model_validate(record)
        except ValidationError as error:
            name = record.get("id", "?") if isinstance(record, dict) else "?"
            raise OurFailure(f"record {name}: {error}", where=str(path)) from error
