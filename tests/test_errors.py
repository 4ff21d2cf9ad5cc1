"""Files and folders that cannot be used end a command with 2, the path and what to do; in no traceback."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from harness import cli
from harness.errors import UserError, of_storage
from harness.paths import cache_dir, made_empty
from harness.reporting.model import Result
from harness.reporting.publish import publish_round
from harness.scenarios.trace.store import name_of, packed, write
from harness.screenings.writing import writing, writing_beside
from tests.scenarios.trace.sample import ENTRIES, HEADER
from tests.world import upstream_and_fork, write_round

NOWHERE = Path("/sys/kernel/nobody-writes-here")  # not even root


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EACCES, "no permission"),
        (errno.EROFS, "read-only"),
        (errno.ENOSPC, "no space left"),
        (errno.EDQUOT, "quota"),
        (errno.ENOTDIR, "is a file"),
        (errno.EISDIR, "a folder is there"),
    ],
)
def test_what_a_person_can_put_right_names_the_path_and_a_remedy(number: int, words: str) -> None:
    told = of_storage(OSError(number, os.strerror(number), "/data/reports"))
    assert told is not None
    assert words in told.message
    assert told.where == "/data/reports"
    assert told.hint
    assert told.exit_code == 2


def test_a_full_disk_is_told_of_an_open_file_too() -> None:
    told = of_storage(OSError(errno.ENOSPC, "No space left on device"))
    assert told is not None
    assert told.where is None


def test_other_errors_of_the_system_are_not_about_storage() -> None:
    assert of_storage(OSError(errno.ECONNREFUSED, "refused")) is None
    assert of_storage(PermissionError(errno.EPERM, "not permitted")) is None
    assert of_storage(FileNotFoundError(errno.ENOENT, "gone", "/a/b")) is None


def _file(folder: Path) -> Path:
    (folder / "file").write_text("")
    return folder / "file"


@pytest.mark.parametrize("make", [_file, lambda _: NOWHERE, lambda folder: _file(folder) / "below"])
def test_a_cache_that_cannot_be_made(
    make: Callable[[Path], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = make(tmp_path)
    monkeypatch.setenv("HARNESS_CACHE", str(place))
    with pytest.raises(UserError, match="cache cannot be made") as told:
        cache_dir()
    assert told.value.where == str(place)
    assert "HARNESS_CACHE" in (told.value.hint or "")


def test_a_user_without_a_home_is_told_to_name_a_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HARNESS_CACHE", raising=False)
    monkeypatch.setattr("platformdirs.user_cache_path", lambda _: Path("~/.cache/connector-harness"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="no home folder"):
        cache_dir()
    assert not list(tmp_path.iterdir())


def ended(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["harness", *arguments])
    with pytest.raises(SystemExit) as end:
        cli.main()
    return int(end.value.code or 0)


@pytest.mark.parametrize("place", ["file", "cache"])
def test_a_run_ends_with_2_before_anything_is_fetched(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    upstream, fork = upstream_and_fork(tmp_path)
    file = write_round(tmp_path, upstream, {"hollow": fork.as_uri()})
    reports = _file(tmp_path) if place == "file" else tmp_path / "reports"
    monkeypatch.setenv("HARNESS_CACHE", str(NOWHERE if place == "cache" else tmp_path / "cache"))
    assert ended(monkeypatch, "run", str(file), "--reports", str(reports)) == 2
    said = capsys.readouterr().err
    assert str(NOWHERE if place == "cache" else reports) in said
    assert "→" in said
    assert "Traceback" not in said


PLACES: dict[str, Callable[[Path], Path]] = {
    "a file": _file,
    "below a file": lambda folder: _file(folder) / "below",
    "read-only": lambda _: NOWHERE,
    "below what the kernel makes up": lambda _: Path("/proc/nobody-makes-this/here"),
}
# Every option that names a folder to be written, but --to of `image` and `review`.
FOLDERS = {
    "run": ("run", "candidates.yml", "--reports", "{place}"),
    "check": ("check", "fork", "--round", "candidates.yml", "--reports", "{place}"),
    "describe": ("describe", "fork", "--round", "candidates.yml", "--to", "{place}"),
    "publish": ("publish", "--base-url", "https://a.example/votes", "--site", "{place}"),
    "next": ("next", "reports/tiny", "--id", "next", "--release", "v1", "--out", "{place}/next.yml"),
    "trace har": ("trace", "har", name_of(HEADER), "--output", "{place}/wire.har"),
}


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a round that was published and tallied, its fork, and a trace."""
    folder = tmp_path_factory.mktemp("decided")
    upstream, fork = upstream_and_fork(folder)
    file = write_round(folder, upstream, {"hollow": fork.as_uri()})
    reports = folder / "reports" / "tiny"
    reports.mkdir(parents=True)
    (reports / "round.yml").write_text(file.read_text())
    result = Result(
        round="tiny",
        rule="plurality",
        source="votes.csv",
        votes=1,
        candidates=(),
        winners=("hollow",),
        tie=False,
    )
    (reports / "result.json").write_text(result.model_dump_json(by_alias=True))
    publish_round(reports)
    write(folder / name_of(HEADER), packed(HEADER, ENTRIES))
    return folder


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("command", FOLDERS)
def test_a_folder_that_cannot_be_written_is_named_and_ends_with_2(
    command: str,
    place: str,
    decided: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    named = str(PLACES[place](tmp_path))
    monkeypatch.setenv("HARNESS_CACHE", str(decided / "cache"))
    monkeypatch.chdir(decided)
    assert ended(monkeypatch, *(word.format(place=named) for word in FOLDERS[command])) == 2
    said = capsys.readouterr().err
    assert named in said
    assert "→ " in said
    assert "Traceback" not in said


@pytest.mark.parametrize("place", PLACES)
def test_a_folder_that_has_to_be_empty_is_made_or_named(place: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be made"):
        made_empty(PLACES[place](tmp_path))
    new = made_empty(tmp_path / "new" / "folder")
    assert made_empty(new) == new, "what an earlier try left empty is in nobody's way"
    (new / "README.md").write_text("")
    with pytest.raises(UserError, match="not empty"):
        made_empty(new)


@pytest.mark.parametrize("command", ["run", "report", "freeze", "ballot"])
def test_a_second_writer_is_told_who_the_first_is(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    upstream, fork = upstream_and_fork(tmp_path)
    file = write_round(tmp_path, upstream, {"hollow": fork.as_uri()})
    folder = tmp_path / "reports" / "tiny"
    folder.mkdir(parents=True)
    (folder / "round.yml").write_text(file.read_text())
    publish_round(folder)
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    lock = tmp_path / "candidates.lock.yml"
    first = (
        writing_beside(tmp_path / f".{lock.name}.writing", lock) if command == "freeze" else writing(folder)
    )
    with first:
        assert ended(monkeypatch, command, str(file if command in ("run", "freeze") else folder)) == 2
    said = capsys.readouterr().err
    assert f"process {os.getpid()} on " in said
    assert "is writing to this folder" in said


def test_a_disk_that_is_full_ends_with_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    upstream, fork = upstream_and_fork(tmp_path)
    folder = tmp_path / "reports" / "tiny"
    folder.mkdir(parents=True)
    (folder / "round.yml").write_text(write_round(tmp_path, upstream, {"hollow": fork.as_uri()}).read_text())
    (folder / "round.json.partial").symlink_to("/dev/full")
    assert ended(monkeypatch, "report", str(folder)) == 2
    said = capsys.readouterr().err
    assert "no space left" in said
    assert "Traceback" not in said


def test_a_failure_of_ours_is_told_though_there_is_no_place_for_its_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> None:
        raise LookupError("no such thing")

    monkeypatch.setattr(cli, "app", broken)
    monkeypatch.setenv("HARNESS_CACHE", str(NOWHERE))
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 3
    said = capsys.readouterr().err
    assert "our own failure: LookupError: no such thing" in said
    assert "in broken" in said, "the traceback is there instead"
