"""Declarations resolved and installed from an index made of files; nothing is asked of any other."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.frameworks import resolving, uv, v2
from harness.frameworks.contents import brought_by
from harness.frameworks.declaration import Declaration
from harness.frameworks.resolving import Environment, environment
from tests.frameworks.packages import index_of_files, sdist, wheel

SPEC = replace(v2.environment_spec(), tools=("tool",))
HERE = f"=={sys.version_info[0]}.{sys.version_info[1]}.*"
BROKEN = 'raise SystemExit("no compiler of 2019 here")\n'


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = index_of_files(tmp_path, monkeypatch)
    wheel(folder, "tool", "1")
    return folder


def resolved(tmp_path: Path, *requirements: str, **more: tuple[str, ...]) -> Environment:
    declaration = Declaration(python=HERE, requirements=requirements, **more)
    return environment(tmp_path / "cache", SPEC, declaration, None)


def test_what_is_declared_is_installed_with_what_it_needs(tmp_path: Path, index: Path) -> None:
    wheel(index, "left", "1.0")
    wheel(index, "left", "2.0")
    wheel(index, "right", "3.0", requires=["left<2"])
    found = resolved(tmp_path, "right")
    assert found.lock.packages == ("left==1.0", "right==3.0", "tool==1")
    assert found.lock.relaxations == ()
    assert brought_by(found.packages)["left"] == {"left"}
    program = "import left, right; print(left.VERSION, right.VERSION)"
    said = subprocess.run(
        [found.folder / "bin/python", "-c", program], capture_output=True, text=True, check=True
    )
    assert said.stdout == "1.0 3.0\n"


def test_it_is_resolved_once(tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = resolved(tmp_path)
    for name in ("compiled", "install", "new_environment"):
        monkeypatch.setattr(uv, name, lambda *_arguments, **_more: pytest.fail("asked again"))
    assert resolved(tmp_path) == first


def test_of_what_quarrels_the_later_gives_way_and_is_named(tmp_path: Path, index: Path) -> None:
    wheel(index, "left", "1.0")
    wheel(index, "left", "2.0")
    wheel(index, "right", "3.0", requires=["left<2"])
    wheel(index, "right", "4.0")
    found = resolved(tmp_path, "left==2.0", "right==3.0", "gone==1")
    assert found.lock.packages == ("left==2.0", "right==4.0", "tool==1")
    assert list(map(str, found.lock.relaxations)) == ["right==4.0 instead of right==3.0", "without gone==1"]
    assert found.lock.left_out() == ("gone==1",)


@pytest.mark.parametrize(("pip", "right"), [("20.0.2", "3.0"), ("21.1.2", "4.0")])
def test_an_old_pip_keeps_to_what_is_declared(tmp_path: Path, index: Path, pip: str, right: str) -> None:
    for version in ("20.0.2", "21.1.2"):
        wheel(index, "pip", version)
    wheel(index, "left", "2.0")
    wheel(index, "right", "3.0", requires=["left<2"])
    wheel(index, "right", "4.0")
    found = resolved(tmp_path, "left==2.0", "right==3.0", f"pip=={pip}")
    assert f"right=={right}" in found.lock.packages


def test_one_that_takes_too_long_says_so(
    tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolving._Resolver, "left", lambda _: 0.001)
    with pytest.raises(uv.NotInstalledError, match="`uv pip compile` took more than 0 s"):
        resolved(tmp_path, "left")


def test_what_does_not_build_is_taken_in_a_version_with_a_wheel(tmp_path: Path, index: Path) -> None:
    wheel(index, "left", "1.0")
    sdist(index, "left", "2.0", {"setup.py": BROKEN})
    found = resolved(tmp_path, "left")
    assert found.lock.packages == ("left==1.0", "tool==1")
    assert found.lock.wheels_only == ("left",)


def _numpy(index: Path) -> Path:
    """A version with a wheel, and a later one without; the file given back is there once that was built."""
    marker = index / "numpy-was-built"
    wheel(index, "numpy", "1.0")
    project = (
        '[project]\nname = "numpy"\nversion = "2.0"\n'
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    backend = f"open({str(marker)!r}, 'w').close()\nraise SystemExit('no compiler')\n"
    sdist(index, "numpy", "2.0", {"pyproject.toml": project, "backend.py": backend})
    return marker


def test_what_takes_long_to_build_is_taken_with_a_wheel_where_one_fits(tmp_path: Path, index: Path) -> None:
    """numpy below 2 has no wheel for the newest Python of an upstream's day, and builds for half an hour."""
    builds = _numpy(index)
    assert resolved(tmp_path, "numpy").lock.packages == ("numpy==1.0", "tool==1")
    assert not builds.exists()


def test_also_where_something_declared_is_no_longer_to_be_had(tmp_path: Path, index: Path) -> None:
    """pandas-ta 0.3 was taken from the index, which the upstreams of 2025 declare beside numpy below 2."""
    builds = _numpy(index)
    wheel(index, "left", "1.0")
    found = resolved(tmp_path, "numpy", "left>=3", "right")
    assert found.lock.packages == ("left==1.0", "numpy==1.0", "tool==1")
    assert {each.declared for each in found.lock.relaxations} == {"left>=3", "right"}
    assert not builds.exists()


def test_what_is_advised_holds_unless_something_declared_contradicts_it(tmp_path: Path, index: Path) -> None:
    """A release forgets that its tests do not run with aiohttp 3.14."""
    for version in ("3.13", "3.14"):
        wheel(index, "aiohttp", version)
    assert "aiohttp==3.13" in resolved(tmp_path, "aiohttp>=3.8").lock.packages
    assert "aiohttp==3.14" in resolved(tmp_path, "aiohttp==3.14").lock.packages
    assert resolved(tmp_path).lock.packages == ("tool==1",)


def test_what_comes_alone_brings_nothing_along(tmp_path: Path, index: Path) -> None:
    wheel(index, "left", "1.0", requires=["nowhere"])
    found = resolved(tmp_path, alone=("left",), elsewhere=("git+https://example.org/x",))
    assert found.lock.packages == ("left==1.0", "tool==1")
    assert found.lock.left_out() == ("git+https://example.org/x",)


def test_an_index_that_does_not_answer_is_no_conflict(
    tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    with pytest.raises(uv.NotInstalledError, match="could not be installed"):
        resolved(tmp_path, "left")


def test_an_index_that_tells_no_times_is_asked_as_it_is_now(
    tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    simple = tmp_path / "simple"
    for name in ("left", "tool"):
        (simple / name).mkdir(parents=True)
        file = wheel(simple / name, name, "1")
        (simple / name / "index.html").write_text(f'<a href="{file.name}">{file.name}</a>')
    monkeypatch.delenv("UV_FIND_LINKS")
    monkeypatch.setenv("UV_DEFAULT_INDEX", simple.as_uri())
    declaration = Declaration(python=HERE, requirements=("left",))
    lock = environment(tmp_path / "cache", SPEC, declaration, datetime(2025, 1, 1, tzinfo=UTC)).lock
    assert (lock.as_of, lock.undated, lock.relaxations) == (None, True, ())
    assert lock.packages == ("left==1", "tool==1")


def test_a_lock_survives_being_written(tmp_path: Path, index: Path) -> None:
    lock = resolved(tmp_path, "gone").lock
    assert resolving.Lock.model_validate_json(lock.model_dump_json()) == lock
