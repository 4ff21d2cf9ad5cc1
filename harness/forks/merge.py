"""What merging a submission into upstream would give, without a work tree."""

from __future__ import annotations

from harness.forks.errors import GitFailed, GitTimedOut, TooLarge
from harness.forks.object_store import ObjectStore
from harness.forks.quarantine import quarantine
from harness.forks.submission import MergePreview
from harness.forks.tree import display


def preview(store: ObjectStore, upstream: str, commit: str) -> MergePreview:
    """`git merge-tree --write-tree` of two commits that share history.

    The objects it writes go to a folder that is thrown away. Merge drivers are configuration: ours has none.
    """
    with quarantine(store.repository) as scratch:
        env = {"GIT_OBJECT_DIRECTORY": str(scratch / "objects")}
        try:
            finished = store.git(
                "merge-tree", "--write-tree", "--name-only", "--no-messages", "-z", upstream, commit,
                codes=(0, 1), env=env,
            )  # fmt: skip
        except GitTimedOut as late:
            return MergePreview("unknown", (), f"git gave no answer within {late.seconds:g} s.")
        except GitFailed as failure:
            return MergePreview("unknown", (), f"git could not preview the merge: {failure.reason}")
        except TooLarge as large:
            return MergePreview("unknown", (), f"{large.message}.")
    if finished.code == 0:
        return MergePreview("clean", (), "Merges into upstream without conflicts.")
    conflicts = tuple(display(path) for path in finished.stdout.split(b"\0")[1:] if path)
    files = "1 file conflicts" if len(conflicts) == 1 else f"{len(conflicts)} files conflict"
    return MergePreview("conflicts", conflicts, f"{files} with upstream.")
