"""The table of attacks is complete and up to date."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hostile.table import BEGIN, END, HERE, PAGE, Area, areas, table
from tests.made_pages import with_table

SOURCE = '''"""How it is tried.

More."""
@pytest.fixture
def place(backend): ...
@attack("reads a|b", meets="nothing " "there")
def test_reading(place, tmp_path): ...
WALL = "a wall"
@attack("asks", meets=WALL)
@pytest.mark.parametrize("number", [1])
def test_asking(number): ...
def test_other(backend): ...
'''
EXPECTED = """\
2 attacks; 1 of them run on bubblewrap and on Docker, the rest on one of them or on none.

### How it is tried

| attack | defence | on | test |
|---|---|---|---|
| reads a\\|b | nothing there | both | [`test_reading`](../tests/hostile/test_tried.py) |
| asks | a wall | – | [`test_asking`](../tests/hostile/test_tried.py) |
"""


def test_a_mark_becomes_a_row(tmp_path: Path) -> None:
    (tmp_path / "test_tried.py").write_text(SOURCE)
    (tmp_path / "test_empty.py").write_text("")
    assert table(areas(tmp_path)) == EXPECTED


def test_the_page_is_up_to_date() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == with_table(page, BEGIN, table(areas()), END), "make docs"


@pytest.fixture(params=areas(), ids=lambda area: area.path.stem)
def area(request: pytest.FixtureRequest) -> Area:
    chosen: Area = request.param
    return chosen


def test_attacks_are_told_in_one_line_each(area: Area) -> None:
    for one in area.attacks:
        for words in (one.attack.tries, one.attack.meets):
            assert 8 <= len(words) <= 160, words
            assert words == words.strip().rstrip(".")
            assert words.isprintable()


def test_no_attack_is_told_twice() -> None:
    tries = [one.attack.tries for area in areas(HERE) for one in area.attacks]
    assert len(tries) == len(set(tries))
