"""A site lives in a folder with other files: those stay, and what is left over of an earlier one goes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.errors import UserError
from harness.reporting.site.writing import LIST, write_site


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {LIST}


def test_what_is_left_over_goes_and_what_is_not_ours_stays(tmp_path: Path) -> None:
    write_site(tmp_path, {"index.html": "1", "rounds/a/index.html": "a", "rounds/a/b/badge.svg": "b"})
    (tmp_path / "CNAME").write_text("votes.example")
    (tmp_path / "rounds/note.txt").write_text("mine")
    write_site(tmp_path, {"index.html": "2"})
    assert names(tmp_path) == {"index.html", "CNAME", "rounds/note.txt"}
    assert not (tmp_path / "rounds/a").exists()
    assert (tmp_path / "index.html").read_text() == "2"


def test_a_file_is_copied_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "trace").write_bytes(b"\xff\x00")
    write_site(tmp_path / "site", {"traces/one": tmp_path / "trace"})
    assert (tmp_path / "site/traces/one").read_bytes() == b"\xff\x00"


def test_a_file_in_the_way_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("mine")
    with pytest.raises(UserError, match="did not write"):
        write_site(tmp_path, {"a.html": "1", "index.html": "2"})
    assert names(tmp_path) == {"index.html"}
    assert (tmp_path / "index.html").read_text() == "mine"


@pytest.mark.parametrize("path", ["../precious", "/etc/hostname", ".git/config", "a/../../precious", 7, ""])
def test_a_list_of_files_reaches_nothing_outside(tmp_path: Path, path: object) -> None:
    site = tmp_path / "site"
    (site / ".git").mkdir(parents=True)
    kept = [tmp_path / "precious", site / ".git/config"]
    for each in kept:
        each.write_text("kept")
    (site / LIST).write_text(json.dumps([path]))
    write_site(site, {"index.html": "1"})
    assert [each.read_text() for each in kept] == ["kept", "kept"]


@pytest.mark.parametrize("text", ["{", "7", "\udcff"])
def test_a_broken_list_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / LIST).write_text(text, errors="surrogateescape")
    with pytest.raises(UserError, match="cannot be read") as told:
        write_site(tmp_path, {"index.html": "1"})
    assert LIST in str(told.value)


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    outside, site = tmp_path / "outside", tmp_path / "site"
    outside.mkdir()
    site.mkdir()
    (site / "rounds").symlink_to(outside)
    with pytest.raises(UserError, match="is a link"):
        write_site(site, {"rounds/a.html": "1"})
    assert not list(outside.iterdir())
