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


@pytest.mark.parametrize(
    ("before", "made", "unit"),
    [
        ("", 'reply["x"]', "s"),
        ("", 'float(reply["x"])', "s"),
        ("", 'int(reply["x"]) * 1e-3', "ms"),
        ("", '0.001 * int(reply["x"])', "ms"),
        ("", 'int(reply["x"]) / 1000', "ms"),
        ("", 'round(reply.get("x", 0) / 1_000_000, 3)', "us"),
        ("", 'int(reply["x"]) // 10**9', "ns"),
        ("", 'Decimal(reply["x"]) / Decimal("1000")', "ms"),
        ("", 'int(reply["x"]) / 1000 / 1000', "us"),
        ("", 'int(reply["x"]) / CONSTANTS.IN_A_SECOND', "ms"),
        ("", 'datetime.fromisoformat(reply["x"]).timestamp()', "iso"),
        ("", 'dateutil.parser.parse(reply["x"]).timestamp()', "iso"),
        ("", 'pd.Timestamp(reply["x"]).timestamp()', "iso"),
        ("", 'utils.date_or_now(reply.get("x")).timestamp()', "iso"),
        ("", 'datetime.fromtimestamp(int(reply["x"]) / 1000).timestamp()', "ms"),
        ("", 'int(reply["x"]) / 1000 if "x" in reply else time.time()', "ms"),
        ("", 'self._seconds_of(reply["x"])', ""),
        ("", 'int(reply["x"]) - 5', ""),
        ("", 'int(reply["x"]) / 1000 if int(reply["x"]) > 1e11 else int(reply["x"])', ""),
        ("at = int(reply['x'])\n", "at * 1e-3", "ms"),
        ("at = int(reply['x'])\nat = at / 1000\n", "at", "ms"),
        ("at = int(reply['x'])\nat /= 1000\n", "at", "ms"),
        ("at = int(reply['x'])\nif at > 1e11:\n    at = at / 1000\nelif at:\n    at = at * 1\n", "at", ""),
        ("begun = int(self.begun * 1e3)\n", 'int(reply["x"]) / 1000', "ms"),
        ("if old:\n    at = reply['x']\nelse:\n    at = self._made(reply['x'])\n", "at", ""),
    ],
)
def test_the_unit_of_a_time_is_what_makes_seconds_of_it(before: str, made: str, unit: str) -> None:
    lines = "\n".join(f"    {line}" for line in f"{before}TradeUpdate(fill_timestamp={made})".splitlines())
    tree = _parsed(f"async def ask(self):\n    reply = await self.get(PATH)\n{lines}\n")
    assert tree is not None
    reads = Function(tree.body[0], {"IN_A_SECOND": 1000}).reading().reads
    assert [(each.path, each.fact, each.unit) for each in reads] == [(("x",), "fill.at", unit)]


def test_of_two_alternatives_the_first_is_it() -> None:
    made = 'int(reply["x"]) / 1000 if "x" in reply else pd.Timestamp(reply["y"]).timestamp()'
    assert facts(f"TradeUpdate(fill_timestamp={made})") == {("x",): "fill.at"}


@pytest.mark.parametrize(
    ("function", "unit"),
    [
        ('async def get_server_time(self):\n    return (await self.get(PATH))["x"] / 1000\n', "us"),
        ('async def get_server_time(self):\n    return (await self.get(PATH))["x"] / 1e6\n', "ns"),
        ('async def get_server_time(self):\n    return (await self.get(PATH))["x"] * 1000\n', "s"),
        ('async def get_server_time(self):\n    return (await self.get(PATH))["x"]\n', "ms"),
        ('async def ask(self):\n    self.seen((await self.get(PATH))["x"] / 1000)\n', "ms"),
        ('async def ask(self):\n    self.seen((await self.get(PATH))["x"], self.begun * 1000)\n', "ms"),
    ],
)
def test_the_exchanges_time_is_given_back_in_milliseconds(function: str, unit: str) -> None:
    tree = _parsed(function)
    assert tree is not None
    assert Function(tree.body[0], {}).reading().unit == unit


def test_each_time_of_a_reply_has_its_own_unit() -> None:
    body = (
        'async def ask(self):\n    reply = await self.get(CONSTANTS.PATH)\n    for each in reply["rows"]:\n'
        '        TradeUpdate(trade_id=each["id"], fill_timestamp=each["at"] / 1e9)\n'
        '        OrderUpdate(update_timestamp=each["told"])\n'
    )
    reading = read_source(['PATH = "/fills"\n', body]).of("/fills")
    assert reading is not None
    row = {"id": "{fill.trade_id}", "at": "{fill.at|ns|number}", "told": "{order.updated_at|s|number}"}
    assert template(reading, "order_trades", "fill") == {"rows": {"each fill": row}}


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
