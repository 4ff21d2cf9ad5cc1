"""Which of some demands have to give way so that the rest can be met."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from pydantic import BaseModel, ConfigDict

from harness.frameworks.declaration import name_of

_WORD = re.compile(r"[A-Za-z0-9][\w.-]*")
_REQUIRED = re.compile(r"you require ([A-Za-z0-9][\w.-]*)")  # in uv's words

WhyNot = Callable[[Sequence[str]], str | None]
"""None where demands can be met together, else why not, in words that name those that are to blame."""


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


def relaxed(demands: Sequence[str], why_not: WhyNot) -> tuple[tuple[str, ...], tuple[Relaxation, ...]]:
    """Demands that resolve together, and what gave way.

    Earlier demands go before later ones. Of one that contradicts those before it an exact version becomes the
    oldest allowed, then any will do; only one that cannot be had in any version is left out. No demand gives
    way that could stand beside the rest, so the relaxation is minimal. Takes some four questions for each
    that gives way where the reasons name the right ones, some `log n` where they do not.
    """
    kept: list[str] = []
    gone: list[Relaxation] = []
    block = list(demands)
    while block:
        why = why_not([*kept, *block])
        if why is None:
            kept += block
            break
        here = _first_contradicting(kept, block, why, why_not)
        kept += block[:here]
        demand, block = block[here], block[here + 1 :]
        less = next((each for each in _lesser(demand) if why_not([*kept, each]) is None), None)
        gone.append(Relaxation(declared=demand, instead=less))
        kept += [less] if less else []
    return tuple(kept), tuple(gone)


def _first_contradicting(kept: Sequence[str], block: Sequence[str], why: str, why_not: WhyNot) -> int:
    """Where in `block` the first demand is that cannot stand beside `kept` and those before it."""
    low, high = 0, len(block)
    guess = _last_named(block, why)
    while high - low > 1:
        probe = next((each for each in (guess, guess + 1) if low < each < high), (low + high) // 2)
        found = why_not([*kept, *block[:probe]])
        if found is None:
            low = probe
        else:
            high, guess = probe, _last_named(block[:probe], found)
    return low


def _last_named(block: Sequence[str], why: str) -> int:
    """The place of the last demand whose package a reason names, -1 where it names none."""
    named = {name_of(each) for each in _REQUIRED.findall(why) or _WORD.findall(why)}
    return max((place for place, each in enumerate(block) if name_of(each) in named), default=-1)


def _lesser(demand: str) -> Iterator[str]:
    name = name_of(demand)
    if exact := re.fullmatch(r"[\w.-]+\s*==\s*([\w.!+]+?)(?:\.\*)?", demand):
        yield f"{name}>={exact[1]}"
    if name != demand:
        yield name
