"""The code files of a submission, each read and parsed once, and what Hummingbot had before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

from checks.static.decoding import UnreadableEncodingError, decoded, with_plain_newlines
from checks.static.source import Source
from harness.errors import HarnessError
from harness.forks.connectors import named_in
from harness.forks.errors import ContentMissing

CODE = (".py", ".pyx", ".pxd", ".pxi")
PAGES = frozenset({"docs", "documentation"})  # Hummingbot loads nothing from there


class Files(Protocol):
    """What checks need of `harness.forks.tree.Tree`."""

    def paths(self) -> tuple[str, ...]: ...

    def read(self, path: str) -> bytes: ...

    def holds(self, text: str) -> bool: ...

    def holding(self, text: str, folder: str) -> frozenset[str]: ...


def seen(content: bytes) -> str:
    """As a reviewer's page shows it: UTF-8, what is not becomes U+FFFD."""
    return with_plain_newlines(content).decode("utf-8-sig", "replace")


@dataclass
class Sources:
    """The code files of a submission.

    `changed` maps each changed path to its old one (None for an added file); `base` is the tree that changes
    are counted from.
    """

    tree: Files
    base: Files
    changed: Mapping[str, str | None]
    _read: dict[str, Source] = field(default_factory=dict)
    _held: dict[str, bool] = field(default_factory=dict)

    def __getitem__(self, path: str) -> Source:
        if path not in self._read:
            self._read[path] = self._source(path)
        return self._read[path]

    def _source(self, path: str) -> Source:
        try:
            content = self.tree.read(path)
        except ContentMissing:
            raise  # nobody knows what is in it: whoever needs it cannot be decided
        except HarnessError as error:
            return Source(path, "", unreadable=error.message)
        old = self.changed.get(path, path)
        base = seen(self.base.read(old)) if old in self._base_paths and path in self.changed else None
        if not path.endswith(CODE):
            return Source(path, seen(content), base if path in self.changed else seen(content))
        try:
            text = decoded(content, cython=not path.endswith(".py"))
        except UnreadableEncodingError as error:
            return Source(path, seen(content), base, unreadable=str(error), disguised=True)
        return Source(path, text, base if path in self.changed else text)

    @cached_property
    def paths(self) -> frozenset[str]:
        return frozenset(self.tree.paths())

    @cached_property
    def _base_paths(self) -> frozenset[str]:
        return frozenset(self.base.paths())

    @cached_property
    def connectors_before(self) -> frozenset[str]:
        """Names of the connectors that Hummingbot had already."""
        return named_in(self._base_paths)

    @cached_property
    def code(self) -> tuple[Source, ...]:
        """Changed code, tests too."""
        return tuple(self[path] for path in self.changed if path.endswith(CODE) and path in self.paths)

    @cached_property
    def shipped(self) -> tuple[Source, ...]:
        """Changed code that would run at a user's: no tests, no pages' code that nothing imports."""
        aside = {folder for folder in PAGES if not any(self._imports(folder, each) for each in self.code)}
        return tuple(
            source for source in self.code if not source.is_test and source.path.split("/")[0] not in aside
        )

    @staticmethod
    def _imports(folder: str, source: Source) -> bool:
        inside = source.path.startswith(f"{folder}/")
        return not inside and any(f"{name}.".startswith(f"{folder}.") for name in source.imported)

    def held_before(self, text: str) -> bool:
        """Whether a line of Hummingbot's own files holds `text` already."""
        if text not in self._held:
            self._held[text] = self.base.holds(text)
        return self._held[text]

    def under(self, prefix: str) -> tuple[Source, ...]:
        inside = sorted(path for path in self.paths if path.startswith(prefix + "/") and path.endswith(CODE))
        return tuple(self[path] for path in inside)
