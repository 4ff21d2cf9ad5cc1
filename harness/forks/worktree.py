"""A developer's work tree, uncommitted changes included, as a submission. It is only read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from harness.errors import UserError
from harness.forks import limits
from harness.forks.comparison import Comparison, committed_at, compare
from harness.forks.connectors import existing
from harness.forks.errors import GitFailed, TooLarge
from harness.forks.hardened import run
from harness.forks.object_store import ObjectStore
from harness.forks.pin import author
from harness.forks.snapshot import Signature, snapshot
from harness.forks.submission import Submission
from harness.forks.tree import Tree
from harness.forks.upstream import upstream_commit
from harness.rounds.fields import is_ref
from harness.rounds.round import Candidate, Exchange, GitUpstream, PypiUpstream

_SKIPPED = b"S"  # git-ls-files(1): a tracked file with the skip-worktree bit


@dataclass(frozen=True)
class _Checkout:
    """Where a work tree's files are, what it has checked out, and the branch's name.

    `ref` is the commit where there is no branch, as in CI, or none that a round file can name.
    """

    top: Path
    head: str
    ref: str


def work_tree(
    store: ObjectStore,
    path: Path,
    upstream: GitUpstream | PypiUpstream,
    candidate: Candidate | None = None,
    *,
    named: str | None = None,
) -> Submission:
    """The files as they lie in the work tree around `path`: tracked and new ones, ignored ones left out.

    Without `candidate`, one is made up from the connectors found, `named` among them whether it is changed or
    not. Files are read as they are: no filter, hook
    or file-system monitor of the repository is started. Raises UserError outside a work tree, in a shallow
    clone or when no connector is found and none is given; else as `upstream_commit`. What a sparse checkout
    leaves out counts as committed.
    """
    checkout = _checkout(path)
    base = upstream_commit(store, upstream)
    keep = f"worktrees/{store.key(str(checkout.top))}"
    fetched = store.fetch(str(checkout.top), checkout.head, keep, own=True)
    seconds = committed_at(store, fetched.commit)
    names, skipped = _names(checkout.top)
    commit = snapshot(
        store,
        checkout.top,
        names,
        Signature("work tree", "worktree@localhost", seconds),
        "The work tree as it lies",
        fetched.commit,
        skipped,
    )
    if skipped:
        store.complete(commit, str(checkout.top))
    unchanged = _tree(store, commit) == _tree(store, fetched.commit)
    commit = fetched.commit if unchanged else commit
    store.git("update-ref", f"refs/{keep}", commit)
    comparison = compare(store, base, commit)
    if named is not None and named not in {each.name for each in comparison.connectors}:
        kept = existing(named, Tree(store, commit).paths())
        comparison = replace(comparison, connectors=(*comparison.connectors, *kept))
    return Submission(
        candidate=candidate or _candidate(checkout, comparison),
        repository=str(checkout.top),
        ref=checkout.ref,
        commit=commit,
        committed_at=seconds if unchanged else datetime.now(UTC).replace(microsecond=0),
        author=author(store, fetched.commit),
        newest_commit=commit,
        commits_after_deadline=0,
        upstream_commit=base.commit,
        **vars(comparison),
        pinned_by="work tree",
    )


def _checkout(path: Path) -> _Checkout:
    try:
        top, shallow = _git(path, "rev-parse", "--show-toplevel", "--is-shallow-repository").splitlines()[:2]
    except (GitFailed, NotADirectoryError, FileNotFoundError) as error:
        owner = isinstance(error, GitFailed) and "dubious ownership" in error.stderr
        what = "it belongs to another user" if owner else "not inside a git work tree"
        hint = "run as its owner" if owner else "name the folder of your fork: `harness check path/to/fork`"
        raise UserError(what, where=str(path), hint=hint) from error
    if shallow == "true":
        raise UserError("a shallow clone", where=top, hint="`git fetch --unshallow` brings the history")
    try:
        head = _git(path, "rev-parse", "--verify", "HEAD^{commit}").strip()
    except GitFailed as error:
        raise UserError(
            "no commit yet", where=top, hint="commit once, on top of upstream's history"
        ) from error
    branch = _git(path, "rev-parse", "--abbrev-ref", "HEAD").strip()
    return _Checkout(Path(top), head, branch if branch != "HEAD" and is_ref(branch) else head)


def _names(top: Path) -> tuple[Sequence[bytes], frozenset[bytes]]:
    """(the files of the work tree, those that a sparse checkout leaves out)."""
    listing = run(
        ("ls-files", "-z", "-t", "--cached", "--others", "--exclude-standard", "--deduplicate"), cwd=top
    ).stdout
    tagged = [(line[:1], line[2:]) for line in listing.split(b"\0") if line]
    names = [name for _, name in tagged]
    if len(names) > limits.WORK_TREE_FILES:
        raise TooLarge(f"a work tree of {len(names)} files", f"{limits.WORK_TREE_FILES}", where=str(top))
    skipped = frozenset(name for tag, name in tagged if tag == _SKIPPED)
    return [name for name in names if name not in skipped], skipped


def _git(path: Path, *arguments: str) -> str:
    return run(arguments, cwd=path).stdout.decode("utf-8", "replace")


def _tree(store: ObjectStore, commit: str) -> str:
    return store.text("rev-parse", f"{commit}^{{tree}}")


def _candidate(checkout: _Checkout, comparison: Comparison) -> Candidate:
    """A candidate made of what the diff adds: the kind of the first new connector, and all of that kind."""
    found = [item for item in comparison.connectors if item.new] or list(comparison.connectors)
    if not found:
        raise UserError(
            "no connector is added or changed here",
            where=str(checkout.top),
            hint="a connector is a package below hummingbot/connector/exchange/ or …/derivative/; "
            "`harness describe --connector NAME` also describes one that is unchanged",
        )
    kind = found[0].kind
    names = tuple(item.name for item in found if item.kind == kind)
    return Candidate(
        name=names[0].lower().replace("_", "-").strip("-"),
        repository=str(checkout.top),
        ref="HEAD",
        connectors=names,
        kind=kind,
        contact=None,
        maintenance=None,
        exchange=Exchange(hosts=(), dialect=None, ccxt=None),
    )
