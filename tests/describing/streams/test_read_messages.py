"""Channels of an account whose messages no test shows, with what the connector's source reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from harness.describing.assembling import Assembled, assemble
from harness.describing.documents.asked import Asked, Opened
from harness.describing.documents.fields import Field
from harness.describing.documents.said import Said
from harness.describing.documents.sentinels import SESSION
from harness.describing.fork_tests.kit import Harvest
from harness.describing.gathered import Sources
from harness.describing.questions import questions
from harness.describing.signing.signatures import explain
from harness.describing.source_code.source_reading import read_source
from harness.describing.streams.named_topics import by_topic
from harness.venue.described.loading import checked

HOST = "ws.acme.test"
LISTENER = """
STATES = {"live": OrderState.OPEN, "gone": OrderState.CANCELED, "done": OrderState.FILLED}

async def _user_stream_event_listener(self):
    async for event in self._iter_user_event_queue():
        if event["ch"] == "my.executions":
            order = self._order_tracker.all_updatable_orders.get(event["c"])
            self.process(TradeUpdate(trade_id=event["t"], fill_price=Decimal(event["p"])))
            self.process(OrderUpdate(new_state=STATES[event["s"]], exchange_order_id=event["i"]))
        elif event["kind"] == "my.account":
            self._account_balances[event["a"]] = Decimal(event["w"])
"""


def made_of(*topics: str, source: str = LISTENER) -> Assembled:
    token = SESSION["session.key"]
    frames = tuple(Said(HOST, "/ws", body=json.dumps({"op": "subscribe", "args": [each]})) for each in topics)
    asked = Asked({}, frames=frames, sockets=(Opened(HOST, "/ws", query=f"token={token}"),))
    read = read_source([source])
    return assemble(Sources("acme", "spot", Harvest(), (), asked, explain((), {}), source=read))


def channels_of(made: Assembled) -> dict[str, Any]:
    data: Any = made.data
    found: dict[str, Any] = data["connections"]["stream"]["channels"]
    return found


def test_a_topic_tells_what_the_listener_makes_of_its_messages() -> None:
    """By its words `executions` would be fills."""
    channels = channels_of(made_of("my.executions", "my.account"))
    assert {name: each["operation"] for name, each in channels.items()} == {
        "orders": "stream:orders",
        "balances": "stream:balances",
    }
    assert channels["orders"]["tells"] == {
        "ch": "my.executions",
        "s": "{order|order_status}",
        "i": "{order.order_id}",
        "c": "{order.client_order_id}",
        "t": "{fill.trade_id}",
        "p": "{fill.price|or 0}",
    }
    assert channels["balances"]["tells"]["w"] == "{balance.total}"
    assert "ch" not in channels["balances"]["tells"], "each is known by what stands elsewhere in it"


def test_a_message_names_its_topic_where_it_gets_into_no_queue_without() -> None:
    guard = (
        "async def _process_event_message(self, event_message, queue):\n"
        '    if len(event_message) > 0 and ("data" in event_message and "topic" in event_message):\n'
        "        queue.put_nowait(event_message)\n"
    )
    told = channels_of(made_of("my.executions", source=LISTENER + guard))["orders"]["tells"]
    assert told["topic"] == "{said.topic}"
    assert "topic" not in channels_of(made_of("my.executions"))["orders"]["tells"]


def test_only_the_fork_vouches_for_it_and_the_format_accepts_it() -> None:
    made = made_of("my.executions")
    data: Any = made.data
    assert data["known"]["connections / stream / channels / orders / tells"] == ["fork reads"]
    checked(data, Path("acme.yml"))


def test_nobody_is_asked_for_messages_of_a_topic_where_another_tells_the_same() -> None:
    made = made_of("my.executions", "my.orders2")
    asked = [each.text for each in questions(made)]
    assert not any("What do messages of orders" in each for each in asked)


def test_a_topic_that_begins_with_the_pair_is_named_by_that_of_another() -> None:
    leaf = Field(("ch",), "BTC-USDT@depth")
    assert by_topic(leaf, "{market.symbol}@depth").text == "{said.topic}"
    assert by_topic(leaf, "{market.symbol}@trade") is leaf


def test_of_two_topics_for_one_thing_the_one_that_names_the_account_tells_it() -> None:
    """The other is for everybody, as Evedex's `futures-perp:position`, with which its funding comes."""
    channels = channels_of(made_of("my.orders", f"my.orders-{SESSION['account.number']}"))
    told = [each["topic"] for each in channels.values() if "tells" in each]
    assert told == ["my.orders-{account.number}"]
