"""Which of some demands have to give way so that the rest can be met."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from pydantic import BaseModel, ConfigDict

from harness.frameworks.declaration import name_of

Resolves = Callable[[Sequence[str]], bool]


class Relaxation(BaseModel):
    """A declared package that the environment has not, or not as declared: `instead` is what was asked for.

    None: nothing, it is left out.
    """

    model_config = ConfigDict(frozen=True)

    declared: str
    instead: str | None
    why: str = ""

    def __str__(self) -> str:
        done = f"{self.instead} instead of {self.declared}" if self.instead else f"without {self.declared}"
        return f"{done} ({self.why})" if self.why else done


def relaxed(demands: Sequence[str], resolves: Resolves) -> tuple[tuple[str, ...], tuple[Relaxation, ...]]:
    """Demands that resolve together, and what gave way.

    Earlier demands go before later ones. Of one that contradicts those before it an exact version becomes the
    oldest allowed, then any will do; only one that cannot be had in any version is left out. No demand gives
    way that could stand beside the rest, so the relaxation is minimal. Takes some `k · log n` questions where
    `k` give way.
    """
    kept: list[str] = []
    gone: list[Relaxation] = []

    def add(block: Sequence[str]) -> None:
        if not block or resolves([*kept, *block]):
            kept.extend(block)
        elif len(block) > 1:
            add(block[: len(block) // 2])
            add(block[len(block) // 2 :])
        else:
            give_way(block[0])

    def give_way(demand: str) -> None:
        less = next((each for each in _lesser(demand) if resolves([*kept, each])), None)
        gone.append(Relaxation(declared=demand, instead=less))
        kept.extend([less] if less else [])

    add(demands)
    return tuple(kept), tuple(gone)


def _lesser(demand: str) -> Iterator[str]:
    name = name_of(demand)
    if exact := re.fullmatch(r"[\w.-]+\s*==\s*([\w.!+]+?)(?:\.\*)?", demand):
        yield f"{name}>={exact[1]}"
    if name != demand:
        yield name
