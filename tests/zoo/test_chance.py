"""A defect that some seeds hide is told on the page, and makes the command fail."""

from __future__ import annotations

from pathlib import Path

from checks.conformance import test_order_life, test_resilience_hour
from tests.zoo.chance import Sought, Task, read, section, shares, tasks
from tests.zoo.defect import defect
from tests.zoo.planting import exchange
from tests.zoo.workers import keep_lines

QUICK = defect("quick", test_order_life.test_created_once, "", exchange("one = 1"))
SLOW = defect("slow", test_resilience_hour.test_an_hour_of_market_making, "", exchange("one = 1"))
ALWAYS = [Sought("always", seed, found=True) for seed in range(1, 21)]
OFTEN = [Sought("often", seed, found=seed != 3, words="" if seed != 3 else "passed") for seed in range(1, 21)]
SELDOM = [Sought("seldom", seed, found=seed > 2, words="a | b") for seed in range(1, 21)]


def test_all_get_a_seed_before_any_gets_the_next_and_hours_come_last() -> None:
    done = [Sought("quick", 1, found=True)]
    assert list(tasks([QUICK, SLOW], 2, 1, "", done)) == [Task("quick", 2), Task("slow", 1)]
    assert list(tasks([QUICK, SLOW], 2, 1, "created", [])) == [Task("quick", 1), Task("quick", 2)]


def test_nineteen_of_twenty_are_enough_and_eighteen_are_not() -> None:
    told = {each.defect: each for each in shares([*ALWAYS, *OFTEN, *SELDOM])}
    assert {name: each.too_seldom for name, each in told.items()} == {
        "always": False,
        "often": False,
        "seldom": True,
    }
    assert (told["often"].found, told["often"].missed) == (19, (3,))


def test_the_page_tells_of_those_that_were_not_found_each_time() -> None:
    lines = section([*ALWAYS, *OFTEN, *SELDOM], 9, "hummingbot 1")
    assert "3 of the 9 kinds" in lines[0]
    assert "with 20 seeds each" in lines[0]
    assert "1 were found each time" in lines[0]
    assert "| `often` | 20 | 19 | 3 | passed |" in lines
    assert "| `seldom` | 20 | 18 | 1, 2 | a / b |" in lines
    assert section(ALWAYS, 9, "hummingbot 1")[1:] == []


def test_the_last_that_was_said_of_each_counts(tmp_path: Path) -> None:
    file = tmp_path / "chance.ndjson"
    keep_lines(file, [{"defect": "quick", "seed": 1, "found": False}])
    keep_lines(file, [{"defect": "quick", "seed": 1, "found": True}])
    assert read(file) == [Sought("quick", 1, found=True)]
