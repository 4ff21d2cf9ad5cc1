"""What a connector's listener says of messages about its account that no test shows."""

from __future__ import annotations

import textwrap

import pytest
from pydantic import JsonValue

from harness.describing.source_code.source import Message, Source
from harness.describing.source_code.source_reading import read_source
from harness.describing.streams.read_messages import of_source
from harness.venue.described.placeholders import ELSE, IF, THEN

STATES = 'STATES = {"live": OrderState.OPEN, "gone": OrderState.CANCELED, "done": OrderState.FILLED}\n'
LISTENER = (
    "async def _user_stream_event_listener(self):\n    async for event in self._iter_user_event_queue():\n"
)


def source_of(body: str, *others: str) -> Source:
    return read_source([STATES, LISTENER + textwrap.indent(textwrap.dedent(body), " " * 8), *others])


def messages_of(body: str, *others: str) -> dict[str, Message]:
    return {each.operation: each for each in source_of(body, *others).messages}


def facts_of(message: Message) -> dict[object, str]:
    return {each.path: each.fact for each in message.reading.reads if each.fact}


ORDERS_AND_BALANCES = """
    try:
        channel = event.get("channel")
        data = event["data"]
        if channel == "orders":
            tracked = self._order_tracker.all_updatable_orders.get(data["c"])
            if data["s"] in ["done"]:
                fee = fees([TokenAmount(amount=Decimal(data["n"]), token=data["N"])])
                self.process(TradeUpdate(trade_id=str(data["t"]), fee=fee,
                                         fill_timestamp=int(data["E"]) * 1e-3,
                                         fill_price=Decimal(data["p"]), fill_base_amount=Decimal(data["q"])))
            state = STATES[data["s"]]
            self.process(OrderUpdate(new_state=state, exchange_order_id=str(data["i"]),
                                     update_timestamp=int(data["E"]) * 1e-3))
        elif channel == "balances":
            for entry in data["rows"]:
                self._account_available_balances[entry["a"]] = Decimal(entry["f"])
                self._account_balances[entry["a"]] = Decimal(entry["w"])
    except Exception:
        self.logger().error("Unexpected.")
"""


def test_kinds_of_messages_are_told_apart_by_what_stands_in_them() -> None:
    found = messages_of(ORDERS_AND_BALANCES)
    assert found["stream:orders"].chosen == {("channel",): "orders"}
    assert facts_of(found["stream:orders"]) == {
        ("data", "c"): "order.client_order_id",
        ("data", "s"): "order.status",
        ("data", "i"): "order.order_id",
        ("data", "E"): "order.updated_at",
        ("data", "t"): "fill.trade_id",
        ("data", "p"): "fill.price",
        ("data", "q"): "fill.amount",
        ("data", "n"): "fill.fee",
        ("data", "N"): "fill.fee_asset",
    }
    assert found["stream:balances"].chosen == {("channel",): "balances"}
    assert facts_of(found["stream:balances"]) == {
        ("data", "rows", -1, "a"): "balance.asset",
        ("data", "rows", -1, "f"): "balance.free",
        ("data", "rows", -1, "w"): "balance.total",
    }


def test_a_message_is_made_as_the_listener_reads_it() -> None:
    source = source_of(ORDERS_AND_BALANCES)
    orders, balances = (of_source(name, "orders#7", source) for name in ("stream:orders", "stream:balances"))
    assert orders is not None
    assert balances is not None
    assert orders.template == {
        "channel": "orders",
        "data": {
            "c": "{order.client_order_id}",
            "s": "{order.status}",
            "i": "{order.order_id}",
            "E": "{order.updated_at|ms|number}",
            "t": "{fill.trade_id}",
            "p": "{fill.price}",
            "q": "{fill.amount}",
            "n": "{fill.fee}",
            "N": "{fill.fee_asset}",
        },
    }
    texts = {each.at[-1]: each.text for each in orders.fields}
    assert texts["p"] == "{fill.price|or 0}", "an order that was placed has no fill yet"
    assert texts["channel"] == "{said.topic}"
    (status,) = (each for each in orders.fields if each.fact == "order.status")
    assert status.words == {"live": ("open",), "gone": ("canceled",), "done": ("filled",)}
    rows: JsonValue = {
        "each balance": {"a": "{balance.asset}", "f": "{balance.free}", "w": "{balance.total}"}
    }
    assert balances.template == {"channel": "balances", "data": {"rows": rows}}


@pytest.mark.parametrize(
    ("test", "chosen"),
    [
        ('event["topic"].startswith("my.fills")', {("topic",): "my.fills"}),
        ('"my.fills" in event["topic"]', {("topic",): "my.fills"}),
        ('event["topic"] in ("my.fills", "your.fills")', {("topic",): "my.fills"}),
        ('"my.fills" == event.get("topic") and event["v"] == 2', {("topic",): "my.fills", ("v",): 2}),
    ],
)
def test_how_a_listener_may_tell_kinds_apart(test: str, chosen: dict[object, object]) -> None:
    found = messages_of(f"if {test}:\n    await self._process_fill(event['d'])\n", FILL)
    assert found["stream:fills"].chosen == chosen
    assert facts_of(found["stream:fills"])["d", "id"] == "fill.trade_id"


FILL = (
    "async def _process_fill(self, fill):\n"
    '    order = self._order_tracker.fetch_order(client_order_id=fill["client"])\n'
    "    fee = self._fee(fill)\n"
    '    self.process(TradeUpdate(trade_id=fill["id"], fill_price=Decimal(fill["price"]), fee=fee))\n'
    "def _fee(self, given):\n"
    '    return [TokenAmount(amount=Decimal(given["paid"]), token=given["paidIn"])]\n'
)


def test_what_other_methods_make_of_a_message_is_read_there() -> None:
    found = messages_of("if event['e'] == 'fill':\n    self._process_fill(event['d'])\n", FILL)
    assert facts_of(found["stream:fills"]) == {
        ("d", "id"): "fill.trade_id",
        ("d", "client"): "fill.client_order_id",
        ("d", "price"): "fill.price",
        ("d", "paid"): "fill.fee",
        ("d", "paidIn"): "fill.fee_asset",
    }


def test_what_is_awaited_is_no_part_of_the_message() -> None:
    body = "if event['e'] == 'fill':\n    known = await self.known(event['d'])\n    self.use(known['more'])\n"
    found = messages_of(f"{body}    self._process_fill(event['d'])\n", FILL)
    assert not any("more" in each.path for each in found["stream:fills"].reading.reads)


def test_a_listener_may_hand_the_whole_message_on() -> None:
    other = (
        "async def _process(self, message):\n    if message['e'] == 'fill':\n"
        "        self._process_fill(message)\n"
    )
    found = messages_of("await self._process(event)\n", other, FILL)
    assert found["stream:fills"].chosen == {("e",): "fill"}
    assert ("paid",) in facts_of(found["stream:fills"])


def test_a_method_that_calls_itself_is_read_once() -> None:
    other = "def _process(self, message):\n    self._process(message['d'])\n    self._process_fill(message)\n"
    found = messages_of("if event['e'] == 'fill':\n    self._process(event)\n", other, FILL)
    assert ("id",) in facts_of(found["stream:fills"])
    assert not any("d" in each.path for each in found["stream:fills"].reading.reads if each.fact)


def test_no_more_methods_are_read_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    body = "if event['e'] == 'fill':\n    self._process_fill(event)\n    self._more(event)\n"
    more = "def _more(self, message):\n    self._account_balances['x'] = Decimal(message['total'])\n"
    assert messages_of(body, FILL, more) == {}, "both make one message that tells two things"
    # The fee is read by another.
    monkeypatch.setattr("harness.describing.source_code.account_messages._MOST_METHODS", 2)
    assert list(messages_of(body, FILL, more)) == ["stream:fills"]


def test_a_message_of_fills_without_ids_but_with_a_state_tells_of_the_order() -> None:
    body = "if event['e'] == 'order':\n    self._process_order(event['d'])\n"
    other = (
        "def _process_order(self, order):\n"
        '    update = TradeUpdate(fill_price=Decimal(order["filledAvgPrice"]))\n'
        '    if order["status"] == "odd":\n        return\n    return update, order["quantity"]\n'
    )
    found = messages_of(body, other)
    assert facts_of(found["stream:orders"]) == {
        ("d", "filledAvgPrice"): "order.average_price",
        ("d", "quantity"): "order.amount",
        ("d", "status"): "order.status",
    }


def test_a_word_for_fills_is_said_where_a_fill_is_the_reason() -> None:
    body = ORDERS_AND_BALANCES.replace('if data["s"] in ["done"]', 'if data["x"] == "TRADE"')
    orders = of_source("stream:orders", None, source_of(body))
    assert orders is not None
    assert isinstance(orders.template, dict)
    data = orders.template["data"]
    assert isinstance(data, dict)
    assert data["x"] == {IF: "fill.trade_id", THEN: "TRADE", ELSE: ""}


@pytest.mark.parametrize(
    "body",
    [
        "self.logger().info(event)\n",
        "if event['e'] == 'pong':\n    continue\n",
        "for name, each in event['b'].items():\n    self._account_balances[name] = Decimal(each['total'])\n",
        "self._account_balances[event['a']] = Decimal(event['b'])\nself._process_fill(event)\n",
    ],
)
def test_what_tells_of_nothing_or_of_several_things_is_no_message(body: str) -> None:
    assert messages_of(body, FILL) == {}
    assert read_source([body, "def other(self, event):\n    pass\n"]).messages == ()
