"""What a connector's source says of replies that no test shows."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import JsonValue

from harness.describing.asking.mocked_exchange import Listening
from harness.describing.documents.sentinels import SETS, sets_of
from harness.describing.source_code.read_replies import at_host, completed, filled, template, whole_of
from harness.describing.source_code.source import Read
from harness.describing.source_code.source_reading import read_source
from harness.frameworks.newer_syntax import newer_pythons
from harness.venue.dialects.messages import Request
from harness.venue.market import SAMPLE_MARKETS
from harness.venue.session import Venue
from tests.venue.world import StillClock, data

CONSTANTS = 'BASE = "/api/v3"\nTIME = f"{BASE}/time"\nTOKEN = BASE + "/token"\nOK = "0"\n'


def _read(body: str) -> str:
    return f"async def ask(self):\n    reply = await self.get(CONSTANTS.TIME)\n{body}"


@pytest.mark.parametrize(
    ("body", "made"),
    [
        ('    return reply["data"]["ts"]\n', {"data": {"ts": "{now.at|ms|number}"}}),
        ('    return reply["time"] * 1e3\n', {"time": "{now.at|s|number}"}),
        ('    return dateparse(reply["timestamp"]).timestamp()\n', {"timestamp": "{now.at|iso}"}),
        ('    return reply["data"][0]["ts"]\n', {"data": [{"ts": "{now.at|ms|number}"}]}),
        ("    return float(reply)\n", "{now.at|ms|number}"),
        ('    data = reply["result"]\n    return data.get("ts")\n', {"result": {"ts": "{now.at|ms|number}"}}),
    ],
)
def test_where_a_time_stands(body: str, made: JsonValue) -> None:
    source = read_source([CONSTANTS, _read(body)])
    reading = source.of("/api/v3/time")
    assert reading is not None
    assert template(reading, "server_time") == made


def test_a_value_that_is_compared_is_the_one_that_is_hoped_for() -> None:
    login = (
        "async def connect(self, ws):\n    response = await ws.receive()\n    message = response.data\n"
        '    if message.get("event") != "login" or message["code"] != CONSTANTS.OK:\n        raise IOError\n'
    )
    (reading,) = read_source([CONSTANTS, login]).received
    assert set(reading.reads) == {Read(("event",), "login", may_lack=True), Read(("code",), "0")}
    assert template(reading, "") == {"event": "login", "code": "0"}


@pytest.mark.parametrize(
    "body",
    [
        '    if reply.get("code") == 0:\n        return True\n'
        '    if str(reply.get("code")) in ("80016",):\n        await self.lost()\n    return False\n',
        '    if reply["code"] == CONSTANTS.UNKNOWN:\n        raise IOError\n    return reply["code"] == 0\n',
        '    if reply["code"] in ("80016", "7"):\n        return False\n    return reply["code"] == 0\n',
    ],
)
def test_of_several_values_that_are_compared_the_first_that_leads_to_no_error_is_hoped_for(body: str) -> None:
    source = read_source([f'{CONSTANTS}UNKNOWN = "80016"\n', _read(body)])
    reading = source.of("/api/v3/time")
    assert reading is not None
    assert template(reading, "cancel_order") == {"code": 0}


_ONE_PATH = (
    'ORDER_PATH_URL = "/api/order"\n'
    "async def _place_order(self):\n    reply = await self._api_post(CONSTANTS.ORDER_PATH_URL)\n"
    '    return reply["orderId"], reply["transactTime"]\n'
    "async def _all_trade_updates_for_order(self, order):\n"
    "    reply = await self._api_get(CONSTANTS.ORDER_PATH_URL)\n"
    '    return [TradeUpdate(trade_id=str(reply["orderId"]), fill_price=Decimal(reply["price"]),\n'
    '                        fill_base_amount=Decimal(reply["executedQty"]),\n'
    '                        fee=fee(TokenAmount(amount=reply["cost"], token=reply["costIn"])))]\n'
    "async def _request_order_status(self, order):\n"
    "    reply = await self._api_get(CONSTANTS.ORDER_PATH_URL)\n"
    '    return OrderUpdate(new_state=STATES[reply["status"]], exchange_order_id=str(reply["orderId"]))\n'
)


def test_routes_of_orders_that_share_a_path_are_read_by_their_own_methods() -> None:
    source = read_source([_ONE_PATH])
    placed, status = (source.of("/api/order", operation) for operation in ("place_order", "order_status"))
    assert placed is not None
    assert status is not None
    assert {each.path for each in placed.reads} == {("orderId",), ("transactTime",)}
    assert template(status, "order_status", "order", "order") == {
        "status": "{order.status}",
        "orderId": "{order.order_id}",
        "price": "{order.price}",
        "executedQty": "{order.filled}",
        "cost": "{order.fee}",
        "costIn": "{order.fee_asset}",
    }
    assert source.asks("/api/order", "order_trades")
    assert not source.asks("/api/order", "balances")


def test_a_key_that_must_not_be_missing_is_there() -> None:
    login = (
        "async def connect(self, ws):\n    response = await ws.receive()\n    message = response.data\n"
        '    if message["id"] == id:\n        if "result" not in message:\n            raise IOError\n'
        '    if "error" not in message:\n        self.ready = True\n'
    )
    (reading,) = read_source([login]).received
    assert template(reading, "") == {"result": "", "id": "{said.id}"}


def test_what_a_message_is_opened_with_may_be_an_attribute_of_a_class() -> None:
    adaptor = (
        "class Adaptor:\n"
        '    _payload = "o"\n'
        "    @classmethod\n    def payload_of(cls, message):\n"
        "        payload = ujson.loads(message.get(cls._payload))\n        return payload\n"
    )
    login = (
        "async def connect(self, ws):\n    response = await ws.receive()\n"
        "    payload = ws.payload_of(response.data)\n"
        '    if not payload["Authenticated"]:\n        raise IOError\n'
    )
    (reading,) = read_source([adaptor, login]).received
    assert template(reading, "") == {"o": {"$json": {"Authenticated": True}}}
    other = adaptor.replace("Adaptor", "Other").replace('"o"', '"p"')
    assert read_source([f"{adaptor}\n\n{other}", login]).received == ()  # nobody knows which


def test_a_token_and_whose_it_is() -> None:
    text = (
        "async def open(self):\n    reply = await self.post(TOKEN)\n"
        '    return reply["token"], reply.get("user_id")\n'
    )
    reading = read_source([CONSTANTS, text]).of("/api/v3/token")
    assert reading is not None
    made = template(reading, "stream_token")
    assert made == {"token": "{session.key}", "user_id": "{account.number}"}
    assert filled(made, {"session.key": "abc", "account.number": "7"}, 0.0) == {
        "token": "abc",
        "user_id": "7",
    }


def test_rows_of_a_list() -> None:
    text = (
        "async def fees(self):\n    rows = await self.get(CONSTANTS.TIME)\n    for row in rows:\n"
        '        self.use(row["market"], row["fees"]["maker"])\n'
    )
    reading = read_source([CONSTANTS, text]).of("/api/v3/time")
    assert reading is not None
    assert template(reading, "fees") == {
        "each market": {"market": "{market.symbol}", "fees": {"maker": "{market.maker_fee}"}}
    }


def test_an_account_that_is_looked_for_is_there() -> None:
    """As HTX's accounts: the one that works and is for spot has the number that other paths are made of."""
    text = (
        "async def account(self):\n    reply = await self.get(CONSTANTS.TIME)\n"
        '    for each in reply["data"]:\n'
        '        if each["state"] == "working":\n            self.id = str(each["id"])\n'
    )
    reading = read_source([CONSTANTS, text]).of("/api/v3/time")
    assert reading is not None
    assert template(reading, "balances") == {"data": [{"state": "working", "id": "{account.number}"}]}


def test_what_is_gone_through_by_its_keys_is_an_object() -> None:
    text = (
        "async def orders(self):\n    reply = await self.get(CONSTANTS.TIME)\n"
        '    for each in reply.get("open").values():\n        self.use(each)\n'
        "    for name, row in reply.items():\n        self.use(name, row)\n"
    )
    reading = read_source([CONSTANTS, text]).of("/api/v3/time")
    assert reading is not None
    assert template(reading, "") == {"open": {}}


def test_of_several_paths_in_one_method_those_are_left_out_that_speak_for_something_else() -> None:
    text = (
        "async def _update_balances(self):\n    held = await self.get(CONSTANTS.HELD)\n"
        "    return held, await self.get(CONSTANTS.OPEN)\n"
    )
    source = read_source(['HELD = "/private/Holdings"\nOPEN = "/private/OpenOrders"\n', text])
    assert (source.operation("/0/private/Holdings"), source.operation("/0/private/OpenOrders")) == (
        "balances",
        "",
    )


def test_what_is_read_of_an_error_is_no_part_of_a_good_reply() -> None:
    body = (
        '    if "code" in reply:\n        raise IOError(reply["msg"])\n'
        '    return reply["serverTime"]\n'
        "async def token(self):\n    reply = await self.get(CONSTANTS.TOKEN)\n"
        '    if "code" not in reply:\n        return reply["token"]\n'
        '    elif reply["code"] != CONSTANTS.OK:\n        raise IOError(reply["msg"])\n'
    )
    source = read_source([CONSTANTS, _read(body)])
    for path, key in (("/api/v3/time", "serverTime"), ("/api/v3/token", "token")):
        reading = source.of(path)
        assert reading is not None
        assert [each.path for each in reading.reads] == [(key,)]


def test_a_path_of_one_word_is_known_by_its_constants_name() -> None:
    constants = 'ORDER_PATH = "order"\nCANCEL_URL = "CancelOrder"\nEVENT_ENDPOINT_NAME = "OrderEvent"\n'
    text = (
        "async def _place_order(self):\n    return await self._api_post(path_url=CONSTANTS.ORDER_PATH)\n"
        "async def _place_cancel(self):\n    self.wait_for(CONSTANTS.EVENT_ENDPOINT_NAME)\n"
        "    return await self._api_post(path_url=CONSTANTS.CANCEL_URL)\n"
    )
    source = read_source([constants, text])
    assert source.operation("/sapi/v1/order") == "place_order"
    assert source.operation("/sapi/v1/CancelOrder") == "cancel_order"
    assert dict(source.asked) == {"order": "place_order", "CancelOrder": "cancel_order"}


def test_what_is_no_python_and_what_names_no_route_says_nothing() -> None:
    source = read_source(["def broken(:", "async def f(self):\n    x = await self.g()\n    return x['a']\n"])
    assert (dict(source.routes), source.received) == ({}, ())


def test_an_empty_reply_of_the_tests_is_completed_and_a_full_one_stands() -> None:
    assert completed({}, {"serverTime": 1}) == {"serverTime": 1}
    assert completed({"serverTime": "x"}, {"serverTime": 1, "zone": 2}) == {"serverTime": "x", "zone": 2}
    assert completed([], {"serverTime": 1}) == []


def test_a_whole_address_is_a_route_by_its_path_and_a_base_of_others_is_none() -> None:
    constants = 'REST_URL = "https://acme.test/api/v2"\nSERVER_TIME_URL = "https://acme.test/api/v2/now"\n'
    text = (
        "async def get_current_server_time(self):\n"
        "    reply = await self.get(CONSTANTS.REST_URL, CONSTANTS.SERVER_TIME_URL)\n"
        '    return reply["micros"]\n'
    )
    source = read_source([constants, text])
    assert source.operation("/api/v2/now") == "server_time"
    assert list(source.routes) == ["/api/v2/now"]


def test_a_route_is_asked_for_by_the_method_that_its_function_names() -> None:
    constants = 'PLACE = "/order/create"\nCANCEL = "/order/cancel"\n'
    place = "async def _place_order(self):\n    return await self._api_post(path_url=PLACE)\n"
    cancel = "async def _place_cancel(self):\n    return await self.ask(RESTMethod.DELETE, CANCEL)\n"
    source = read_source([constants, place, cancel])
    assert source.asks_for("place_order") == ("POST", "/order/create")
    assert source.asks_for("cancel_order") == ("DELETE", "/order/cancel")
    assert source.asks_for("balances") is None


def test_of_a_mapping_of_addresses_all_are_meant() -> None:
    constants = 'POSITIONS = {"linear": "v5/position/list", "inverse": "v5/position/all"}\n'
    text = "async def _update_positions(self):\n    return await self._api_get(path_url=POSITIONS)\n"
    source = read_source([constants, text])
    assert source.operation("/v5/position/list") == source.operation("/v5/position/all") == "positions"


@pytest.mark.parametrize(("perpetual", "second"), [(False, "GRAVEL-TINDER"), (True, "GRAVEL-USDC")])
def test_tests_are_asked_about_their_own_pair_and_another(perpetual: bool, second: str) -> None:
    assert [each.pair for each in sets_of("BTC", "USDC", perpetual=perpetual)] == ["BTC-USDC", second]
    assert sets_of("", "", perpetual=perpetual)[0] == SETS[0]


def test_what_is_read_of_the_markets_is_known_from_the_methods_that_are_given_them() -> None:
    rules = (
        "async def _format_trading_rules(self, info):\n"
        "    for rule in filter(is_active, info):\n"
        '        self.use(rule["symbol"], rule.get("priceDecimals"))\n'
    )
    names = (
        "def _initialize_trading_pair_symbols_from_exchange_info(self, exchange_info):\n"
        '    for row in exchange_info:\n        self.map(row["symbol"], row["primary"])\n'
    )
    read = read_source([rules, names]).markets
    assert read is not None
    assert template(read, "symbols") == {
        "each market": {
            "symbol": "{market.symbol}",
            "priceDecimals": "{market.tick_decimals|number}",
            "primary": "",
        }
    }
    assert read_source([CONSTANTS]).markets is None


@pytest.mark.parametrize("loop", ["for reply in replies:", "for reply, pair in zip(replies, self.pairs):"])
def test_of_several_replies_at_once_each_is_read_alike(loop: str) -> None:
    text = (
        "async def _update_positions(self):\n"
        "    replies = await safe_gather(*[self._api_get(CONSTANTS.TIME) for _ in self.pairs])\n"
        f"    {loop}\n"
        '        for row in reply["result"]["list"]:\n            self.use(row["size"])\n'
    )
    reading = read_source([CONSTANTS, text]).of("/api/v3/time")
    assert reading is not None
    assert template(reading, "positions") == {"result": {"list": []}}


def test_what_is_asked_of_a_market_before_it_is_read_is_hoped_for() -> None:
    """As most connectors' utilities, and as Evedex's: a list, or an object that has it."""
    text = (
        "def is_exchange_information_valid(rule):\n"
        '    return rule.get("status") in ("TRADING", "LIVE") and rule["kind"] == "PERP"\n'
        "async def _format_trading_rules(self, info):\n"
        '    rules = info if isinstance(info, list) else info.get("list", [])\n'
        '    for rule in rules:\n        self.use(rule["priceIncrement"], rule["from"]["symbol"])\n'
    )
    read = read_source([text]).markets
    assert read is not None
    assert template(read, "symbols") == {
        "each market": {
            "priceIncrement": "{market.tick_size}", "from": {"symbol": "{market.base}"},
            "status": "TRADING", "kind": "PERP",
        }
    }  # fmt: skip


def test_a_path_that_two_methods_share_is_told_by_how_it_is_asked() -> None:
    """As Aevo's orders, looked up and cancelled at one address; the path of a price ends with its market."""
    text = (
        'ORDER = "/orders/{order_id}"\nPRICE = "/instrument"\n'
        "async def _place_cancel(self):\n    reply = await self._api_delete(ORDER)\n"
        '    if reply.get("error") is not None:\n        raise IOError(reply["reason"])\n'
        "async def _request_order_status(self):\n    reply = await self._api_get(ORDER)\n"
        '    return reply["status"]\n'
        "async def _get_last_traded_price(self, pair):\n"
        '    reply = await self._api_get(f"{PRICE}/{pair}")\n    return reply["mark_price"]\n'
    )
    source = read_source([text])
    assert source.operation("/orders/7", "DELETE") == "cancel_order"
    assert source.operation("/orders/7", "GET") == "order_status"
    assert source.asks_for("order_status") == ("GET", "/orders/{order_id}")
    assert source.operation("/instrument/BTC-PERP", "GET") == "ticker"
    assert source.operation("/instrument", "GET") == "ticker"
    reading = source.of("/instrument/BTC-PERP")
    assert reading is not None
    assert template(reading, "ticker") == {"mark_price": "{ticker.last}"}


def test_what_tells_of_an_error_lacks_in_a_good_reply_unless_it_is_needed() -> None:
    text = _read(
        '    if reply.get("error") is not None or reply["err_code"] != 0:\n'
        '        raise IOError(reply["error"])\n    return reply["ts"]\n'
    ).replace('raise IOError(reply["error"])', "raise IOError(reply)")
    reading = read_source([CONSTANTS, text]).of("/api/v3/time")
    assert reading is not None
    assert template(reading, "server_time") == {"err_code": 0, "ts": "{now.at|ms|number}"}


def test_an_error_that_is_looked_for_before_it_is_read_lacks_in_a_good_reply() -> None:
    """As Aevo's orders."""
    body = '    if "error" in reply:\n        raise IOError(reply["error"])\n    return reply["ts"]\n'
    reading = read_source([CONSTANTS, _read(body)]).of("/api/v3/time")
    assert reading is not None
    assert template(reading, "server_time") == {"ts": "{now.at|ms|number}"}


def test_a_price_of_a_perpetual_may_come_with_its_funding() -> None:
    """As Aevo's instruments."""
    body = '    return reply["mark_price"], reply["index_price"], reply["funding_rate"]\n'
    reading = read_source([CONSTANTS, _read(body)]).of("/api/v3/time")
    assert reading is not None
    assert template(reading, "ticker", "ticker") == {
        "mark_price": "{funding.mark_price}", "index_price": "{funding.index_price}",
        "funding_rate": "{funding.rate}",
    }  # fmt: skip


def test_rows_that_are_handed_to_another_function_are_read_by_it() -> None:
    text = (
        'FILLS = "/fills"\n'
        "async def poll(self):\n    reply = await self.get(FILLS)\n"
        '    for fill in reply["result"]["trades"]:\n        self.take(order_fill=fill, orders=1)\n'
        "def take(self, order_fill, orders):\n"
        '    self.told(order_fill["trade_id"], order_fill.get("price"))\n'
    )
    reading = read_source([text]).of("/fills")
    assert reading is not None
    assert template(reading, "order_trades", "fill") == {
        "result": {"trades": {"each fill": {"trade_id": "{fill.trade_id}", "price": "{fill.price}"}}}
    }


def test_what_a_connectors_queue_gets_may_be_a_part_of_the_message() -> None:
    """As Derive's; where the whole message is queued there is no such part."""
    text = (
        "async def _process_event_message(self, event_message, queue):\n"
        '    if event_message["params"].get("channel"):\n        queue.put_nowait({part})\n'
    )
    assert read_source([text.format(part='event_message["params"]')]).queued == ("params",)
    assert read_source([text.format(part="event_message")]).queued == ()


def test_where_a_token_opens_a_stream_the_reply_says_where_that_is() -> None:
    """As KuCoin's."""
    text = (
        'BULLET = "/bullet-public"\nasync def connect(self):\n    reply = await self.post(BULLET)\n'
        '    server = reply["servers"][0]\n'
        '    return server["endpoint"], int(server["pingInterval"]), reply["token"]\n'
    )
    reading = read_source([text]).of("/bullet-public")
    assert reading is not None
    made = at_host(template(reading, "stream_token"), "api.x.test")
    assert made == {
        "servers": [{"endpoint": "wss://api.x.test/stream", "pingInterval": 18_000}],
        "token": "{session.key}",
    }


@pytest.mark.parametrize(
    ("body", "part", "whole"),
    [
        ('    return reply["result"]\n', {"bids": []}, {"result": {"bids": []}}),
        ('    return reply["result"]\n', {"result": {"bids": []}}, {"result": {"bids": []}}),
        ('    return reply["bids"], reply["asks"]\n', {"bids": []}, {"bids": []}),
    ],
)
def test_the_part_of_a_reply_that_the_tests_show_stands_where_the_source_takes_it(
    body: str, part: JsonValue, whole: JsonValue
) -> None:
    reading = read_source([CONSTANTS, _read(body)]).of("/api/v3/time")
    assert whole_of(reading, part)[0] == whole


def test_what_is_left_out_is_completed_within_objects_too() -> None:
    told: JsonValue = {"result": {"id": 1}, "ok": True}
    read: JsonValue = {"result": {"trades": []}, "more": 2}
    assert completed(told, read) == {"result": {"id": 1, "trades": []}, "ok": True, "more": 2}


@pytest.mark.parametrize(
    ("keys", "whole"),
    [(("snapshot",), True), (("diff",), False), (("snapshot", "diff"), False), (("trade",), False)],
)
def test_a_connector_that_queues_no_changes_is_told_whole_books(keys: tuple[str, ...], whole: bool) -> None:
    lines = "".join(f"    key = self._{each}_messages_queue_key\n" for each in keys)
    assert read_source([f"def _channel_originating_message(self, message):\n{lines}"]).whole_books is whole


def test_of_two_methods_that_ask_for_one_path_the_one_counts_that_its_words_speak_for() -> None:
    source = (
        'POSITIONS_PATH_URL = "/api/position"\nPING_PATH_URL = "/api/ping"\n'
        "async def _fetch_last_fee_payment(self):\n    await self._api_get(CONSTANTS.POSITIONS_PATH_URL)\n"
        "async def _update_positions(self):\n    await self._api_get(CONSTANTS.POSITIONS_PATH_URL)\n"
        "async def get_current_server_time():\n    await get(CONSTANTS.PING_PATH_URL)\n"
        "def check_network_request_path(self):\n    return CONSTANTS.PING_PATH_URL\n"
    )
    found = read_source([source])
    assert found.operation("/api/position") == "positions"
    assert found.operation("/api/ping") == "server_time", "a ping tells no time, unless it is asked for it"


def test_what_two_functions_read_of_one_list_is_read_of_its_rows() -> None:
    source = (
        'MARKETS_PATH_URL = "/api/instrument"\n'
        "async def _request_info(self):\n    data = await self._api_get(CONSTANTS.MARKETS_PATH_URL)\n"
        '    return data[0]["fundingRate"]\n'
        "async def _get_last_traded_price(self):\n"
        "    for each in await self._api_get(CONSTANTS.MARKETS_PATH_URL):\n"
        '        if each["name"] == symbol:\n            return float(each["lastPrice"])\n'
    )
    reading = read_source([source]).of("/api/instrument")
    assert reading is not None
    assert {each.path for each in reading.reads} == {(-1, "name"), (-1, "lastPrice"), (-1, "fundingRate")}


def test_what_is_asked_for_through_another_function_is_read_of_its_reply() -> None:
    """As Rubin's fills, Deepcoin's look-up of an order, and Evedex's funding."""
    source = (
        'FILLS_PATH_URL = "/fills"\nORDER_PATH_URL = "/orderByID"\n'
        "async def _request_order_fills(self, order):\n"
        "    res = await self._api_get(path_url=CONSTANTS.FILLS_PATH_URL)\n    return res\n"
        "async def _all_trade_updates_for_order(self, order):\n"
        '    reply = await self._request_order_fills(order=order)\n    for fill in reply["fills"]:\n'
        '        TradeUpdate(trade_id=fill["id"], fill_price=Decimal(fill["price"]))\n'
        "async def _request_order_update(self, order):\n"
        "    data = await self._api_request(path_url=CONSTANTS.ORDER_PATH_URL)\n"
        '    if "data" in data:\n        return data["data"]\n    return data\n'
        "async def _request_order_status(self, order):\n"
        "    found = await self._request_order_update(order=order)\n"
        '    return OrderUpdate(new_state=STATES[found[0]["state"]])\n'
    )
    found = read_source([source])
    assert found.operation("/fills") == "order_trades"
    assert found.operation("/orderByID") == "order_status"
    fills, order = found.of("/fills"), found.of("/orderByID")
    assert fills is not None
    assert order is not None
    row = {"id": "{fill.trade_id}", "price": "{fill.price}"}
    assert template(fills, "order_trades", "fill", "fill") == {"fills": {"each fill": row}}
    assert template(order, "order_status", "order", "order") == {"data": [{"state": "{order.status}"}]}


def test_a_function_that_is_handed_over_is_read_where_it_is_awaited() -> None:
    """As Evedex's token, which its signer fetches by a function that the connector gives it."""
    source = (
        'AUTH_PATH_URL = "/dx-feed/auth"\n'
        "class Connector:\n"
        "    async def _fetch(self):\n        return await self._api_get(path_url=CONSTANTS.AUTH_PATH_URL)\n"
        "    def authenticator(self):\n        self._auth.set_fetcher(self._fetch)\n"
        "class Auth:\n"
        "    def set_fetcher(self, fetcher):\n        self._fetcher = fetcher\n"
        "    async def get_access_token(self):\n        data = await self._fetcher()\n"
        '        return data.get("token", "")\n'
        "    async def other(self):\n        data = await self._other()\n        return data['x']\n"
    )
    found = read_source([source])
    reading = found.of("/dx-feed/auth")
    assert reading is not None
    assert template(reading, "stream_token") == {"token": "{session.key}"}


def test_markets_and_prices_at_one_path_are_the_markets_that_both_read() -> None:
    """As Evedex's instruments, of which its prices ask with a parameter more."""
    source = (
        'MARKETS_PATH_URL = "/api/instrument"\n'
        "def trading_rules_request_path(self):\n    return CONSTANTS.MARKETS_PATH_URL\n"
        "async def _get_last_traded_price(self):\n"
        '    await self._api_get(CONSTANTS.MARKETS_PATH_URL, params={"fields": "metrics"})\n'
    )
    assert read_source([source]).operation("/api/instrument", "GET") == "symbols"


@pytest.mark.parametrize(
    ("body", "between"),
    [
        ('combine_to_hb_trading_pair(base=row["base"], quote=row["symbol"].split("/")[1])', "/"),
        ('combine_to_hb_trading_pair(*row["symbol"].split("_"))', "_"),
        ('combine_to_hb_trading_pair(*row["symbol"].split("_"), row["id"].split("-"))', ""),  # which?
        ('combine_to_hb_trading_pair(*row["symbol"].split("USDT"))', ""),
        ('use(row["symbol"].split("/"))', ""),  # no pair is made of it
    ],
)
def test_a_name_of_a_market_that_is_split_says_what_stands_between_its_assets(
    body: str, between: str
) -> None:
    assert read_source([f"def pairs(self, rows):\n    return [{body} for row in rows]\n"]).between == between


def test_a_market_that_is_asked_whether_it_is_active_is() -> None:
    """Its name is told as the source splits it."""
    source = read_source(
        [
            'PAIRS = "/markets"\ndef is_market_active(row):\n    return row.get("active", False)\n',
            "def trading_rules_request_path(self):\n    return PAIRS\n",
            "def _initialize_trading_pair_symbols_from_exchange_info(self, info):\n"
            "    for row in filter(is_market_active, info):\n"
            '        self.keep(combine_to_hb_trading_pair(*row["symbol"].split("/")))\n',
        ]
    )
    exchange = Listening(Venue(SAMPLE_MARKETS, 1, StillClock()), [], source, SETS[0])
    told = data(exchange.handle(Request("GET", "x.test", "/markets")))
    assert told == [{"symbol": f"{SETS[0].base}/{SETS[0].quote}", "active": True}]


def test_a_market_can_be_traded_whose_flags_are_set_and_whose_lists_have_the_word() -> None:
    text = (
        "def is_exchange_information_valid(rule):\n"
        '    return (rule.get("state") == "ON" and rule.get("mayTrade", False) and not rule["halted"]\n'
        '            and "SPOT" in rule.get("kinds", list()))\n'
        "def _initialize_trading_pair_symbols_from_exchange_info(self, info):\n"
        '    for each in filter(utils.is_exchange_information_valid, info["markets"]):\n'
        '        mapping[each["name"]] = combine_to_hb_trading_pair(each["base"], each["quote"])\n'
    )
    markets = read_source([text]).markets
    assert markets is not None
    made: Any = template(markets, "symbols")
    row = made["markets"]["each market"]
    assert {key: row[key] for key in ("state", "mayTrade", "halted", "kinds")} == {
        "state": "ON",
        "mayTrade": True,
        "halted": False,
        "kinds": ["SPOT"],
    }


@pytest.mark.parametrize(
    "told",
    [
        'free = Decimal(row["f"])\n        total = Decimal(row["f"]) + Decimal(row["x"])',
        'total = Decimal(row["t"])\n        frozen = Decimal(row["x"])\n        free = total - frozen',
    ],
)
def test_of_a_balance_that_is_reckoned_from_two_the_other_is_what_is_locked(told: str) -> None:
    text = (
        "async def _update_balances(self):\n    reply = await self._api_get(CONSTANTS.TIME)\n"
        f'    for row in reply["assets"]:\n        asset = row["a"]\n        {told}\n'
        "        self._account_balances[asset] = total\n"
        "        self._account_available_balances[asset] = free\n"
    )
    reading = read_source([CONSTANTS, text]).of("/api/v3/time")
    assert reading is not None
    assert {each.path[-1]: each.fact for each in reading.reads}["x"] == "balance.locked"


@pytest.mark.skipif(not newer_pythons(), reason="no Python newer than the one running")
def test_a_module_in_a_newer_pythons_syntax_is_read() -> None:
    source = read_source([CONSTANTS, "type Reply = dict\n" + _read('    return reply["ts"]\n')])
    assert source.of("/api/v3/time") is not None


def test_format_strings_of_newer_pythons_are_read_without_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.frameworks.syntax.parse_with_newer", lambda _: None)
    asks = _read('    self.log(f"{reply["ts"]}")\n    return reply["ts"]\n')
    assert read_source([CONSTANTS, asks]).of("/api/v3/time") is not None


_BY_WORD = """
async def _format_trading_rules(self, info):
    for rule in info["markets"]:
        {picked}
        yield TradingRule(
            rule["name"], min_order_size=Decimal(lot["least"]), min_price_increment=Decimal(tick.get("step"))
        )
"""


@pytest.mark.parametrize(
    "picked",
    [
        'by = {each["kind"]: each for each in rule.get("limits", [])}; '
        'lot = by.get("LOT", {}); tick = by.get("TICK", {})',
        'lot = next((each for each in rule["limits"] if each["kind"] == "LOT"), None); '
        'tick = next(each for each in rule["limits"] if "TICK" == each.get("kind"))',
        'lot = [each for each in rule["limits"] if each["kind"] in ("LOT", "LOTS")][0]; '
        'tick = [each for each in rule["limits"] if each["kind"] == "TICK"][0]',
    ],
)
def test_rows_that_are_picked_by_a_word_are_rows_of_their_own(picked: str) -> None:
    markets = read_source([_BY_WORD.format(picked=picked)]).markets
    assert markets is not None
    assert template(markets, "symbols") == {
        "markets": {
            "each market": {
                "name": "{market.symbol}",
                "limits": [
                    {"kind": "LOT", "least": "{market.min_amount}"},
                    {"kind": "TICK", "step": "{market.tick_size}"},
                ],
            }
        }
    }


def test_a_path_that_a_method_writes_out_and_one_that_a_book_is_asked_for_with() -> None:
    text = (
        'BOOK_PATH_URL = "/public/book/{base}_{quote}"\n'
        "def trading_rules_request_path(self):\n"
        '    return f"/public/all_{self._quote}"\n'
        "def trading_pairs_request_path(self):\n"
        '    return f"/public/{self._what}"\n'
        "async def _order_book_snapshot(self, pair):\n"
        "    reply = await self.get(CONSTANTS.BOOK_PATH_URL.format(base=1, quote=2))\n"
        '    return OrderBookMessage(kind, {"bids": reply["b"]})\n'
    )
    source = read_source([text])
    assert source.operation("/public/all_KRW", "GET") == "symbols"
    assert source.operation("/public/anything", "GET") == ""
    assert source.operation("/public/book/BTC_KRW", "GET") == "order_book"
