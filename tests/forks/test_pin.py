from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from harness.forks.errors import NoRepository, NothingBeforeDeadline, RefMissing, Unreachable
from harness.forks.lockfile import freeze, load_lock
from harness.forks.object_store import ObjectStore
from harness.forks.pin import pin
from harness.forks.submission import AddedConnector, Submission
from harness.rounds.round import Candidate, Round
from tests.forks.repository import Repository, a_candidate

ACME = "hummingbot/connector/exchange/acme/acme_exchange.py"
MakeRound = Callable[..., Round]


def test_the_newest_commit_by_the_deadline_is_taken_and_later_ones_are_counted(
    store: ObjectStore, fork: Any, candidate: Candidate, make_round: MakeRound
) -> None:
    in_time = fork.commit({ACME: "a = 1\n"}, at="2020-08-19T23:59:59Z")
    fork.commit({ACME: "a = 2\n"}, at="2020-08-20T00:00:00Z")
    newest = fork.commit({ACME: "a = 3\n"}, at="2020-08-21T00:00:00Z")

    submission = pin(store, candidate, make_round(candidate))

    assert submission.commit == in_time
    assert submission.committed_at == datetime(2020, 8, 19, 23, 59, 59, tzinfo=UTC)
    assert (submission.newest_commit, submission.commits_after_deadline) == (newest, 2)
    assert submission.pinned_by == "deadline"
    assert submission.author == "Ann Author"


def test_a_date_set_back_after_the_deadline_gains_nothing(
    store: ObjectStore, fork: Any, candidate: Candidate, make_round: MakeRound
) -> None:
    honest = fork.commit({ACME: "a = 1\n"}, at="2020-08-10T00:00:00Z")
    fork.commit({ACME: "a = 2\n"}, at="2020-08-30T00:00:00Z")
    fork.commit({ACME: "a = 3\n"}, at="2020-08-11T00:00:00Z")

    assert pin(store, candidate, make_round(candidate)).commit == honest


def test_upstreams_late_commits_do_not_count_against_a_fork(
    store: ObjectStore, upstream: Any, tmp_path: Path, candidate: Candidate, make_round: MakeRound, fork: Any
) -> None:
    upstream.commit({"README.md": "from a machine with a wrong clock\n"}, at="2031-01-01T00:00:00Z")
    fork.git("pull", "--quiet", str(upstream.path), "master")
    mine = fork.commit({ACME: "a = 1\n"}, at="2020-08-10T00:00:00Z")

    assert pin(store, candidate, make_round(candidate)).commit == mine


def test_nothing_by_the_deadline_is_said_with_the_oldest_date(
    store: ObjectStore, fork: Any, candidate: Candidate, make_round: MakeRound
) -> None:
    fork.commit({ACME: "a = 1\n"}, at="2020-08-20T00:00:00Z")

    with pytest.raises(NothingBeforeDeadline, match="2020-08-20T00:00:00"):
        pin(store, candidate, make_round(candidate))


def test_a_fork_without_commits_of_its_own_changes_nothing(
    store: ObjectStore, candidate: Candidate, make_round: MakeRound
) -> None:
    submission = pin(store, candidate, make_round(candidate))

    assert (submission.changes, submission.connectors, submission.merge.state) == ((), (), "clean")


def test_a_submission_says_what_it_changes_in_upstream(
    store: ObjectStore, upstream: Any, fork: Any, candidate: Candidate, make_round: MakeRound
) -> None:
    base = upstream.git("rev-parse", "HEAD")
    upstream.commit({"README.md": "upstream moved on\n"}, at="2020-08-05T00:00:00Z")
    fork.git("mv", "setup.py", "setup_moved.py")
    fork.commit({ACME: "a = 1\n", "README.md": "mine\n", "logo.png": b"\x89PNG\0"}, at="2020-08-06T00:00:00Z")

    submission = pin(store, candidate, make_round(candidate))

    assert {(item.status, item.path, item.binary) for item in submission.changes} == {
        ("added", ACME, False),
        ("added", "logo.png", True),
        ("modified", "README.md", False),
        ("renamed", "setup_moved.py", False),
    }
    assert submission.merge_base == base
    assert submission.behind == 1
    assert submission.merge.state == "conflicts"
    assert submission.merge.conflicts == ("README.md",)
    assert submission.connectors == (AddedConnector("acme", "exchange", ACME.rpartition("/")[0], new=True),)
    assert submission.generation == "v2"


def test_a_submission_survives_json(
    store: ObjectStore, fork: Any, candidate: Candidate, make_round: MakeRound
) -> None:
    fork.commit({ACME: "a = 1\n"})
    submission = pin(store, candidate, make_round(candidate))

    assert Submission.from_json(submission.to_json()) == submission


def test_unrelated_history_is_compared_file_by_file(
    store: ObjectStore, upstream: Any, tmp_path: Path, candidate: Candidate, make_round: MakeRound, fork: Any
) -> None:
    shutil.rmtree(fork.path / ".git")
    fork.git("init", "--quiet", "--initial-branch=master")
    fork.commit(
        {
            ACME: "a = 1\n",
            "setup.py": "mine\n",
            "test/hummingbot/connector/exchange/acme/test_acme_auth.py": "",
            "test/hummingbot/connector/exchange/other/test_other.py": "",
            "docs/page.md": "not in upstream\n",
        }
    )

    submission = pin(store, candidate, make_round(candidate))

    assert submission.merge_base is None
    assert submission.base == submission.upstream_commit
    assert submission.merge.state == "unknown"
    assert "2 files" in submission.merge.reason
    assert [item.path for item in submission.changes] == [
        ACME,
        "setup.py",
        "test/hummingbot/connector/exchange/acme/test_acme_auth.py",
    ]


def test_a_missing_ref_names_the_ones_that_look_like_it(
    store: ObjectStore, fork: Any, candidate: Candidate, make_round: MakeRound
) -> None:
    fork.git("branch", "feat/acme-connector")
    wanted = candidate.model_copy(update={"ref": "feature/acme-connector"})

    with pytest.raises(RefMissing) as caught:
        pin(store, wanted, make_round(wanted))

    assert caught.value.similar[0] == "feat/acme-connector"


@pytest.mark.parametrize("ref", ["v1", "refs/heads/topic", "topic"])
def test_refs_may_be_tags_branches_and_full_names(
    store: ObjectStore, fork: Any, candidate: Candidate, make_round: MakeRound, ref: str
) -> None:
    commit = fork.commit({ACME: "a = 1\n"})
    fork.git("tag", "-a", "v1", "-m", "annotated")
    fork.git("branch", "topic")
    wanted = candidate.model_copy(update={"ref": ref})

    assert pin(store, wanted, make_round(wanted)).commit == commit


def test_a_ref_may_be_a_commit_id(
    store: ObjectStore, fork: Any, candidate: Candidate, make_round: MakeRound
) -> None:
    commit = fork.commit({ACME: "a = 1\n"})
    fork.commit({ACME: "a = 2\n"})
    wanted = candidate.model_copy(update={"ref": commit})

    assert pin(store, wanted, make_round(wanted)).commit == commit
    absent = candidate.model_copy(update={"ref": "0" * 39 + "1"})
    with pytest.raises(RefMissing):
        pin(store, absent, make_round(absent))


def test_no_repository_and_no_such_repository_differ(
    store: ObjectStore, tmp_path: Path, candidate: Candidate, make_round: MakeRound
) -> None:
    unknown = candidate.model_copy(update={"repository": None})
    with pytest.raises(NoRepository, match="no repository is known"):
        pin(store, unknown, make_round(unknown))
    gone = candidate.model_copy(update={"repository": str(tmp_path / "gone")})
    with pytest.raises(Unreachable, match="no git repository there"):
        pin(store, gone, make_round(gone))


def test_a_frozen_commit_is_screened_and_later_ones_are_not(
    store: ObjectStore, tmp_path: Path, fork: Any, candidate: Candidate, make_round: MakeRound
) -> None:
    round_, file = make_round(candidate), tmp_path / "candidates.yml"
    seen = fork.commit({ACME: "a = 1\n"}, at="2020-08-10T00:00:00Z")
    frozen = freeze(file, round_, store)
    fork.commit({ACME: "a = 2\n"}, at="2020-08-11T00:00:00Z")

    submission = pin(store, candidate, round_, load_lock(file, round_))

    assert frozen.path.name == "candidates.lock.yml"
    assert (submission.commit, submission.pinned_by) == (seen, "lock")
    assert submission.commits_after_deadline == 1


def test_a_frozen_commit_is_found_after_the_branch_was_rewritten(
    tmp_path: Path, fork: Any, candidate: Candidate, make_round: MakeRound, store: ObjectStore
) -> None:
    round_, file = make_round(candidate), tmp_path / "candidates.yml"
    seen = fork.commit({ACME: "a = 1\n"}, at="2020-08-10T00:00:00Z")
    freeze(file, round_, store)
    fork.git("reset", "--quiet", "--hard", "HEAD~1")
    fork.commit({ACME: "rewritten = 1\n"}, at="2020-08-12T00:00:00Z")

    elsewhere = ObjectStore(tmp_path / "another.git")
    assert pin(elsewhere, candidate, round_, load_lock(file, round_)).commit == seen


def test_a_frozen_round_needs_no_network(
    tmp_path: Path, upstream: Any, fork: Any, candidate: Candidate, make_round: MakeRound, store: ObjectStore
) -> None:
    round_, file = make_round(candidate), tmp_path / "candidates.yml"
    fork.commit({ACME: "a = 1\n"}, at="2020-08-10T00:00:00Z")
    freeze(file, round_, store)
    lock = load_lock(file, round_)
    first = pin(store, candidate, round_, lock)
    shutil.rmtree(fork.path)
    shutil.rmtree(upstream.path)

    assert pin(ObjectStore(store.root), candidate, round_, lock) == first


def test_without_a_lock_an_unreachable_fork_is_not_screened_from_memory(
    fork: Any, candidate: Candidate, make_round: MakeRound, store: ObjectStore
) -> None:
    fork.commit({ACME: "a = 1\n"})
    pin(store, candidate, make_round(candidate))
    shutil.rmtree(fork.path)

    with pytest.raises(Unreachable):
        pin(store, candidate, make_round(candidate))


def test_a_merge_into_the_release_that_the_round_fed(
    store: ObjectStore, upstream: Repository, fork: Repository, make_round: Callable[..., Round]
) -> None:
    fork.commit({"setup.py": "one\nmine\nthree\n"})
    row = a_candidate(str(fork.path))
    assert pin(store, row, make_round(row)).into_release is None
    upstream.git("checkout", "--quiet", "-b", "next")
    upstream.commit({"setup.py": "one\ntheirs\nthree\n"})
    upstream.git("tag", "v1")
    upstream.git("checkout", "--quiet", "master")
    submission = pin(ObjectStore(store.root), row, make_round(row))
    assert submission.merge.state == "clean"
    assert submission.into_release is not None
    assert submission.into_release.conflicts == ("setup.py",)
