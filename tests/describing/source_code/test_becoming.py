"""What a value of a reply is, by what a connector's source makes of it."""

from __future__ import annotations

import pytest

from harness.describing.routes.route_parts import _read
from harness.describing.routes.routes import Route
from harness.describing.source_code.function_reading import Function
from harness.describing.source_code.read_replies import template
from harness.describing.source_code.source_reading import _parsed, read_source


def facts(body: str) -> dict[tuple[str | int, ...], str]:
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    tree = _parsed(f"async def ask(self):\n    reply = await self.get(PATH)\n{lines}\n")
    assert tree is not None
    return {each.path: each.fact for each in Function(tree.body[0], {}).reading().reads if each.fact}


@pytest.mark.parametrize(
    ("made", "fact"),
    [
        ('TradingRule(p, min_notional_size=Decimal(str(reply["x"])))', "market.min_notional"),
        ('TradingRule(p, min_order_size=Decimal(reply.get("x", "1")))', "market.min_amount"),
        ('TradeUpdate(trade_id=str(reply["x"]), fill_price=price)', "fill.trade_id"),
        ('TradeUpdate(fill_timestamp=self._parse(reply.get("x")))', "fill.at"),
        ('TradeUpdate(fill_timestamp=int(reply["x"]) * 1e-3)', "fill.at"),
        ('[TokenAmount(amount=-Decimal(reply["x"]), token=token)]', "fill.fee|negated"),
        ('TokenAmount(amount=fee, token=reply["x"].upper())', "fill.fee_asset"),
        ('OrderUpdate(new_state=CONSTANTS.STATES[reply["x"]])', "order.status"),
        ('OrderUpdate(new_state=CONSTANTS.STATES.get(reply["x"], old))', "order.status"),
        ('data_type.Position(leverage=Decimal(reply["x"]))', "position.leverage"),
        ('FundingInfo(rate=Decimal(reply["x"]))', "funding.rate"),
    ],
)
def test_the_field_that_it_is_given_to_says_what_it_is(made: str, fact: str) -> None:
    assert facts(f"return {made}") == {("x",): fact}


@pytest.mark.parametrize(
    "made",
    [
        'TradingRule(p, min_order_size=Decimal(reply["x"]) * Decimal(reply["y"]))',  # of several
        'TradingRule(p, min_order_size=Decimal(reply["x"]) * 1000)',  # reckoned
        'TradeUpdate(fill_price=-Decimal(reply["x"]))',  # no price has the other sign
        'Position(leverage=-size if reply["side"] == "s" else Decimal("1"))',
        'Other(leverage=Decimal(reply["x"]))',
        'FundingInfo(index_price=Decimal(reply["x"]), mark_price=Decimal(reply["x"]))',
    ],
)
def test_what_is_made_of_several_or_reckoned_says_nothing(made: str) -> None:
    assert facts(f"return {made}") == {}


def test_names_that_are_given_one_another_are_followed() -> None:
    body = (
        'volume = reply.get("minVolume")\n'
        "if volume is not None:\n    least = Decimal(str(volume))\n"
        'else:\n    least = Decimal(reply["size"]) * Decimal(reply["price"])\n'
        "return TradingRule(p, min_notional_size=least)"
    )
    assert facts(body) == {("minVolume",): "market.min_notional"}


def test_what_is_compared_with_the_orders_own_id_is_one() -> None:
    body = (
        'for each in reply["list"]:\n    if str(each["id"]) != exchange_order_id:\n        continue\n'
        '    yield TradeUpdate(trade_id=each["request"])\n'
    )
    assert facts(body) == {("list", -1, "id"): "fill.order_id", ("list", -1, "request"): "fill.trade_id"}
    assert facts('return reply["id"] == order.client_order_id') == {("id",): "order.client_order_id"}


def test_a_part_that_another_function_is_given_is_read_by_it() -> None:
    """As Evedex's fills, whose fees are a list in each."""
    source = (
        'FILLS_PATH_URL = "/api/fill"\n'
        "async def _update_order_fills_from_trades(self):\n"
        "    reply = await self._api_get(path_url=CONSTANTS.FILLS_PATH_URL)\n"
        '    for fill in reply["list"]:\n'
        '        fee = self._fee(order, fill.get("fee", []))\n'
        '        TradeUpdate(trade_id=fill["tradeId"], fill_price=fill["p"], fee=fee)\n'
        "def _fee(self, order, fees):\n"
        '    return [TokenAmount(amount=Decimal(each["quantity"]), token=each["coin"]) for each in fees]\n'
    )
    found = read_source([source])
    assert found.operation("/api/fill") == "order_trades"
    reading = found.of("/api/fill")
    assert reading is not None
    fee = [{"quantity": "{fill.fee}", "coin": "{fill.fee_asset}"}]
    row = {"tradeId": "{fill.trade_id}", "p": "{fill.price}", "fee": fee}
    assert template(reading, "order_trades", "fill", "fill") == {"list": {"each fill": row}}


def test_a_route_whose_path_says_the_type_answers_as_the_paths_that_the_source_names() -> None:
    source = read_source(
        [
            'LIMIT_PATH_URL = "/order/limit"\nMARKET_PATH_URL = "/order/market"\n'
            "async def _place_order(self):\n"
            "    path = CONSTANTS.LIMIT_PATH_URL if limit else CONSTANTS.MARKET_PATH_URL\n"
            '    reply = await self._api_post(path_url=path)\n    return reply["id"]\n'
        ]
    )
    places = tuple(("x.test", "POST", f"/order/{word}", None) for word in ("limit", "market"))
    route = Route("place_order", "x.test", "POST", "/order/{type}", {}, "json", True, (), places)
    reading = _read(route, source)
    assert reading is not None
    assert template(reading, "place_order", "order", "order") == {"id": "{order.order_id}"}
