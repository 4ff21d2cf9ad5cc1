"""Honeytokens lie where a thief looks, and are found wherever they turn up."""

from __future__ import annotations

from pathlib import Path

from harness.gateway.canaries import Canaries
from harness.scenarios.honeytokens import plant


def test_every_honeytoken_lies_where_its_name_says(tmp_path: Path) -> None:
    honeytokens = plant(tmp_path)
    canaries = Canaries(honeytokens.secrets)
    for name, secret in honeytokens.secrets.items():
        place = name.removeprefix("honeytoken ")
        if place.startswith("$"):
            assert honeytokens.environment[place.removeprefix("$")] == secret
        else:
            found = tmp_path / place.removeprefix("~/")
            text = "".join(
                each.read_text()
                for each in (found.rglob("*") if found.is_dir() else (found,))
                if each.is_file()
            )
            assert f"‹{name}›" in canaries.redact(text)
            assert secret not in canaries.redact(text).replace("\n", "")


def test_no_two_runs_plant_the_same(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    one, two = plant(tmp_path / "one"), plant(tmp_path / "two")
    assert not {*one.secrets.values()} & {*two.secrets.values()}
    assert one.secrets.keys() == two.secrets.keys()
