from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from harness.errors import UserError
from harness.forks.errors import NoRepository, Unreachable
from harness.forks.lockfile import Lock, Locked, freeze, load_lock, seed_of
from harness.forks.object_store import ObjectStore
from harness.forks.pin import pin
from harness.forks.tree import Tree
from harness.rounds.round import Candidate, Round

MakeRound = Callable[..., Round]


def test_what_cannot_be_reached_is_told_and_keeps_its_entry(
    store: ObjectStore, fork: Any, candidate: Candidate, make_round: MakeRound, tmp_path: Path
) -> None:
    nobody = candidate.model_copy(update={"name": "nobody", "repository": None})
    round_, file = make_round(candidate, nobody), tmp_path / "round.yml"
    first = freeze(file, round_, store)
    assert isinstance(first.failures["nobody"], NoRepository)
    shutil.rmtree(fork.path)

    second = freeze(file, round_, store)

    assert isinstance(second.failures["acme"], Unreachable)
    assert second.lock.candidates == first.lock.candidates
    assert load_lock(file, round_) == second.lock


def test_a_fork_that_is_gone_after_the_freeze_can_be_screened(
    store: ObjectStore, fork: Any, candidate: Candidate, make_round: MakeRound, tmp_path: Path
) -> None:
    round_ = make_round(candidate)
    frozen = freeze(tmp_path / "candidates.yml", round_, store)
    assert not frozen.failures
    shutil.rmtree(fork.path)
    again = ObjectStore(store.root)
    submission = pin(again, candidate, round_, frozen.lock)
    assert submission.commit == frozen.lock.candidates["acme"].commit
    assert all(entry.size >= 0 for entry in Tree.of(again, submission).entries())


def test_what_was_seen_is_written_before_its_files_are_fetched(
    store: ObjectStore, candidate: Candidate, make_round: MakeRound, tmp_path: Path, monkeypatch: Any
) -> None:
    file, round_, fetch = tmp_path / "candidates.yml", make_round(candidate), store.complete

    def lost(commit: str, url: str) -> tuple[str, ...]:
        if url != candidate.repository:
            return fetch(commit, url)
        assert load_lock(file, round_) is not None
        raise Unreachable(url, "the connection failed")

    monkeypatch.setattr(store, "complete", lost)
    frozen = freeze(file, round_, store)
    assert isinstance(frozen.failures["acme"], Unreachable)
    assert "acme" in frozen.lock.candidates


def test_a_fork_with_nothing_in_time_is_frozen_all_the_same(
    store: ObjectStore, candidate: Candidate, make_round: MakeRound, tmp_path: Path
) -> None:
    late = make_round(candidate).model_copy(update={"submissions_close": datetime(2019, 1, 1, tzinfo=UTC)})
    frozen = freeze(tmp_path / "candidates.yml", late, store)
    assert not frozen.failures
    assert "acme" in frozen.lock.candidates


def test_the_file_is_what_a_person_can_read(
    store: ObjectStore, upstream: Any, candidate: Candidate, make_round: MakeRound, tmp_path: Path
) -> None:
    frozen = freeze(tmp_path / "candidates.yml", make_round(candidate), store)
    head = upstream.git("rev-parse", "HEAD")

    text = frozen.path.read_text()

    assert text.startswith("# Written by `harness freeze`")
    assert f"upstream: {head}" in text
    assert "committed_at: '2020-08-01T00:00:00Z'" in text
    assert [path.name for path in tmp_path.glob("*.lock.yml*")] == ["candidates.lock.yml"]


def test_no_lock_file_is_no_lock(make_round: MakeRound, tmp_path: Path) -> None:
    assert load_lock(tmp_path / "candidates.yml", make_round()) is None


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("round: 2020-08\n", "missing|required"),
        ("round: &a b\n", "anchor"),
        (
            "round: 2019-01\nseen_at: 2020-08-01T00:00:00Z\nupstream: null\ncandidates: {}\n",
            "lock file of round 2019-01",
        ),
        (
            "round: 2020-08\nseen_at: 2020-08-01T00:00:00\nupstream: null\ncandidates: {}\n",
            "has no zone",
        ),
    ],
)
def test_a_damaged_lock_file_stops_the_round(
    text: str, what: str, make_round: MakeRound, tmp_path: Path
) -> None:
    (tmp_path / "candidates.lock.yml").write_text(text)
    with pytest.raises(UserError, match=what) as caught:
        load_lock(tmp_path / "candidates.yml", make_round())
    assert "harness freeze" in (caught.value.hint or "")


def test_an_entry_of_another_ref_is_not_used(
    store: ObjectStore, fork: Any, candidate: Candidate, make_round: MakeRound, tmp_path: Path
) -> None:
    file = tmp_path / "candidates.yml"
    freeze(file, make_round(candidate), store)
    moved = make_round(candidate.model_copy(update={"ref": "v1"}))

    with pytest.raises(UserError, match="the round now names v1"):
        load_lock(file, moved)
    fork.git("tag", "v1")
    assert freeze(file, moved, store).lock.candidates["acme"].ref == "v1"
    assert load_lock(file, moved) is not None


def test_the_seed_follows_from_every_frozen_commit() -> None:
    at = datetime(2026, 10, 1, tzinfo=UTC)
    ours = Locked(
        repository="https://git.example/a", ref="master", commit="a" * 40, committed_at=at, seen_at=at
    )
    theirs = ours.model_copy(update={"commit": "b" * 40})
    lock = Lock(round="2026-10", seen_at=at, upstream="c" * 40, candidates={"ours": ours, "theirs": theirs})
    later = ours.model_copy(update={"commit": "d" * 40})
    seeds = {
        seed_of(None),
        seed_of(lock),
        seed_of(lock.model_copy(update={"upstream": "e" * 40})),
        seed_of(lock.model_copy(update={"candidates": {"ours": ours, "theirs": later}})),
        seed_of(lock.model_copy(update={"candidates": {"theirs": theirs, "ours": ours}})),
    }
    assert len(seeds) == 4
    assert seed_of(None) == 1
