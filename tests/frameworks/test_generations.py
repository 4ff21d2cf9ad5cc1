"""Layouts and environments of the generations."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.frameworks import GENERATIONS, UnknownGenerationError, generation_of, interpreter, uv
from harness.frameworks.declaration import Declaration
from harness.frameworks.generation import EnvironmentSpec
from harness.frameworks.interpreter import Interpreter, NoInterpreterError, find_interpreters


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


def spec(python_from: tuple[int, ...], python_to: tuple[int, ...]) -> EnvironmentSpec:
    return EnvironmentSpec(python_from, python_to, lambda _: Declaration(), lambda _: {})


def test_the_environment_of_2020_is_pinned_whatever_a_tree_declares() -> None:
    declared = GENERATIONS["v0"].environment_spec().declared({"setup.py": "install_requires = ['acme']"}.get)
    assert declared.python == ">=3.7,<3.9"
    assert "aiohttp==3.6.2" in declared.requirements
    assert not any("acme" in each for each in declared.requirements)


def test_todays_environment_is_what_a_tree_declares() -> None:
    declared = GENERATIONS["v2"].environment_spec().declared({"setup.py": "install_requires = ['acme']"}.get)
    assert declared.requirements == ("acme",)


def test_any_patch_of_the_last_version_fits() -> None:
    wanted = spec((3, 10, 12), (3, 13))
    assert [wanted.fits(each) for each in ((3, 10, 11), (3, 10, 12), (3, 13, 9), (3, 14, 0))] == [
        False, True, True, False,
    ]  # fmt: skip


def test_the_running_interpreter_is_taken_where_it_fits() -> None:
    running = sys.version_info[:3]
    (found,) = find_interpreters(spec(running, running[:2]))
    assert found.version == running


def test_a_missing_interpreter_is_named_with_a_way_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def install(version: str) -> bool:
        asked.append(version)
        return False

    monkeypatch.setattr(uv, "install_python", install)
    monkeypatch.setattr(interpreter, "programs", lambda _: iter(()))
    with pytest.raises(NoInterpreterError, match=r"Python ==3\.12\.\*") as caught:
        find_interpreters(spec((3, 8), (3, 14)), "==3.12.*")
    assert caught.value.hint == "uv python install 3.12"
    assert asked == ["3.12"]


@pytest.fixture
def three(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Pythons 3.10, 3.12 and 3.13 on this machine, the second in two patches; those that were asked."""
    here = {"a": (3, 10, 4), "b": (3, 13, 0), "c": (3, 12, 1), "d": (3, 12, 9), "e": (3, 12, 0)}

    asked: list[str] = []

    def ask(program: str) -> tuple[Interpreter, Path]:
        asked.append(program)
        missing = Path("/nowhere") if program == "e" else Path(__file__)
        return Interpreter(Path(program), here[program]), missing

    monkeypatch.setattr(interpreter, "programs", lambda _: ((here[each][1], each) for each in here))
    monkeypatch.setattr(interpreter, "_ask", ask)
    return asked


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    ("wanted", "tested_with", "as_of", "found"),
    [
        ("==3.10.*", (), None, ["3.10.4"]),
        (">=3.10.12", (), None, ["3.13.0", "3.12.1"]),
        (">=3.8", (), None, ["3.13.0", "3.12.1", "3.10.4"]),
        (">=3.8", ("3.10",), None, ["3.10.4", "3.13.0", "3.12.1"]),
        (">=3.8", (), datetime(2024, 3, 1, tzinfo=UTC), ["3.12.1", "3.10.4", "3.13.0"]),
        (">=3.8", (), datetime(2024, 11, 1, tzinfo=UTC), ["3.13.0", "3.12.1", "3.10.4"]),
    ],
)
def test_upstreams_own_python_goes_first_then_the_newest_of_its_day(
    wanted: str, tested_with: tuple[str, ...], as_of: datetime | None, found: list[str]
) -> None:
    pythons = find_interpreters(spec((3, 8), (3, 14)), wanted, tested_with, as_of)
    assert [each.label for each in pythons] == found


def test_one_of_each_version_is_asked(three: list[str]) -> None:
    find_interpreters(spec((3, 8), (3, 14)))
    assert three == ["a", "b", "c"]


def test_a_python_without_headers_is_named(three: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreter, "programs", lambda _: iter([(12, "e")]))
    with pytest.raises(NoInterpreterError) as caught:
        find_interpreters(spec((3, 8), (3, 14)), "==3.12.*")
    assert caught.value.hint == "sudo apt-get install python3.12-dev"


def test_tests_of_2020_and_2021_are_told_that_there_are_no_keys() -> None:
    specs = {name: module.environment_spec() for name, module in GENERATIONS.items()}
    assert GENERATIONS["v0"].tests_path("market", "foo") + specs["v0"].keyless_tests == (
        "test/integration/test_foo_market"
    )
    told = {name: dict(each.test_environment) for name, each in specs.items()}
    assert told == {"v0": {"MOCK_API_ENABLED": "true"}, "v1": {"MOCK_API_ENABLED": "true"}, "v2": {}}
