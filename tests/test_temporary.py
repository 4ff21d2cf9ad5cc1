"""Whose a temporary folder is, and which are removed by whom."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from harness import ownership, temporary
from harness.ownership import Owner

OURS = frozenset({os.getuid()})
WAIT = """
import sys
from pathlib import Path
from harness import ownership, temporary
with temporary.folder("test", Path(sys.argv[1])) as place:
    print(ownership.current(), place, flush=True)
    sys.stdin.read()
"""


@contextmanager
def other_harness(place: Path) -> Iterator[tuple[subprocess.Popen[str], Owner, Path]]:
    """Another process with a folder of its own in `place`; ended by the test or afterwards."""
    with subprocess.Popen(
        [sys.executable, "-c", WAIT, str(place)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        name, folder = process.stdout.readline().split()
        owner = Owner.parse(name)
        assert owner is not None
        yield process, owner, Path(folder)
        process.kill()


def test_an_owner_is_gone_when_its_process_is(tmp_path: Path) -> None:
    assert not ownership.current().gone()
    with other_harness(tmp_path) as (process, owner, _):
        assert not owner.gone()
        process.kill()
        # Not waited for yet: a zombie has ended too.
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert owner.gone()
        process.wait()
        assert owner.gone()


def test_a_process_of_the_same_number_is_another_one() -> None:
    assert replace(ownership.current(), start=1).gone()


def test_what_ran_before_the_machine_started_anew_is_gone() -> None:
    assert replace(ownership.current(), boot="000").gone()


@pytest.mark.parametrize("change", [{"machine": "00000"}, {"namespace": "0000"}])
def test_whoever_cannot_be_asked_counts_as_alive(change: dict[str, str | int]) -> None:
    stranger = Owner(**{**vars(ownership.current()), "pid": 4_000_000, **change})
    assert not stranger.gone()


def test_a_name_is_read_as_it_was_written() -> None:
    assert Owner.parse(str(ownership.current())) == ownership.current()
    for text in ("", "1-2-3", f"{ownership.current()}\n", f"x{ownership.current()}-"):
        assert Owner.parse(text) is None


def test_a_folder_ends_with_its_block(tmp_path: Path) -> None:
    with temporary.folder("test", tmp_path) as place:
        (place / "file").touch()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_has_room_for_a_sockets_path(monkeypatch: pytest.MonkeyPatch) -> None:
    for depth in (temporary.DEEPEST, 200):
        deep = Path("/tmp" + "/x" * ((depth - 4) // 2))
        monkeypatch.setattr(tempfile, "tempdir", str(deep))
        path = temporary.places()[0] / f"harness-zzzz-zzzzzz-{'z' * 12}-gateway-abcdefgh" / "gateway.sock"
        assert len(str(path)) <= 107
        assert deep in temporary.places()


def test_a_folder_may_be_renamed_away(tmp_path: Path) -> None:
    with temporary.folder("test", tmp_path) as place:
        place.rename(tmp_path / "kept")
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_a_tree_deeper_than_any_path_is_removed(tmp_path: Path) -> None:
    code = "import os\nfor _ in range(3000): os.mkdir('deep-folder'); os.chdir('deep-folder')"
    with temporary.folder("test", tmp_path) as place:
        subprocess.run([sys.executable, "-c", code], cwd=place, check=True)
    assert list(tmp_path.iterdir()) == []


def test_only_what_gone_owners_left_is_swept(tmp_path: Path) -> None:
    foreign = ["notes", "harness-notes", f"harness-{ownership.current()}", "harness-1-2-3-rig-abcdefgh"]
    for name in foreign:
        (tmp_path / name).mkdir()
    with other_harness(tmp_path) as (_, _, living), other_harness(tmp_path) as (process, _, dead):
        process.kill()
        process.wait()
        (dead / "sealed").mkdir(mode=0)
        (dead / "link").symlink_to(living)
        assert temporary.sweep([tmp_path, tmp_path / "missing"], OURS) == [dead]
        assert living.is_dir()
        assert not dead.exists()
    assert {path.name for path in tmp_path.iterdir()} >= set(foreign)


def test_neither_links_nor_other_users_folders_are_swept(tmp_path: Path) -> None:
    gone = replace(ownership.current(), start=1)
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").touch()
    (tmp_path / f"harness-{gone}-rig-aaaaaaaa").symlink_to(precious)
    (tmp_path / f"harness-{gone}-rig-bbbbbbbb").mkdir()
    assert temporary.sweep([tmp_path], frozenset({os.getuid() + 1})) == []
    assert [path.name[-8:] for path in temporary.sweep([tmp_path], OURS)] == ["bbbbbbbb"]
    assert (precious / "file").exists()
