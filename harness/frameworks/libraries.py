"""Which imports the environment of a submission can serve, and whose fault it is where it cannot."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.frameworks.additions import Layer, Unavailable
from harness.frameworks.contents import brought_by
from harness.frameworks.declaration import Declaration, name_of
from harness.frameworks.resolving import Environment

LONG_WORD = 7
_NO_MODULE = re.compile(r"No module named '([^'.]+)")


@dataclass(frozen=True)
class Libraries:
    """`brought` has for each top-level module the distributions that bring it.

    `left_out` was declared by upstream, of this environment or another, and is not here, `unavailable` by the
    submission. `stated` are the packages that upstream's own files name, whether we install them or not: of
    2020 we install those that connectors were seen to need.
    """

    brought: Mapping[str, frozenset[str]] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    unavailable: tuple[Unavailable, ...] = ()
    stated: frozenset[str] = frozenset()

    @classmethod
    def of(cls, environment: Environment, added: Layer, upstream: Declaration) -> Libraries:
        folders = [environment.packages, *([added.folder] if added.folder else [])]
        return cls(
            brought_by(*folders),
            (*environment.lock.left_out(), *upstream.apart),
            added.additions.unavailable,
            frozenset(map(name_of, (*upstream.requirements, *upstream.alone))),
        )

    def there(self, module: str) -> bool:
        """Whether upstream or the submission has it installed: by what it brings, or by its own name."""
        return module in self.brought or name_of(module) in self.stated

    def why_lacking(self, module: str) -> str | None:
        """Why it is our environment's lack that `module` is not there; None where nothing declares it."""
        if self.unavailable:
            each = self.unavailable[0]
            return f"{each.declared}, which the submission declares, could not be had: {each.why}"
        for declared in self.left_out:
            if _alike(module, declared):
                if not name_of(declared):
                    return f"upstream takes it from {declared}, which no package index answers for"
                return f"{declared}, which upstream declares, is not in the environment"
        return None

    def brings(self, package: str) -> frozenset[str]:
        """The modules of a package, or of whatever is installed by that name."""
        return frozenset(module for module, names in self.brought.items() if name_of(package) in names)


def missing_module(text: str) -> str | None:
    """The top-level module that a traceback says there is none of."""
    found = _NO_MODULE.findall(text)
    return found[-1] if found else None


def _alike(module: str, declared: str) -> bool:
    """An address or a package that is not here may bring any module; likely one with its name.

    Of an address a long word of the module's name is enough: `signalr_aio` of `…/python-signalr-client`.
    """
    plain = module.lower().replace("_", "")
    package = name_of(declared)
    words = re.sub(r"[^a-z0-9]", "", (package or declared).lower())
    long = () if package else (part for part in module.lower().split("_") if len(part) >= LONG_WORD)
    return plain in words or (bool(words) and words in plain) or any(part in words for part in long)
