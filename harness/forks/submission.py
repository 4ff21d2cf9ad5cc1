"""A candidate pinned to one commit, and what that commit changes in upstream. Plain data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Literal

from pydantic import TypeAdapter

from harness.rounds.round import Candidate

Generation = Literal["v2", "v1", "v0"]
Kind = Literal["exchange", "derivative", "market"]


@dataclass(frozen=True)
class Change:
    """One path that differs from the merge-base.

    `mode`, `size` (bytes) and `oid` are of the new side; of the old side for a deleted path. `size` is -1
    where this copy of the history lacks the blob. `binary` is our own reading of the bytes, whatever
    `.gitattributes` says.
    """

    status: Literal["added", "modified", "deleted", "renamed"]
    path: str
    old_path: str | None
    mode: int
    size: int
    oid: str
    binary: bool

    @property
    def symlink(self) -> bool:
        return self.mode == 0o120000

    @property
    def submodule(self) -> bool:
        return self.mode == 0o160000


@dataclass(frozen=True)
class MergePreview:
    """What merging the submission into upstream would give. `conflicts` are paths."""

    state: Literal["clean", "conflicts", "unknown"]
    conflicts: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class AddedConnector:
    """A connector package that the submission adds (`new`) or changes, in the folder `path`; or one that it
    has unchanged, where somebody asks for that one by its name.
    """

    name: str
    kind: Kind
    path: str
    new: bool


@dataclass(frozen=True)
class Submission:
    """A candidate at one commit.

    `commit` is the newest on `ref` not after the deadline; `newest_commit` is where the ref points, and
    `commits_after_deadline` counts what lies between. `behind` counts upstream's commits since `merge_base`,
    which is None where no history is shared. `into_release` is what merging into the release gives that the
    round fed, where that is out. Datetimes are UTC. `author` is the fork's word: escape it.
    """

    candidate: Candidate
    repository: str
    ref: str
    commit: str
    committed_at: datetime
    author: str
    newest_commit: str
    commits_after_deadline: int
    upstream_commit: str
    merge_base: str | None
    behind: int
    merge_base_at: datetime | None
    changes: tuple[Change, ...]
    merge: MergePreview
    connectors: tuple[AddedConnector, ...]
    generation: Generation
    pinned_by: Literal["deadline", "lock", "work tree"]
    into_release: MergePreview | None = None

    @property
    def base(self) -> str:
        """What changes are counted from: the merge-base, or upstream itself where no history is shared."""
        return self.merge_base or self.upstream_commit

    def change(self, path: str) -> Change | None:
        return next((change for change in self.changes if change.path == path), None)

    def to_json(self) -> str:
        return _adapter().dump_json(self).decode()

    @classmethod
    def from_json(cls, text: str) -> Submission:
        """The inverse of `to_json`; raises pydantic's ValidationError on anything else."""
        return _adapter().validate_json(text)


@cache
def _adapter() -> TypeAdapter[Submission]:
    return TypeAdapter(Submission)
