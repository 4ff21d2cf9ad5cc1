"""A branch that merges a submission into upstream, as a git bundle; or the conflicts, file by file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.forks import limits
from harness.forks.errors import ForkError, GitFailed
from harness.forks.hardened import Finished, run
from harness.forks.object_store import ObjectStore
from harness.forks.quarantine import quarantine
from harness.forks.snapshot import Signature
from harness.forks.submission import Submission
from harness.forks.tree import display

BUNDLE = "merge.bundle"
NOBODY = "Hummingbot connector harness"
MOST_CONFLICTS = 200
TRIPLE = 3  # fields of a message of git-merge-tree(1) behind its paths: how many paths, its kind, its text


@dataclass(frozen=True)
class Conflict:
    """A path that conflicts: git's kinds of conflict, its sentences, and the merged text with its markers.

    `text` is None where there is no text: a binary or deleted file, or one over the limit.
    """

    path: str
    kinds: tuple[str, ...]
    said: tuple[str, ...]
    text: str | None


@dataclass(frozen=True)
class Branch:
    """`commit` is the merge, on `name` in the bundle, None where there are conflicts or no common history.

    `squashed`: the fork's history could not be had whole, so it is one commit on upstream, of the same files.
    """

    name: str
    commit: str | None
    squashed: bool
    conflicts: tuple[Conflict, ...]
    why: str = ""


def merge_branch(store: ObjectStore, submission: Submission, folder: Path) -> Branch:
    """Merge the commit into its upstream and write `merge.bundle` into `folder`.

    Nothing is added to the store but missing history of the fork. Merge drivers are configuration: ours has
    none.
    """
    name = f"review/{submission.candidate.name}"
    if submission.merge_base is None:
        return Branch(name, None, False, (), "the fork shares no history with upstream")
    with quarantine(store.repository) as scratch:
        upstream, commit = submission.upstream_commit, submission.commit
        merged = _git(scratch, "merge-tree", "--write-tree", "-z", upstream, commit, codes=(0, 1))
        tree = merged.stdout.partition(b"\0")[0].decode()
        if merged.code == 1:
            conflicts = tuple(_conflicts(scratch, tree, merged.stdout))
            return Branch(name, None, False, conflicts, "it does not merge without conflicts")
        whole = _has_history(store, submission)
        parents = [upstream, commit] if whole else [upstream]
        made = _commit(scratch, tree, parents, submission)
        _git(scratch, "update-ref", f"refs/heads/{name}", made)
        bundle = scratch / BUNDLE
        _git(scratch, "bundle", "create", "--quiet", str(bundle), f"refs/heads/{name}", f"^{upstream}")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / BUNDLE).write_bytes(bundle.read_bytes())
    return Branch(name, made, not whole, ())


def _has_history(store: ObjectStore, submission: Submission) -> bool:
    """Whether every file of the fork's own commits could be had; the fork is asked for what is missing."""
    try:
        missing = store.complete_history(submission.upstream_commit, submission.commit, submission.repository)
    except (ForkError, GitFailed):
        return False
    return not missing


def _commit(scratch: Path, tree: str, parents: Sequence[str], submission: Submission) -> str:
    """The merge, or one commit with the same files; the same submission gives the same id."""
    at = max(submission.committed_at, submission.merge_base_at or submission.committed_at)
    how = "Merge" if len(parents) > 1 else "Add, without its history,"
    about = f"{', '.join(submission.candidate.connectors)} of {submission.repository}"
    message = f"{how} {about}\n\nCommit {submission.commit}\n"
    who = Signature(NOBODY, "review@localhost", at).line().decode()
    lines = [f"tree {tree}", *(f"parent {each}" for each in parents), f"author {who}committer {who}"]
    text = "\n".join(lines) + "\n" + message
    return (
        _git(scratch, "hash-object", "-t", "commit", "-w", "--stdin", stdin=text.encode())
        .stdout.decode()
        .strip()
    )


def _conflicts(scratch: Path, tree: str, output: bytes) -> Iterator[Conflict]:
    """From git-merge-tree(1)'s output with -z: tree, conflicted files, an empty field, messages."""
    kinds: dict[bytes, list[str]] = {}
    said: dict[bytes, list[str]] = {}
    for paths, kind, message in _messages(output.split(b"\0")):
        for path in paths:
            if kind.startswith("CONFLICT"):
                kinds.setdefault(path, []).append(kind)
            said.setdefault(path, []).append(message)
    for path in list(kinds)[:MOST_CONFLICTS]:
        text = _text(scratch, tree, path)
        yield Conflict(display(path), tuple(dict.fromkeys(kinds[path])), tuple(said[path]), text)


def _messages(fields: Sequence[bytes]) -> Iterator[tuple[Sequence[bytes], str, str]]:
    """(paths, kind, sentence) of each message."""
    at = next((number for number, field in enumerate(fields) if number and not field), len(fields)) + 1
    while at < len(fields) and fields[at].isdigit():
        many = int(fields[at])
        paths = fields[at + 1 : at + 1 + many]
        kind, message = (display(each).strip() for each in fields[at + 1 + many : at + TRIPLE + many])
        yield paths, kind, message
        at += TRIPLE + many


def _text(scratch: Path, tree: str, path: bytes) -> str | None:
    """The merged file with its conflict markers."""
    listed = _git(scratch, "ls-tree", "-z", "--full-tree", tree, "--", display(path)).stdout
    meta = listed.partition(b"\t")[0].split()
    if len(meta) != TRIPLE or meta[1] != b"blob" or meta[0] == b"120000":
        return None
    size = int(_git(scratch, "cat-file", "-s", meta[2].decode()).stdout)
    if size > limits.LOOK_BYTES:
        return None
    content = _git(scratch, "cat-file", "blob", meta[2].decode()).stdout
    return None if b"\0" in content else content.decode("utf-8", "backslashreplace")


def _git(scratch: Path, *arguments: str, codes: Sequence[int] = (0,), stdin: bytes = b"") -> Finished:
    return run((f"--git-dir={scratch}", *arguments), cwd=scratch, codes=codes, stdin=stdin)
