"""What checks of the running connector may ask for besides: the changed code, as static checks read it."""

from __future__ import annotations

import pytest

from checks.static.conftest import sources_of
from checks.static.sources import Sources
from harness.forks.submission import Submission
from harness.forks.tree import Tree


@pytest.fixture(scope="session")
def sources(submission: Submission, tree: Tree, upstream_tree: Tree) -> Sources:
    return sources_of(submission, tree, upstream_tree)
