"""What a fork's order book tests parse, noted as they run in the sandbox."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from harness.frameworks.runtime import TREE, Runtime, our_program
from harness.sandbox.protocol import Backend, Limits

LIMITS = Limits(memory_bytes=2 << 30, cpu_seconds=60, wall_seconds=240, output_bytes=16 << 20)


class Made(BaseModel):
    """What the connector made of a message: `content` is an OrderBookMessage's."""

    model_config = ConfigDict(frozen=True)

    type: str
    at: float | str | None
    content: dict[str, JsonValue]


class Note(BaseModel):
    """A raw message or reply, and what it became."""

    model_config = ConfigDict(frozen=True)

    kind: str
    raw: JsonValue
    made: tuple[Made, ...]


class _Said(BaseModel):
    nonce: str
    notes: tuple[Note, ...]


def watch(
    backend: Backend, runtime: Runtime, tests: Sequence[str], limits: Limits = LIMITS
) -> tuple[Note, ...]:
    """Run these tests (paths in the tree) and note what they parse. Raises SandboxFailure only."""
    if not tests:
        return ()
    nonce = secrets.token_hex(16)
    order = json.dumps({"tree": TREE, "tests": list(tests), "nonce": nonce})
    done = backend.run(our_program(runtime, "books", order, limits))
    answers = [line for line in done.stdout.splitlines() if nonce.encode() in line[:200]]
    try:
        said = _Said.model_validate_json(answers[0]) if len(answers) == 1 else None
    except ValidationError:
        return ()
    return said.notes if said is not None and said.nonce == nonce else ()
