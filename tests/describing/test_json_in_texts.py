"""Messages whose texts hold JSON, and exchanges that number their markets: AlphaPoint's (ndax, foxbit)."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from harness.describing.documents.asked import Asked, Opened
from harness.describing.documents.leaves import packed, unpacked
from harness.describing.documents.names import facts_named
from harness.describing.documents.said import Said
from harness.describing.documents.sentinels import SESSION, SETS
from harness.describing.documents.wordlists import WordLists
from harness.describing.fork_tests.answers import Answer, answers
from harness.describing.fork_tests.book_notes import Made, Note
from harness.describing.fork_tests.kit import Harvest, Sample
from harness.describing.gathered import Sources
from harness.describing.replies.deriving import Derived, derive
from harness.describing.replies.own_ids import with_our_number
from harness.describing.signing.signatures import Explanation, Scheme
from harness.describing.signing.signing import _dotted
from harness.describing.source_code.read_replies import template
from harness.describing.source_code.source_reading import read_source
from harness.describing.streams.books import derived
from harness.describing.streams.stream_parts import _with_one_signature, stream_parts
from harness.describing.streams.streams import Connection, connections
from harness.describing.streams.subscriptions import Subscription
from harness.sandbox.inside.books import _message as _message_of
from harness.venue.described.said_topics import texts_in
from harness.venue.described.templates import found_at

NUMBER = SESSION["market.number"]
SENTINELS = SETS[0]


def _message(**held: Any) -> dict[str, Any]:
    return {"m": 3, "n": "OrderStateEvent", "o": json.dumps(held)}


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ('{"id": 1}', {"$json": {"id": 1}}),
        ("[[1, 2.5]]", {"$json": [[1, 2.5]]}),
        ("{'id': 1, 'ok': True, 'no': None}", {"$json": {"id": 1, "ok": True, "no": None}}),  # Python's form
        ("{}", "{}"),
        ("{1}", "{1}"),  # no JSON: a set
        ("{id}", "{id}"),
        ("[" * 99, "[" * 99),
        ("17", "17"),
    ],
)
def test_a_text_that_holds_json_is_opened(text: str, held: Any) -> None:
    assert unpacked({"o": [text]}) == {"o": [held]}


def test_what_was_opened_is_closed_again() -> None:
    """Without spaces, as exchanges write it: Foxbit's connector looks for `:true`."""
    message: Any = {"n": "x", "o": '{"a":[1,"2"],"b":true}'}
    assert packed(unpacked(message)) == message


def _told(sample_set: int, state: str, status: str) -> Sample:
    each = SETS[sample_set]
    message: Any = _message(OrderId=int(each.order_id), Price=each.price, OrderState=state)
    member = {
        "open": "order_event_for_new_order_websocket_update",
        "canceled": "order_event_for_canceled_order_websocket_update",
    }[status]
    return Sample(member=member, set=each.name, side="BUY", type="LIMIT", answers=(message, message))


def test_facts_within_a_text_are_found() -> None:
    samples = [_told(n, *each) for n in (0, 1) for each in (("Working", "open"), ("Canceled", "canceled"))]
    found = derive("stream:orders", answers(Harvest(samples=tuple(samples))), (), {})
    assert isinstance(found, Derived)
    assert found.template == {
        "m": 3,
        "n": "OrderStateEvent",
        "o": {
            "$json": {
                "OrderId": "{order.order_id|number}", "Price": "{order.price}",
                "OrderState": "{order.status}",
            }
        },
    }  # fmt: skip


def test_a_text_that_is_evaluated_holds_json() -> None:
    """As upstream's Foxbit, which makes Python's constants of JSON's before."""
    text = (
        "def opened(data):\n    return eval(data.replace(':null', ':None').replace(':true', ':True'))\n"
        "async def connect(self, ws):\n    reply = await ws.receive()\n"
        "    if opened(reply.data.get('o'))['Authenticated'] is True:\n        return ws\n"
    )
    (reading,) = read_source([text]).received
    assert template(reading, "") == {"o": {"$json": {"Authenticated": True}}}


def test_what_a_message_says_within_a_text_is_found_at_its_place() -> None:
    said: Any = {"n": "AuthenticateUser", "o": '{"Nonce": 17, "User": {"Id": 4}}'}
    assert found_at(said, "o.User.Id") == 4
    assert dict(texts_in(said))["o.Nonce"] == "17"
    assert _dotted("args[0].o.$json.Nonce") == "args.0.o.Nonce"


def test_a_subscription_whose_verb_says_what_it_is_to_is_its_own_topic() -> None:
    frames = tuple(
        Said("ws.x.test", "/ws", body=json.dumps({"m": 2, "i": 4, "n": name, "o": json.dumps(held)}))
        for name, held in (
            ("SubscribeLevel2", {"InstrumentId": int(NUMBER), "Depth": 10}),
            ("SubscribeTrades", {"InstrumentId": int(NUMBER)}),
            ("SubscribeAccountEvents", {"AccountId": int(SESSION["account.number"])}),
        )
    )
    (found,) = connections(Asked({}, frames=frames, sockets=(Opened("ws.x.test", "/ws"),)), (), {})
    assert (found.said, found.topics) == ({"n": "{any}"}, "")
    assert {each.operation: each.topic for each in found.subscriptions} == {
        "stream:book": {
            "n": "SubscribeLevel2", "m": 2,
            "o": {"$json": {"InstrumentId": "{market.number|number}", "Depth": 10}},
        },
        "stream:trades": {
            "n": "SubscribeTrades", "m": 2, "o": {"$json": {"InstrumentId": "{market.number|number}"}},
        },
        "stream:balances": {
            "n": "SubscribeAccountEvents", "m": 2,
            "o": {"$json": {"AccountId": "{account.number|number}"}},
        },
    }  # fmt: skip


SOURCE = """
LOGIN = "AuthenticateUser"
INSTRUMENTS = "api/GetInstruments"

class Adaptor:
    def opened(data):
        return json.loads(data)

    @classmethod
    def payload(cls, message):
        held = cls.opened(message.get("o"))
        return held

class Source:
    async def _connected_websocket_assistant(self):
        answer = await ws.receive()
        if not Adaptor.payload(answer.data)["Authenticated"]:
            raise IOError

    async def _load(self):
        reply = await rest.execute_request(url=CONSTANTS.INSTRUMENTS)
        self._learn(exchange_info=reply)

    def _learn(self, exchange_info):
        for row in filter(valid, exchange_info):
            mapping[row["InstrumentId"]] = combine(row["Product1Symbol"], row["Product2Symbol"])
"""


def test_the_source_opens_a_text_by_functions_of_its_own() -> None:
    (received,) = read_source([SOURCE]).received
    assert template(received, "") == {"o": {"$json": {"Authenticated": True}}}


def test_a_reply_that_is_handed_on_is_read_by_whom_it_is_handed_to() -> None:
    """And its market, whose assets are products with numbers, has a number and no name."""
    reading = read_source([SOURCE]).of("/v1/api/GetInstruments")
    assert reading is not None
    assert template(reading, "symbols", "market") == {
        "each market": {
            "InstrumentId": "{market.number|number}",
            "Product1Symbol": "{market.base}",
            "Product2Symbol": "{market.quote}",
        }
    }
    names: Any = {(name,): (name,) for name in ("product_id", "base_currency", "quote_currency")}
    assert facts_named(names, "market")[("product_id",)] == "market.symbol"  # Coinbase's has a name


def _symbols(row: dict[str, Any]) -> list[Answer]:
    member = "all_symbols_request_mock_response"
    told: Any = [row]
    samples = (
        Sample(member=member, set=SENTINELS.name, side="", type="", answers=(told, told)),
        Sample(
            member="order_event_for_new_order_websocket_update", set=SENTINELS.name, side="BUY", type="LIMIT",
            answers=(_message(Instrument=1, Account=1),) * 2,
        ),
    )  # fmt: skip
    return list(answers(Harvest(samples=samples)))


def test_the_number_of_a_market_is_ours_wherever_it_is_told() -> None:
    symbols, order = with_our_number(_symbols({"InstrumentId": 1, "Product1": 1}), ["coinalphahbot"])
    assert symbols.document == [{"InstrumentId": int(NUMBER), "Product1": 1}]
    assert json.loads(symbols.text) == symbols.document
    assert order.document == {
        "m": 3, "n": "OrderStateEvent", "o": {"$json": {"Instrument": int(NUMBER), "Account": 1}},
    }  # fmt: skip
    assert json.loads(json.loads(order.text)["o"]) == {"Instrument": int(NUMBER), "Account": 1}


@pytest.mark.parametrize(
    ("row", "symbols"), [({"InstrumentId": 1}, ["1"]), ({"InstrumentId": "COIN"}, []), ({"id": 1}, [])]
)
def test_a_market_that_has_no_other_name_keeps_it(row: dict[str, Any], symbols: list[str]) -> None:
    told = _symbols(row)
    assert list(with_our_number(told, symbols)) == told


PLACES = """
class Level(Enum):
    MDUPDATEID = 0
    ACTIONDATETIME = 1
    LASTTRADEPRICE = 2
    PRICE = 3
    PRODUCTPAIRCODE = 4
    QUANTITY = 5
    SIDE = 6

Trade = namedtuple("Trade", "id, instrument_id, quantity, price, order, time, trend, side")

class Side(Enum):
    BID = 0
    ASK = 1
"""


def test_rows_have_the_names_that_the_source_gives_to_their_places() -> None:
    positions = read_source([PLACES]).positions
    assert [len(each) for each in positions] == [7, 8]
    content: Any = {"update_id": 187, "bids": [], "asks": [["8432.0", "7.60"]]}
    change: Any = {"n": "Level2UpdateEvent", "o": "[[187, 1661952966257, 8432, 8432, 1, 7.6, 1]]"}
    deal: Any = {"n": "Trades", "o": '[[194, 1, "0.1", "8431.0", 7, 1661952966311, 0, 0]]'}
    made: Any = {"trade_id": 194, "trade_type": 1.0, "price": "8431.00", "amount": "0.10"}
    notes = [
        Note(kind=kind, raw=raw, made=(Made(type=kind.upper(), at=1661952966.257, content=told),))
        for kind, raw, told in (("diff", change, content), ("trade", deal, made))
    ]
    found = derived(notes, "coinalphahbot", positions)

    def level(side: int) -> list[Any]:
        return [
            "{book.last|number}", "{book.at|ms|number}", 8432, "{level.price|number}",
            "{market.number|number}", "{level.amount|number}", side,
        ]  # fmt: skip

    assert found["diff"].template == {
        "n": "Level2UpdateEvent", "o": {"$json": [{"each ask": level(1)}, {"each bid": level(0)}]},
    }  # fmt: skip
    assert ("o", "$json", "1", "each bid", "3") in {each.at for each in found["diff"].fields}
    assert found["trade"].template == {
        "n": "Trades",
        "o": {
            "$json": {
                "each trade": [
                    "{trade.trade_id|number}", "{market.number|number}", "{trade.amount}", "{trade.price}", 7,
                    "{trade.at|ms|number}", 0, "{trade.side|number}",
                ]
            }
        },
    }  # fmt: skip
    (side,) = (each for each in found["trade"].fields if each.fact == "trade.side")
    assert side.words == {"0": ("buy",), "1": ("sell",)}


def test_a_list_with_both_sides_of_which_the_tests_show_one_has_the_other() -> None:
    raw: Any = {"changes": [["buy", "4.5", "431"]]}
    note = Note(
        kind="diff", raw=raw, made=(Made(type="DIFF", at=None, content={"bids": [[4.5, 431]], "asks": []}),)
    )
    assert derived([note], "")["diff"].template == {
        "changes": [
            {"each bid": ["buy", "{level.price}", "{level.amount}"]},
            {"each ask": ["sell", "{level.price}", "{level.amount}"]},
        ]
    }


def test_of_two_signatures_in_a_login_the_one_that_was_reproduced_is_demanded() -> None:
    """As Foxbit's, which signs the message and once more the text in it, a moment later."""
    login: Any = {"Signature": "{login.signature}", "o": {"$json": {"Signature": "{login.signature}"}}}
    frame = Said("ws.x.test", "/ws", body="{}")
    scheme = Scheme("body Signature", "sha256", "{nonce}{key}", "hex", "secret", "raw")
    link = Connection("ws.x.test", "/ws", by="frame", login=login, frame=frame)

    def told(*schemes: Scheme) -> Any:
        sources = Sources("x", "spot", Harvest(), (), Asked({}), Explanation(schemes, len(schemes), ()))
        return _with_one_signature(link, sources)

    assert told(scheme) == {"Signature": "{login.signature}", "o": {"$json": {"Signature": "{any}"}}}
    assert told() == login


def test_a_message_without_the_text_that_holds_what_the_others_say_is_none() -> None:
    """As Foxbit's tests, which write an order's message as a reply, and one that no reader can read."""
    member = "order_event_for_new_order_websocket_update"
    told: list[Any] = [_message(OrderId=1), {"id": 1}, {"n": "x", "o": "{'OrderId': 711'}"}]
    samples = tuple(
        Sample(member=member, set=SENTINELS.name, side="BUY", type=kind, answers=(each, each))
        for kind, each in zip(("LIMIT", "LIMIT_MAKER", "MARKET"), told, strict=True)
    )
    found = [each.document for each in answers(Harvest(samples=samples))]
    assert found == [{"m": 3, "n": "OrderStateEvent", "o": {"$json": {"OrderId": 1}}}, None, None]
    plain = answers(Harvest(samples=samples[1:]))
    assert [each.document for each in plain] == told[1:]


def test_the_number_is_known_by_the_key_that_the_source_reads_where_no_test_lists_markets() -> None:
    order = _symbols({"id": 1})[1]
    told = replace(order, document=_opened(InstrumentId=1), again=None)
    (found,) = with_our_number([told], [], read_source([SOURCE]))
    assert found.document == _opened(InstrumentId=int(NUMBER))
    assert with_our_number([told], []) == (told,)


def _opened(**held: Any) -> Any:
    return {"n": "OrderTradeEvent", "o": {"$json": held}}


def test_an_order_id_that_the_tests_make_of_the_clients_is_the_orders() -> None:
    member = "trade_event_for_full_fill_websocket_update"
    samples = [
        Sample(member=member, set=each.name, side="BUY", type="LIMIT", answers=(message, message))
        for each in SETS
        for message in [_message(OrderId=f"{each.client_order_id}1", Note=f"{each.client_order_id}x")]
    ]
    found = derive("stream:fills", answers(Harvest(samples=tuple(samples))), (), {})
    assert isinstance(found, Derived)
    told: Any = found.template
    assert told["o"]["$json"] == {"OrderId": "{fill.order_id}", "Note": "{order.client_order_id}x"}


def test_levels_that_a_messages_own_class_reads_are_noted() -> None:
    """As Ndax's, whose content is the exchange's rows; of a trade's class there are none."""
    rows = {"data": [[1, 4.5, 431.0]]}
    change = SimpleNamespace(content=rows, bids=[SimpleNamespace(price=4.5, amount=431.0)], asks=[])
    assert _message_of(change)["content"] == {**rows, "bids": [[4.5, 431.0]], "asks": []}
    assert _message_of(SimpleNamespace(content=rows))["content"] == rows


def test_a_price_that_is_waited_for_on_a_stream_is_told_there_first() -> None:
    """As Foxbit's; and what answers one subscription by its name answers no other."""
    text = (
        "class Data:\n    async def _subscribe_channels(self, ws):\n        one = await ws.receive()\n"
        '        if one.data["o"] == "welcome":\n            pass\n        two = await ws.receive()\n'
        "class Stream:\n    async def _subscribe(self, ws):\n        reply = await ws.receive()\n"
        '        if reply.data.get("n") == "SubscribeAccountEvents":\n'
        '            self.ready = json.loads(reply.data.get("o"))["Subscribed"]\n'
        "class Exchange:\n    async def _get_last_traded_price(self, pair):\n"
        "        reply = await ws.receive()\n"
        '        held = json.JSONDecoder().decode(reply.data["o"])\n'
        '        return float(held["LastTradedPx"])\n'
    )
    source = read_source([text])
    assert template(source.told["ticker"], "ticker") == {"o": {"$json": {"LastTradedPx": "{ticker.last}"}}}
    assert len(source.received) == 2
    link = Connection(
        "ws.x.test", "/ws", {"n": "{any}"}, "",
        (
            Subscription("stream:ticker", {"n": "SubscribeLevel1"}, private=False),
            Subscription("stream:balances", {"n": "SubscribeAccountEvents"}, private=True),
        ),
        by="frame",
    )  # fmt: skip
    sources = Sources("x", "spot", Harvest(), (), Asked({}), Explanation((), 0, ()), source=source)
    told, _ = stream_parts([link], sources, WordLists())
    stream: Any = told["stream"]
    assert stream["channels"]["ticker"]["first"] == {
        "n": "SubscribeLevel1", "o": {"$json": {"LastTradedPx": "{ticker.last}"}},
    }  # fmt: skip
    assert stream["channels"]["balances"]["first"] == {
        "n": "SubscribeAccountEvents", "o": {"$json": {"Subscribed": True}},
    }  # fmt: skip
    assert "answer" not in stream["subscribe"]
