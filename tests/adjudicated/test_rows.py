"""The rows are about requirements of the catalogue, and say what is true."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.requirement import Catalogue

HERE = Path(__file__).parent
ROWS = [
    row for file in sorted(HERE.glob("*.yml")) for row in yaml.safe_load(file.read_text(encoding="utf-8"))
]


def _name(row: dict[str, Any]) -> str:
    return f"{row['commit'][:9]}-{row['requirement']}"


@pytest.mark.parametrize("row", ROWS, ids=_name)
def test_a_row_is_whole(row: dict[str, Any]) -> None:
    assert set(row) == {"repository", "commit", "requirement", "met", "truth"}
    assert row["repository"].startswith("https://")
    assert re.fullmatch(r"[0-9a-f]{40}", row["commit"])
    assert row["requirement"] in Catalogue.load().by_id
    assert isinstance(row["met"], bool)
    assert len(row["truth"]) > 20


def test_no_finding_is_decided_twice() -> None:
    names = [_name(row) for row in ROWS]
    assert len(names) == len(set(names))
