"""What every check may ask for by name: the round, the candidate, its submission and its files."""

from __future__ import annotations

import pytest

from harness.checking.plan import Plan
from harness.forks.object_store import ObjectStore
from harness.forks.submission import Submission
from harness.forks.tree import Tree
from harness.requirement import Catalogue
from harness.rounds.reading import load_round
from harness.rounds.round import Candidate, Round


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return Catalogue.load()


@pytest.fixture(scope="session")
def store(plan: Plan) -> ObjectStore:
    return ObjectStore(plan.store)


@pytest.fixture(scope="session")
def round_(plan: Plan) -> Round:
    return load_round(plan.round_file)


@pytest.fixture(scope="session")
def submission(plan: Plan) -> Submission:
    return Submission.from_json(plan.submission_file.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def candidate(submission: Submission) -> Candidate:
    return submission.candidate


@pytest.fixture(scope="session")
def tree(store: ObjectStore, submission: Submission) -> Tree:
    """The submission's files."""
    return Tree.of(store, submission)


@pytest.fixture(scope="session")
def upstream_tree(store: ObjectStore, submission: Submission) -> Tree:
    """The files that the submission's changes are counted from."""
    return Tree(store, submission.base)
