"""What one screening is given: the border between the harness's process and the one that runs the checks."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from harness.requirement import Profile
from harness.rounds.fields import Mode
from harness.sandbox import Choice

PACE = 12.0  # how fast the connector's time runs, where nobody says otherwise
CALM_PACE = 6.0


class LiveWay(BaseModel):
    """Through which proxy, trusting which certificates beside the system's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    proxy: str | None = None
    ca: Path | None = None


class Plan(BaseModel):
    """One candidate's screening. Everything in it is reproducible from the round, the seed and the cache."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    round_file: Path
    candidate: str
    connectors: tuple[str, ...]
    profile: Profile
    submission_file: Path
    outcomes_file: Path
    store: Path
    sandbox: Choice = "auto"
    seed: int = 0
    scale: float = PACE
    header: dict[str, JsonValue]
    mode: Mode = "simulate"
    live: LiveWay | None = Field(default=None, description="how a real exchange may be reached, if it may")
    descriptions: Path | None = Field(default=None, description="where reviews of derived descriptions lie")


def calm(scale: float) -> float:
    """The time scale of a second, careful try: a failure seen only in a hurry is not the fork's."""
    return min(scale, CALM_PACE)
