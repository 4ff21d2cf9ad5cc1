"""What a round's row says of a field that a connector asks for: its meaning, its shape, or a value."""

from __future__ import annotations

from dataclasses import dataclass

from harness.credentials.meanings import Meaning
from harness.credentials.shapes import Shape


@dataclass(frozen=True)
class Literal:
    """A value that is no secret: a sub-domain, an account type."""

    value: str


Stated = Meaning | Shape | Literal


def stated(text: str) -> Stated:
    """`key`, `hex-32` or `=value`; raises ValueError for anything else."""
    if text.startswith("="):
        return Literal(text[1:])
    for kind in (Meaning, Shape):
        if text in [str(each) for each in kind]:
            return kind(text)
    raise ValueError(text)
