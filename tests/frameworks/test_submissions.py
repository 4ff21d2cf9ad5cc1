"""What is kept of a submission's build, and what is not."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from harness.errors import OurFailure
from harness.frameworks import submissions
from harness.frameworks.additions import Additions, Layer
from harness.frameworks.environment import BuildResult
from harness.frameworks.submissions import submission_build, with_its_libraries

BASE = cast(Any, SimpleNamespace(made_of="upstream", generation="v2"))
TREE = cast(Any, SimpleNamespace(commit="1" * 40, export=lambda place, prefixes: place.mkdir()))


def built(monkeypatch: pytest.MonkeyPatch, place: Path, *, out_of_time: bool) -> BuildResult:
    def prepare(*_: object, **__: object) -> BuildResult:
        return BuildResult(False, cast(Any, None), ("a.pyx",), ("a.pyx",), "log", (), 600.0, out_of_time)

    monkeypatch.setattr(submissions, "EnvironmentBuilder", lambda *_: SimpleNamespace(prepare=prepare))
    monkeypatch.setattr(submissions, "runtime_of", lambda *_: None)
    monkeypatch.setattr(submissions, "asdict", lambda result: vars(result))
    return submission_build(place, cast(Any, None), BASE, TREE)


def test_a_build_that_the_clock_ended_is_ours_and_not_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(OurFailure, match="1 modules were not built within 600 s"):
        built(monkeypatch, tmp_path, out_of_time=True)
    again = built(monkeypatch, tmp_path, out_of_time=False)
    assert (again.ok, again.failed, again.out_of_time) == (False, ("a.pyx",), False)


def test_a_build_that_failed_by_itself_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first = built(monkeypatch, tmp_path, out_of_time=False)
    assert built(monkeypatch, tmp_path, out_of_time=True) == first, "found again, not built again"


def test_a_submission_runs_with_the_libraries_that_it_adds(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    texts = {"setup/environment.yml": "dependencies:\n  - numpy\n"}
    adding = {"setup/environment.yml": "dependencies:\n  - numpy\n  - acme-sdk>=1\n"}
    asked: list[tuple[str, ...]] = []
    layered = Layer(Additions(asked=("acme-sdk>=1",)), tmp_path)

    def layer(*arguments: Any) -> Layer:
        asked.append(tuple(arguments[4]))
        return layered

    lock = SimpleNamespace(as_of=None)
    base = cast(Any, SimpleNamespace(generation="v2", environment=SimpleNamespace(lock=lock)))
    tree = cast(Any, SimpleNamespace(text=adding.get))
    submission = cast(Any, SimpleNamespace(upstream_commit="0" * 40, merge_base=None, commit="1" * 40))
    monkeypatch.setattr(submissions, "Tree", lambda *_: SimpleNamespace(text=texts.get))
    monkeypatch.setattr(submissions, "layer", layer)
    monkeypatch.setattr(submissions, "submission_build", lambda *arguments: arguments[4])
    nobody = cast(Any, None)
    assert with_its_libraries(tmp_path, nobody, base, nobody, submission, tree) == layered
    assert asked == [("acme-sdk>=1",)]
