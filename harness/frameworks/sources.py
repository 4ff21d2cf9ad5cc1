"""What a tree's compiled modules are made from, and which of them a change concerns."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from harness.frameworks.store import digest

_KINDS = (".pyx", ".pxd", ".pxi", ".h", ".hpp", ".c", ".cpp")
_GENERATED = (".c", ".cpp")
_RELATIVE = re.compile(r"\bfrom\s+\.+\w*\s+cimport\b|\binclude\s+[\"']")
_MAX_BYTES = 4 << 20


@dataclass(frozen=True)
class BuildInputs:
    """The text of every file that a tree's compiled modules may be made from, by path from its root."""

    files: Mapping[str, str]

    @classmethod
    def read(cls, tree: Path, folder: str) -> BuildInputs:
        """Read them from `tree/folder`. C++ that Cython generated from a .pyx beside it does not count."""
        return cls(
            {
                path.relative_to(tree).as_posix(): path.read_bytes()[:_MAX_BYTES].decode("utf-8", "replace")
                for path in sorted(_candidates(tree / folder))
                if not (path.suffix in _GENERATED and path.with_suffix(".pyx").exists())
            }
        )

    @cached_property
    def modules(self) -> tuple[str, ...]:
        """The .pyx files, in order."""
        return tuple(path for path in self.files if path.endswith(".pyx"))

    @cached_property
    def digests(self) -> Mapping[str, str]:
        return {path: hashlib.sha256(text.encode()).hexdigest() for path, text in self.files.items()}

    def closure(self, module: str) -> frozenset[str]:
        """`module` and all it may depend on, through any number of others; rather too many than too few."""
        found = {module}
        waiting = [module]
        while waiting:
            here = waiting.pop()
            new = [path for path in self._mentioned[here] if path not in found]
            found.update(new)
            waiting += new
        return frozenset(found)

    @cached_property
    def _mentioned(self) -> Mapping[str, tuple[str, ...]]:
        return {path: tuple(self._mentioned_in(path)) for path in self.files}

    def _mentioned_in(self, here: str) -> Iterator[str]:
        text = self.files[here]
        words = frozenset(re.findall(r"\w+", text))
        relative = bool(_RELATIVE.search(text))
        for path in self.files:
            place = PurePosixPath(path)
            if path.endswith(".pyx"):
                continue
            own = place.stem == "__init__" or place.with_suffix("") == PurePosixPath(here).with_suffix("")
            if own or (place.stem in words and self._may_be_meant(place, here, text, relative)):
                yield path

    @staticmethod
    def _may_be_meant(place: PurePosixPath, here: str, text: str, relative: bool) -> bool:
        """A name alone is not enough for a .pxd: its package has to be named too, or be this one."""
        if place.suffix != ".pxd" or relative or place.parent == PurePosixPath(here).parent:
            return True
        return ".".join(place.parent.parts) in text

    def keys(self, made_with: Sequence[str]) -> dict[str, str]:
        """For each module a name of all that its compiled form may depend on, `made_with` among it."""
        return {
            module: digest(
                [
                    *made_with,
                    module,
                    *(part for path in sorted(self.closure(module)) for part in (path, self.digests[path])),
                ]
            )
            for module in self.modules
        }


def _candidates(folder: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(folder):
        for name in names:
            path = Path(parent) / name
            if path.suffix in _KINDS and path.is_file() and not path.is_symlink():
                yield path


def is_placeholder(module: str) -> bool:
    """Upstream keeps an empty `dummy.pyx` in plain Python connectors; nothing imports what it compiles to."""
    return PurePosixPath(module).name == "dummy.pyx"
