"""The file: written once, anew when something changed, and never the review."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.describing.writing import derived_from, review_trouble, write
from harness.errors import UserError


def _data(reply: Any = "{ticker.last}") -> dict[str, Any]:
    return {
        "exchange": "acme",
        "derived": "0123",
        "hosts": {"rest": ["api.acme.test"]},
        "symbol": "{market.base}{market.quote}",
        "credentials": {"acme_api_key": {"is": "key"}},
        "routes": {"GET /ticker": {"operation": "ticker", "reply": {"last": reply, "code": 0}}},
        "refusals": {"status": 400, "body": {"message": "{refusal.message}"}},
        "known": {"": ["kit"]},
    }


def test_a_second_writing_of_the_same_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "to" / "acme.yml"
    assert write(path, _data()).new
    before = path.stat().st_mtime_ns
    again = write(path, _data())
    assert (again.new, again.changes, path.stat().st_mtime_ns) == (False, (), before)
    assert derived_from(path) == "0123"


def test_what_changed_is_said_with_its_address(tmp_path: Path) -> None:
    path = tmp_path / "acme.yml"
    write(path, _data())
    (change,) = write(path, _data("{ticker.open}")).changes
    assert change == "~ routes / GET /ticker / reply / last: {ticker.last} → {ticker.open}"


def test_what_it_was_derived_from_is_kept_though_nothing_else_changed(tmp_path: Path) -> None:
    path = tmp_path / "acme.yml"
    write(path, _data())
    assert write(path, {**_data(), "derived": "4567"}).changes == ()
    assert derived_from(path) == "4567"


def test_a_review_is_left_alone_and_told_when_it_no_longer_fits(tmp_path: Path) -> None:
    path, review = tmp_path / "acme.yml", tmp_path / "acme.review.yml"
    at = "routes / GET /ticker / reply / last"
    text = f'- {{at: "{at}", by: Ann, date: 2026-11-29, page: "https://acme.test/docs"}}\n'
    review.write_text(text)
    write(path, _data())
    assert review_trouble(path) == ""
    changed = _data()
    changed["routes"]["GET /ticker"]["reply"] = {"price": "{ticker.last}"}
    write(path, changed)
    assert at in review_trouble(path)
    assert review.read_text() == text


def test_what_cannot_be_read_back_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no fact"):
        write(tmp_path / "acme.yml", _data("{ticker.nonsense}"))
    assert derived_from(tmp_path / "acme.yml") is None
