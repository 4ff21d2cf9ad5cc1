from __future__ import annotations

import contextlib
import io
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.errors import OurFailure, UserError
from harness.forks.comparison import compare
from harness.forks.object_store import ObjectStore
from harness.forks.released import released_tree, unpack
from harness.forks.tree import Tree
from harness.forks.upstream import upstream_commit
from harness.rounds.round import PypiUpstream

BACKEND = """
def prepare_metadata_for_build_wheel(folder, config_settings=None):
    import pathlib
    info = pathlib.Path(folder) / "tinybot-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\\nName: tinybot\\nVersion: 1.0\\n")
    return info.name
def build_wheel(*_a, **_k):
    raise SystemExit("nobody asked for a wheel")
"""
PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "tinybot"
version = "1.0"
"""
SOURCES = {
    "pyproject.toml": PROJECT,
    "backend.py": BACKEND,
    "PKG-INFO": "Metadata-Version: 2.1\nName: tinybot\nVersion: 1.0\n",
    "tinybot.egg-info/SOURCES.txt": "",
    "hummingbot/connector/exchange_py_base.py": "base\n",
    "hummingbot/core.pyx": "x\n",
    "hummingbot/core.cpp": "generated\n",
    "hummingbot/native.cpp": "written\n",
}


def archive(path: Path, files: dict[str, str], top: str = "tinybot-1.0/") -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(top + name)
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
    return path


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The package index is a folder."""
    folder = tmp_path / "index"
    folder.mkdir()
    archive(folder / "tinybot-1.0.tar.gz", SOURCES)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    return folder


def test_a_release_is_fetched_once(index: Path) -> None:
    said: list[str] = []
    first = released_tree("tinybot", "1.0", said.append)
    (index / "tinybot-1.0.tar.gz").unlink()

    assert released_tree("tinybot", "1.0") == first
    assert (first / "hummingbot/core.pyx").read_text() == "x\n"
    assert "tinybot 1.0" in said[0]


def test_a_release_that_is_not_there(index: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No matching distribution") as caught:
        released_tree("tinybot", "2.0")
    assert "pip download" in (caught.value.hint or "")
    assert not list((tmp_path / "cache" / "released").glob("tinybot-2.0/"))


def test_a_release_is_an_upstream_that_forks_are_compared_with(
    index: Path, store: ObjectStore, tmp_path: Path, make_repository: Callable[..., Any]
) -> None:
    upstream = upstream_commit(store, PypiUpstream(pypi="tinybot", version="1.0"))
    fork = make_repository(tmp_path / "from-release")
    acme = "hummingbot/connector/exchange/acme/acme_exchange.py"
    fork.commit(
        {
            **SOURCES,
            acme: "a = 1\n",
            "hummingbot/core.pyx": "y\n",
            "docs/x.md": "",
            "hummingbot/core.cpp": "?",
        }
    )
    commit = store.fetch(str(fork.path), "master", "test").commit
    store.complete(commit, str(fork.path))

    comparison = compare(store, upstream, commit)

    assert Tree(store, upstream.commit).paths() == (
        "backend.py",
        "hummingbot/connector/exchange_py_base.py",
        "hummingbot/core.pyx",
        "hummingbot/native.cpp",
        "pyproject.toml",
    )
    assert comparison.merge_base is None
    assert comparison.generation == "v2"
    assert [item.name for item in comparison.connectors if item.new] == ["acme"]
    assert {acme, "hummingbot/core.pyx"} <= {item.path for item in comparison.changes}
    assert "docs/x.md" not in {item.path for item in comparison.changes}
    again = upstream_commit(ObjectStore(tmp_path / "other.git"), PypiUpstream(pypi="tinybot", version="1.0"))
    assert again.commit == upstream.commit


@pytest.mark.parametrize("name", ["../escape", "/etc/escape", "top/../../escape"])
def test_an_archive_that_reaches_outside(name: str, tmp_path: Path) -> None:
    bad = archive(tmp_path / "bad.tar.gz", {name: "x"}, top="")
    with contextlib.suppress(OurFailure):  # an absolute name is put inside, the others are refused
        unpack(bad, tmp_path / "place" / "out")
    assert not Path("/etc/escape").exists()
    assert not (tmp_path / "escape").exists()
    assert not (tmp_path / "place" / "escape").exists()


def test_an_archive_with_two_tops(tmp_path: Path) -> None:
    with pytest.raises(OurFailure, match="one top folder"):
        unpack(archive(tmp_path / "two.tar.gz", {"a/x": "", "b/x": ""}, top=""), tmp_path / "out")
