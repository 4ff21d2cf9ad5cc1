"""What merging a submission into upstream would give, without a work tree."""

from __future__ import annotations

from harness import temporary
from harness.forks.errors import GitFailed, GitTimedOut
from harness.forks.store import ObjectStore
from harness.forks.submission import MergePreview
from harness.forks.tree import display


def preview(store: ObjectStore, upstream: str, commit: str) -> MergePreview:
    """`git merge-tree --write-tree` (git 2.38 or newer) of two commits that share history.

    The objects it writes go to a folder that is thrown away. Merge drivers are configuration: ours has none.
    """
    objects = store.repository / "objects"
    with temporary.folder("merge") as scratch:
        env = {"GIT_OBJECT_DIRECTORY": str(scratch), "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(objects)}
        try:
            finished = store.git(
                "merge-tree", "--write-tree", "--name-only", "--no-messages", "-z", upstream, commit,
                codes=(0, 1), env=env,
            )  # fmt: skip
        except GitTimedOut as late:
            return MergePreview("unknown", (), f"git gave no answer within {late.seconds:g} s.")
        except GitFailed as failure:
            return MergePreview("unknown", (), _why(failure))
    if finished.code == 0:
        return MergePreview("clean", (), "Merges into upstream without conflicts.")
    conflicts = tuple(display(path) for path in finished.stdout.split(b"\0")[1:] if path)
    files = "1 file conflicts" if len(conflicts) == 1 else f"{len(conflicts)} files conflict"
    return MergePreview("conflicts", conflicts, f"{files} with upstream.")


def _why(failure: GitFailed) -> str:
    if "usage:" in failure.stderr or "unknown option" in failure.stderr:
        return "This machine's git is older than 2.38 and cannot preview a merge; install a newer one."
    return f"git could not preview the merge: {failure.message}"
