"""Which of some demands have to give way so that the rest can be met."""

from __future__ import annotations

from collections.abc import Callable, Sequence

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

    Earlier demands go before later ones. One that contradicts those before it loses its version; only one
    that cannot be had in any version is left out. No demand gives way that could stand beside the rest, so
    the relaxation is minimal. Takes some `k · log n` questions where `k` give way.
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
        name = name_of(demand)
        if name != demand and resolves([*kept, name]):
            kept.append(name)
            gone.append(Relaxation(declared=demand, instead=name))
        else:
            gone.append(Relaxation(declared=demand, instead=None))

    add(demands)
    return tuple(kept), tuple(gone)
