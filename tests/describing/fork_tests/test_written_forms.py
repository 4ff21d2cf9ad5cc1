"""How tests that do not use upstream's kit write what the connector's source reads."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import JsonValue

from harness.describing.fork_tests.written_forms import forms_in, with_forms
from harness.describing.source_code.read_replies import template
from harness.describing.source_code.source_reading import read_source


@pytest.mark.parametrize(
    ("literals", "form"),
    [
        ('{"x": 1.5}\n{"x": 2}', "number"),
        ('{"x": -1}', "number"),
        ('{"x": "1.5"}\n{"x": f"{price}"}\n{"x": str(price)}\n{"x": price}', "text"),
        ('{"x": 1}\n{"x": "1"}', None),
        ('{"x": "2024-01-01T00:00:00.000Z"}\n{"x": 123}\n{"x": "now"}', "iso"),
        ('{"x": 1640780000}', "s|number"),
        ('{"x": 1640780000123}\n{"x": 1}', "ms|number"),
        ('{"x": "1640780000123456"}', "us"),
        ('{"x": 1640780000123456789}', "ns|number"),
        ('{"x": 1640780000}\n{"x": "2024-01-01T00:00:00.000Z"}', None),
        ('{"x": True}\n{"x": None}\n{"x": []}', None),
        ("{", None),
    ],
)
def test_the_form_that_all_literals_under_a_key_have(literals: str, form: str | None) -> None:
    assert forms_in([literals]).get("x") == form


def test_a_reply_that_no_test_mocks_is_written_as_tests_write_its_leaves() -> None:
    source = (
        'FILLS_PATH_URL = "/api/fill"\n'
        "async def _all_trade_updates_for_order(self, order):\n"
        "    reply = await self._api_get(path_url=CONSTANTS.FILLS_PATH_URL)\n"
        "    for fill in reply:\n"
        '        TradeUpdate(trade_id=fill["id"], fill_price=fill["price"], '
        'fill_timestamp=fill["createdAt"])\n'
        '        self.log(fill["cid"], fill["left"])\n'
    )
    tests = '{"id": "f-1", "price": 2.5, "createdAt": "2024-01-01T00:00:00Z", "cid": 7, "left": 0.5}'
    plain = read_source([source])

    def made(form: bool) -> JsonValue:
        found = with_forms(replace(plain, tests=(tests,))) if form else plain
        reading = found.of("/api/fill")
        assert reading is not None
        return template(reading, "order_trades", "fill", "fill")

    row = {"id": "{fill.trade_id}", "price": "{fill.price}", "createdAt": "{fill.at|s|number}"}
    row |= {"cid": "{fill.client_order_id}", "left": ""}
    assert made(form=False) == {"each fill": row}
    formed = {"price": "{fill.price|number}", "createdAt": "{fill.at|iso}", "left": 0}
    assert made(form=True) == {"each fill": row | formed}
