"""What static checks share: the changed files, parsed once, and the connector as its parts."""

from __future__ import annotations

import pytest

from checks.static.advisories import Advisories, ask_index
from checks.static.packages import Package, find
from checks.static.sources import Sources
from harness.checking import undetermined
from harness.forks.submission import Submission
from harness.forks.tree import Tree
from harness.rounds.round import Candidate


@pytest.fixture(scope="session")
def sources(submission: Submission, tree: Tree, upstream_tree: Tree) -> Sources:
    return sources_of(submission, tree, upstream_tree)


@pytest.fixture(scope="session")
def package(sources: Sources, connector_name: str, candidate: Candidate) -> Package:
    """The connector's folder; what asks for it is undetermined where there is none."""
    found = find(sources, connector_name, candidate.kind)
    if found is None:
        undetermined(f"The connector {connector_name} has no folder.")
    return found


@pytest.fixture(scope="session")
def advisories() -> Advisories:
    """What is known to be wrong with a library's release."""
    return ask_index


def sources_of(submission: Submission, tree: Tree, base: Tree) -> Sources:
    """The files that the submission adds or changes."""
    changed = {
        change.path: None if change.status == "added" else (change.old_path or change.path)
        for change in submission.changes
        if change.status != "deleted"
    }
    return Sources(tree, base, changed)
