"""Names that a connector sees of its machine and could know the harness by: others with every seed."""

from __future__ import annotations

import random
from dataclasses import dataclass

_PEOPLE = ("alex", "chris", "dana", "emre", "ines", "jun", "kim", "lena", "marek", "noor", "omar", "petra")
_THINGS = (
    "amber",
    "birch",
    "cedar",
    "delta",
    "ember",
    "fjord",
    "grove",
    "heron",
    "iris",
    "juniper",
    "kestrel",
)


@dataclass(frozen=True)
class SandboxIdentity:
    """Names inside a sandbox: its user's home, the folder of our own modules, and what these are called."""

    home: str
    folder: str
    package: str

    @classmethod
    def of(cls, seed: int) -> SandboxIdentity:
        chance = random.Random(f"{seed} identity")  # noqa: S311 - the same in every run of that seed
        folder, first, second = chance.sample(_THINGS, 3)
        return cls(f"/home/{chance.choice(_PEOPLE)}", f"/opt/{folder}", f"{first}_{second}")


PLAIN = SandboxIdentity("/tmp/work", "/harness", "inside")  # noqa: S108 - inside; where nobody is looking
