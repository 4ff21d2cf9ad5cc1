"""Layouts and environments of the generations."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from harness.frameworks import GENERATIONS, UnknownGenerationError, generation_of
from harness.frameworks.generation import Compilation, EnvironmentSpec
from harness.frameworks.interpreter import NoInterpreterError, find_interpreter


def test_every_generation_has_the_same_names() -> None:
    for name, module in GENERATIONS.items():
        assert name == module.GENERATION
        for kind in module.KINDS:
            folder = module.connector_path(kind, "foo")
            files = module.required_files("foo", kind)
            assert all(path.startswith(folder + "/") for file in files for path in file.any_of)
            assert module.tests_path(kind, "foo").startswith("test/")
        assert bool(module.adapter) is not bool(module.no_adapter_because)


@pytest.mark.parametrize(
    ("path", "generation"),
    [
        ("hummingbot/connector/exchange_py_base.py", "v2"),
        ("hummingbot/connector/exchange_base.pyx", "v1"),
        ("hummingbot/market/market_base.pyx", "v0"),
    ],
)
def test_a_tree_is_recognised(path: str, generation: str) -> None:
    assert generation_of(["README.md", path]) == generation


def test_another_tree_is_not() -> None:
    with pytest.raises(UnknownGenerationError, match="v1, v2, v0"):
        generation_of(["README.md"])


@pytest.mark.parametrize("generation", list(GENERATIONS))
def test_todays_pins_are_exact(generation: str) -> None:
    pins: Path = GENERATIONS[generation].environment_spec().pins  # type: ignore[index]
    lines = [line for line in pins.read_text().splitlines() if line and not line.startswith("#")]
    assert lines
    if generation == "v2":
        assert all(re.match(r"[a-z0-9.-]+==\S+", line) for line in lines)


def spec(python_from: tuple[int, ...], python_to: tuple[int, ...]) -> EnvironmentSpec:
    return EnvironmentSpec(python_from, python_to, Path("pins.txt"), Compilation("hummingbot", 3))


def test_any_patch_of_the_last_version_fits() -> None:
    wanted = spec((3, 10, 12), (3, 13))
    assert [wanted.fits(each) for each in ((3, 10, 11), (3, 10, 12), (3, 13, 9), (3, 14, 0))] == [
        False, True, True, False,
    ]  # fmt: skip


def test_the_running_interpreter_is_taken_where_it_fits() -> None:
    running = sys.version_info[:3]
    assert find_interpreter(spec(running, running[:2])).version == running


def test_a_missing_interpreter_is_named_with_a_way_to_get_it() -> None:
    with pytest.raises(NoInterpreterError, match=r"Python 3\.99\.1 to 3\.99") as caught:
        find_interpreter(spec((3, 99, 1), (3, 99)))
    assert caught.value.hint == "uv python install 3.99"
