"""What checks of the running connector may ask for besides: the changed code, as static checks read it."""

from __future__ import annotations

from functools import cache

import pytest

from checks.conformance.lacking import Lacks, imports_of, lack_of
from checks.static.conftest import sources_of
from checks.static.sources import Sources
from harness.forks.submission import Submission
from harness.forks.tree import Tree
from harness.frameworks.environment import Base
from harness.frameworks.libraries import Libraries


@pytest.fixture(scope="session")
def sources(submission: Submission, tree: Tree, upstream_tree: Tree) -> Sources:
    return sources_of(submission, tree, upstream_tree)


@pytest.fixture(scope="session")
def lacks(libraries: Libraries, base: Base, changed_paths: frozenset[str]) -> Lacks:
    """What of a traceback is our environment's lack: None where it is the submission's own."""
    imports = cache(imports_of(base.tree / "hummingbot"))

    def upstreams(path: str) -> bool:
        return path not in changed_paths and (base.tree / path).is_file()

    return lambda text: lack_of(text, libraries, imports, upstreams)
