"""The catalogue of what exchanges do that a connector has to bear: `checks/behaviours.yml`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from harness.errors import OurFailure
from harness.requirement import RECORDS, Slug

BEHAVIOURS = RECORDS.parent / "behaviours.yml"
Address = Annotated[str, StringConstraints(pattern=r"^https://[^\s]+$", max_length=300)]
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Group(StrEnum):
    """What a behaviour is about, in the order of the page."""

    ENDS = "ends"
    FEES = "fees"
    MARKETS = "markets"
    BALANCES = "balances"
    NUMBERS = "numbers"
    ERRORS = "errors"
    STREAMS = "streams"
    TIME = "time"
    ACCOUNT = "account"
    PERPETUALS = "perpetuals"


class Behaviour(BaseModel):
    """Something that an exchange does.

    `at` are the operations and messages in which it shows. `by` are the exchanges that can play it: names of
    dialects and descriptions, `all`, `spot` or `perpetual`; `means` are the venue's methods and the
    gateway's faults that do. It is played in `scenarios` (names of fixtures), judged by `requirements`, and
    `planted` are the defects of the zoo that prove it. `unplayed` says why nobody plays it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Slug
    group: Group
    does: str
    at: tuple[str, ...] = Field(min_length=1)
    sources: tuple[Address, ...] = Field(min_length=1)
    by: tuple[str, ...] = ()
    means: tuple[str, ...] = ()
    scenarios: tuple[str, ...] = ()
    requirements: tuple[Slug, ...] = ()
    planted: tuple[Slug, ...] = ()
    unplayed: str = ""

    @model_validator(mode="after")
    def _played_or_told_why_not(self) -> Self:
        """Whoever can play it does, in a scenario that a requirement judges; else it says why nobody can."""
        played = bool(self.scenarios)
        if bool(self.by) is not played:
            raise ValueError("name both who can play it and the scenarios that do, or neither")
        if played is not bool(self.requirements):
            raise ValueError("what is played is judged by a requirement, and nothing else is")
        if played is bool(self.unplayed):
            raise ValueError("say why it is not played, where it is not, and only there")
        if not played and (self.means or self.planted):
            raise ValueError("what is not played has neither means nor planted defects")
        return self

    @property
    def played(self) -> bool:
        return bool(self.scenarios)


@dataclass(frozen=True)
class Behaviours:
    """All behaviours, in the order of the groups."""

    behaviours: tuple[Behaviour, ...]

    def of(self, group: Group) -> tuple[Behaviour, ...]:
        return tuple(each for each in self.behaviours if each.group is group)

    @property
    def played(self) -> tuple[Behaviour, ...]:
        return tuple(each for each in self.behaviours if each.played)

    @classmethod
    @cache
    def load(cls, path: Path = BEHAVIOURS) -> Behaviours:
        """Raises OurFailure naming the record that is wrong."""
        records = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - safe ones only
        found = [_behaviour(record, path) for record in records]
        twice = {each.id for each in found if sum(other.id == each.id for other in found) > 1}
        if twice:
            raise OurFailure(f"behaviours with the same id: {', '.join(sorted(twice))}", where=str(path))
        return cls(tuple(sorted(found, key=lambda each: list(Group).index(each.group))))


def _behaviour(record: object, path: Path) -> Behaviour:
    try:
        return Behaviour.model_validate(record)
    except ValidationError as error:
        name = record.get("id", "?") if isinstance(record, dict) else "?"
        raise OurFailure(f"behaviour {name}: {error}", where=str(path)) from error
