"""Which defects are planted in a connector to see whether its tests notice."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.frameworks.mutation import draw, mutants
from harness.frameworks.unit_tests import FileCoverage, UnitTestResult


def texts(source: str) -> list[tuple[str, str]]:
    return [(mutant.old, mutant.new) for _, mutant in mutants("a.py", source.encode())]


@pytest.mark.parametrize(
    ("source", "old", "new"),
    [
        ("a == b", "==", "!="),
        ("a  <  b", "<", ">="),
        ("a not in b", "not in", "in"),
        ("(a) * (b)", "*", "/"),
        ("a - b", "-", "+"),
        ("a and b", "and", "or"),
        ("not a", "not ", ""),
        ("a = True", "True", "False"),
        ("a = 60", "60", "61"),
        ("a = b['price']", "'price'", "'price_'"),
        ('a = b["price"]', '"price"', '"price_"'),
        ("a = TradeType.BUY", "BUY", "SELL"),
        ("self.stop()", "self.stop()", "pass"),
        ("é = 'é', a == b", "==", "!="),
    ],
)
def test_kinds(source: str, old: str, new: str) -> None:
    assert (old, new) in texts(source)


@pytest.mark.parametrize(
    "source",
    [
        '"""One is 1."""',
        "self.logger().info(a == 1)",
        "def f(a: 1): ...",
        "from a import b",
        "a = (b\n    == c)",
        "a = 0x10",
        "this does not parse",
    ],
)
def test_no_defect_in_what_nobody_has_to_notice(source: str) -> None:
    assert texts(source) == []


def covered(tree: Path, source: str, lines: range) -> UnitTestResult:
    (tree / "a.py").write_text(source)
    numbers = tuple(range(1, source.count("\n") + 1))
    reached_by: dict[int, tuple[int, ...]] = dict.fromkeys(lines, (0,))
    file = FileCoverage(path="a.py", statements=numbers, missing=(), reached_by=reached_by)
    return UnitTestResult(ran=True, tests=("test_a.py::test_it",), files=(file,))


def test_only_lines_that_a_test_runs(tmp_path: Path) -> None:
    result = covered(tmp_path, "a = b == c\n" * 9, range(3, 6))
    assert [each.line for each in draw(tmp_path, result, 1, 16)] == [3, 4, 5]


def test_the_seed_decides_and_kinds_take_turns(tmp_path: Path) -> None:
    source = "a = b == c\n" * 40 + "a = b + c\n" * 3
    result = covered(tmp_path, source, range(1, 44))
    drawn = draw(tmp_path, result, 1, 8)
    assert drawn == draw(tmp_path, result, 1, 8)
    assert drawn != draw(tmp_path, result, 2, 8)
    assert sum(each.old == "+" for each in drawn) == 3
    assert len({each.line for each in drawn}) == 8


def test_a_file_in_another_encoding_is_left_alone() -> None:
    assert list(mutants("a.py", "# coding: latin-1\nname = 'é' == b\n".encode("latin-1"))) == []
