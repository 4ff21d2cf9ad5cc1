"""What a fork's tests say of its exchange, asked in the sandbox through upstream's test kit: a claim."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from harness.describing.documents.sentinels import SETS, Sentinels
from harness.frameworks.runtime import TREE, Runtime, our_program
from harness.sandbox.protocol import Backend, Limits

LIMITS = Limits(memory_bytes=2 << 30, cpu_seconds=60, wall_seconds=240, output_bytes=16 << 20)
MAX_DETAIL = 2000


class Sample(BaseModel):
    """A member's answers to the same question, for one set of sentinels and one order (or none)."""

    model_config = ConfigDict(frozen=True)

    member: str
    set: str
    side: str
    type: str
    answers: tuple[JsonValue, ...]

    @property
    def steady(self) -> bool:
        """Whether it answered the same both times."""
        return all(answer == self.answers[0] for answer in self.answers)


class Reading(BaseModel):
    """What became of the connector's reading when one leaf of a reply was changed to `to`.

    `moved` has what the attribute was before and what it was then. With no `path` it is the reply as it was,
    and `after` what was read.
    """

    model_config = ConfigDict(frozen=True)

    member: str
    reply: int
    path: tuple[str | int, ...] | None
    to: JsonValue = None
    moved: dict[str, tuple[JsonValue, JsonValue]] = {}
    after: dict[str, JsonValue] = {}


class Problem(BaseModel):
    """A member that could not be asked, and why."""

    model_config = ConfigDict(frozen=True)

    member: str
    problem: str


class Harvest(BaseModel):
    """What the tests said. `missing` are members of the kit that they lack; `detail` is what went wrong."""

    model_config = ConfigDict(frozen=True)

    kit: bool = False
    samples: tuple[Sample, ...] = ()
    readings: tuple[Reading, ...] = ()
    problems: tuple[Problem, ...] = ()
    missing: tuple[str, ...] = ()
    detail: str = ""

    def of(self, member: str) -> tuple[Sample, ...]:
        return tuple(sample for sample in self.samples if sample.member == member)


class _Failure(BaseModel):
    nonce: str
    failure: dict[str, str]


class _Said(Harvest):
    nonce: str


def harvest(
    backend: Backend,
    runtime: Runtime,
    module: str,
    sets: Sequence[Sentinels] = SETS,
    perpetual: bool = False,
    limits: Limits = LIMITS,
) -> Harvest:
    """Ask the test class in `module` (a dotted name in the tree). Raises SandboxFailure only."""
    nonce = secrets.token_hex(16)
    order: dict[str, Any] = {"tree": TREE, "module": module, "nonce": nonce, "sets": []}
    for index, each in enumerate(sets):
        funding = {"next_funding": each.next_funding, "paid_at": each.paid_at}
        order["sets"].append({**asdict(each), **funding, "perpetual": perpetual, "read": index == 0})
    done = backend.run(our_program(runtime, "kit", json.dumps(order), limits))
    answers = [line for line in done.stdout.splitlines() if nonce.encode() in line[:200]]
    words = done.stderr.decode("utf-8", "replace")[-MAX_DETAIL:]
    if len(answers) != 1:
        how = f"exit code {done.exit.code}" if done.exit.code is not None else done.exit.reason
        return Harvest(detail=f"the tests could not be asked: {how} {done.exit.detail}\n{words}")
    return _parsed(answers[0], nonce)


def _parsed(line: bytes, nonce: str) -> Harvest:
    try:
        failed = _Failure.model_validate_json(line)
        return Harvest(detail=f"{failed.failure.get('message', '')}\n{failed.failure.get('trace', '')}")
    except ValidationError:
        pass
    try:
        said = _Said.model_validate_json(line)
    except ValidationError as error:
        return Harvest(detail=f"the tests' answer has another shape: {str(error)[:MAX_DETAIL]}")
    if said.nonce != nonce:
        return Harvest(detail="somebody else answered in the tests' name")
    return said
