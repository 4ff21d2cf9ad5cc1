"""Addresses served from repositories on this machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.checking.endings import ending_of
from harness.errors import UserError
from harness.forks.errors import ContentMissing, RefMissing
from harness.forks.mirrors import MIRRORS, Mirrors, add_to_environment, mirrors_of_environment, read_mirrors
from harness.forks.object_store import ObjectStore
from harness.forks.pin import pin
from harness.forks.tree import Tree
from harness.outcome import Status
from harness.rounds.round import Candidate, GitUpstream, Round
from tests.forks.repository import CONNECTOR, Repository, a_candidate

UPSTREAM, FORK = "https://example.invalid/up/hummingbot", "https://example.invalid/acme/hummingbot"
CODE = f"{CONNECTOR}/acme/acme_exchange.py"


def clone(of: Repository, place: Path) -> Repository:
    """As a person clones it: its branches lie under `refs/remotes/origin/`."""
    of.git("clone", "--quiet", "--no-local", str(of.path), str(place))
    return Repository.at(place)


@pytest.mark.parametrize(
    "asked",
    [FORK, f"{FORK}/", f"{FORK}.git", "https://EXAMPLE.invalid/acme/hummingbot", "HTTPS://example.invalid/acme/hummingbot"],
)  # fmt: skip
def test_every_way_to_write_an_address(fork: Repository, asked: str) -> None:
    source = read_mirrors([f"{FORK}.git={fork.path}"]).source(asked)
    assert source.mirror == fork.path
    assert source.url == asked


@pytest.mark.parametrize(
    "other",
    ["https://example.invalid/Acme/hummingbot", f"{FORK}2", "git@example.invalid:acme/hummingbot"],
)
def test_other_addresses_are_asked_themselves(fork: Repository, other: str) -> None:
    assert read_mirrors([f"{FORK}={fork.path}"]).source(other).address == other


@pytest.mark.parametrize("line", ["", FORK, f"{FORK}=", "=/srv"])
def test_no_mirror(line: str) -> None:
    with pytest.raises(UserError, match="is not a mirror"):
        read_mirrors([line])


def test_a_folder_that_is_no_repository(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no git repository") as caught:
        read_mirrors([f"{FORK}={tmp_path}"])
    assert caught.value.where == str(tmp_path)


def test_the_command_line_adds_to_the_environment(
    tmp_path: Path, fork: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    spaced = clone(fork, tmp_path / "with a blank")
    monkeypatch.setenv(MIRRORS, f"{UPSTREAM}={fork.path} {FORK}={fork.path}")
    add_to_environment([f"{FORK}={spaced.path}"])
    mirrors = mirrors_of_environment()
    assert mirrors.source(FORK).mirror == spaced.path
    assert mirrors.source(UPSTREAM).mirror == fork.path


def test_a_relative_mirror_holds_in_another_folder(
    tmp_path: Path, fork: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(MIRRORS, raising=False)
    monkeypatch.chdir(fork.path.parent)
    add_to_environment([f"{FORK}={fork.path.name}"])
    monkeypatch.chdir(tmp_path.parent)
    assert mirrors_of_environment().source(FORK).mirror == fork.path
    monkeypatch.delenv(MIRRORS)


def test_an_environment_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MIRRORS, "'x=y")
    with pytest.raises(UserError, match=MIRRORS):
        mirrors_of_environment()


@pytest.fixture
def mirrored(tmp_path: Path, upstream: Repository, fork: Repository) -> ObjectStore:
    """A store that reads both addresses from clones, and a fork whose branch is in none of their heads."""
    upstream.git("tag", "v0.30.0")
    fork.git("checkout", "--quiet", "-b", "hotfix/tracking")
    fork.commit({CODE: "class AcmeExchange: ...\n", "redist/installer.exe": b"\0big"})
    fork.git("checkout", "--quiet", "master")
    places = {
        UPSTREAM: clone(upstream, tmp_path / "upstream-mirror").path,
        FORK: clone(fork, tmp_path / "fork-mirror").path,
    }
    return ObjectStore(tmp_path / "store.git", Mirrors(places))


@pytest.fixture
def row() -> Candidate:
    return a_candidate(FORK, "hotfix/tracking")


def of_mirror(make_round: Callable[..., Round], row: Candidate) -> Round:
    return make_round(row).model_copy(update={"upstream": GitUpstream(git=UPSTREAM, ref="v0.30.0")})


def test_a_round_is_read_from_mirrors_alone(
    mirrored: ObjectStore, row: Candidate, make_round: Callable[..., Round], fork: Repository
) -> None:
    submission = pin(mirrored, row, of_mirror(make_round, row))
    assert submission.repository == FORK
    assert submission.commit == fork.git("rev-parse", "hotfix/tracking")
    assert {change.path for change in submission.changes} == {CODE, "redist/installer.exe"}


def test_the_branch_that_a_mirror_followed_counts_and_not_its_own(
    mirrored: ObjectStore, tmp_path: Path, fork: Repository
) -> None:
    Repository.at(tmp_path / "fork-mirror").commit({"own": "work of whoever keeps the mirror\n"})
    found = mirrored.fetch(FORK, "master", "test")
    assert found.commit == fork.git("rev-parse", "master")
    assert found.full_ref == "refs/remotes/origin/master"


def test_a_mirror_may_share_objects_where_a_row_may_not(
    tmp_path: Path, fork: Repository, upstream: Repository
) -> None:
    place = tmp_path / "sharing"
    fork.git("clone", "--quiet", "--shared", str(fork.path), str(place))
    store = ObjectStore(tmp_path / "store.git", read_mirrors([f"{FORK}={place}"]))
    assert store.fetch(FORK, "master", "test").commit == upstream.git("rev-parse", "HEAD")


def test_a_ref_that_a_mirror_lacks_is_missing_at_its_address(mirrored: ObjectStore) -> None:
    with pytest.raises(RefMissing) as caught:
        mirrored.fetch(FORK, "hotfix/trackin", "test")
    assert caught.value.url == FORK
    assert "hotfix/tracking" in caught.value.similar


def test_a_missing_blob_is_named_and_only_what_needs_it_is_undetermined(
    mirrored: ObjectStore, row: Candidate, make_round: Callable[..., Round], tmp_path: Path, fork: Repository
) -> None:
    oid = fork.git("rev-parse", "hotfix/tracking:redist/installer.exe")
    mirror = Repository.at(tmp_path / "fork-mirror")
    for pack in (mirror.path / ".git/objects/pack").glob("*.pack"):
        pack.rename(tmp_path / pack.name)
        mirror.git("unpack-objects", "-q", stdin=(tmp_path / pack.name).read_bytes())
    (mirror.path / ".git/objects" / oid[:2] / oid[2:]).unlink()

    submission = pin(mirrored, row, of_mirror(make_round, row))
    tree = Tree.of(mirrored, submission)
    assert tree.lacking == ("redist/installer.exe",)
    assert tree.text(CODE) == "class AcmeExchange: ...\n"
    with pytest.raises(ContentMissing) as caught:
        tree.read("redist/installer.exe")
    ending = ending_of(caught.value, "a check")
    assert ending.status is Status.UNDETERMINED
    assert "redist/installer.exe" in ending.summary
