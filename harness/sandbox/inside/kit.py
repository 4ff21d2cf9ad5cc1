"""What a connector's tests say of its exchange: asked through upstream's test kit, with orders of our making.

`python -m inside.kit ORDER`, where ORDER is a JSON object: `tree`, `module` (the tests' dotted name), `sets`
(see `harness/describing/documents/sentinels.py`) and `nonce`, which has to come back with the answer.
The fork's test class is subclassed, so its members are methods of ours to call; none of its tests runs.
"""

import asyncio
import contextlib
import dataclasses
import functools
import importlib
import json
import re
import signal
import sys
import unittest
from decimal import Decimal
from typing import Any, Callable, Dict, Iterator, List, Optional

from . import changed_replies, wire
from .job import Job
from .leaf_changes import plain

MEMBER_SECONDS = 4.0
MOST_HANGING = 4  # members that do not come back; then no more are asked
MAX_DOCUMENT = 200_000  # characters of one reply
MAX_SAMPLES = 2000
ASKED_AGAIN = 2
_KITS = (
    ("hummingbot.connector.test_support.perpetual_derivative_test", "AbstractPerpetualDerivativeTests"),
    ("hummingbot.connector.test_support.exchange_connector_test", "AbstractExchangeConnectorTests"),
)
# What the kit of perpetuals expects of funding, the sentinel for each, and its type there.
_FUNDING = (
    *(
        ("target_funding_info_{}{}".format(name, updated), told, convert)
        for name, told, convert in (
            ("index_price", "index_price", float),
            ("mark_price", "mark_price", float),
            ("rate", "funding_rate", float),
            ("next_funding_utc_timestamp", "next_funding", int),
        )
        for updated in ("", "_ws_updated")
    ),
    ("target_funding_payment_timestamp", "paid_at", int),
    ("target_funding_payment_funding_rate", "funding_rate", float),
    ("target_funding_payment_payment_amount", "payment", float),
)
_PLAIN_MEMBERS = ("_url", "exchange_trading_pair", "_mock_response", "_websocket_update")


class Recorder:
    """Stands where the kit has aioresponses, and notes what would be answered."""

    def __init__(self) -> None:
        self.seen: List[Dict[str, Any]] = []
        self.requests: Dict[Any, Any] = {}

    def add(self, url: Any, method: str = "GET", status: int = 200, body: Any = "", **more: Any) -> None:
        payload = more.get("payload")
        text = body if payload is None else json.dumps(payload)
        if isinstance(text, bytes):
            text = text.decode("utf-8", "replace")
        pattern = getattr(url, "pattern", None)
        self.seen.append(
            {
                "method": method.upper(),
                "url": str(url) if pattern is None else "",
                "pattern": pattern or "",
                "status": int(status),
                "body": str(text)[:MAX_DOCUMENT],
                "error": type(more["exception"]).__name__ if more.get("exception") is not None else "",
            }
        )

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name not in ("get", "post", "put", "delete", "patch", "head", "options"):
            raise AttributeError(name)
        return lambda url, **more: self.add(url, name, **more)


class TooLong(BaseException):
    """A member that did not come back."""


@contextlib.contextmanager
def at_most(seconds: float) -> Iterator[None]:
    def late(_number: int, _frame: Any) -> None:
        raise TooLong("no answer in {} s".format(seconds))

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class Harvest:
    """All that was asked of one test class, and what it said."""

    def __init__(self, kind: Any) -> None:
        self.kind = kind
        self.samples: List[Dict[str, Any]] = []
        self.readings: List[Dict[str, Any]] = []
        self.problems: List[Dict[str, str]] = []
        self.hanging = 0

    def members(self) -> Iterator[str]:
        for name in sorted(dir(self.kind)):
            if not name.startswith("_") and (
                name.endswith(_PLAIN_MEMBERS)
                or "_mock_response_" in name
                or name.startswith(("configure_", "expected_", "target_"))
            ):
                yield name

    def ask(self, case: Any, sentinels: Dict[str, Any]) -> None:
        for name in self.members():
            if isinstance(getattr(self.kind, name, None), property):
                self._note(name, sentinels, None, functools.partial(getattr, case, name))
            else:
                for order in _orders(case, sentinels):
                    self._note(name, sentinels, order, self._call(case, name, order))

    def _call(self, case: Any, name: str, order: Any) -> Callable[[], Any]:
        def call() -> Any:
            mock = Recorder()
            arguments: Dict[str, Any] = {}
            code = getattr(self.kind, name).__code__
            for parameter in code.co_varnames[1 : code.co_argcount]:
                if parameter in ("order", "successful_order", "erroneous_order"):
                    arguments[parameter] = order
                elif parameter in ("mock_api", "api_mock", "mock"):
                    arguments[parameter] = mock
                elif parameter == "unrealized_pnl":
                    arguments[parameter] = 12
                elif parameter == "leverage":
                    arguments[parameter] = 7
                elif parameter == "position_mode":
                    modes = importlib.import_module("hummingbot.core.data_type.common").PositionMode
                    arguments[parameter] = modes.HEDGE
            said = getattr(case, name)(**arguments)
            if asyncio.iscoroutine(said):
                said.close()
                raise TypeError("a member that has to be awaited")
            return {"mocked": mock.seen, "returned": said}

        return call

    def _note(self, name: str, sentinels: Dict[str, Any], order: Any, call: Callable[[], Any]) -> None:
        """Ask twice, so that what is different every time is known."""
        if len(self.samples) >= MAX_SAMPLES or self.hanging >= MOST_HANGING:
            return
        answers = []
        try:
            with at_most(MEMBER_SECONDS):
                answers = [_plain(call()) for _ in range(ASKED_AGAIN)]
        except BaseException as error:  # it may hang, or want to end the process
            self.hanging += isinstance(error, TooLong)
            said = wire.error(error)
            problem = {"member": name, "problem": "{}: {}".format(said["type"], said["message"][:300])}
            if problem not in self.problems:
                self.problems.append(problem)
            return
        self.samples.append(
            {
                "member": name,
                "set": sentinels["name"],
                "side": order.trade_type.name if order is not None else "",
                "type": order.order_type.name if order is not None else "",
                "answers": answers,
            }
        )


def _plain(value: Any) -> Any:
    """JSON's types, with other objects as their attributes; texts stay whole."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)) and not hasattr(value, "_asdict"):
        return [_plain(item) for item in value]
    if isinstance(value, re.Pattern):
        value = value.pattern
    if isinstance(value, str):
        return value[:MAX_DOCUMENT]
    return plain(value)


def _orders(case: Any, sentinels: Dict[str, Any]) -> Iterator[Any]:
    """A limit order and a market order of each side, told apart by nothing else."""
    common = importlib.import_module("hummingbot.core.data_type.common")
    kind = importlib.import_module("hummingbot.core.data_type.in_flight_order").InFlightOrder
    for side in ("BUY", "SELL"):
        for order_type in ("LIMIT", "LIMIT_MAKER", "MARKET"):
            more = {}
            if "leverage" in kind.__init__.__code__.co_varnames and sentinels.get("perpetual"):
                more = {"leverage": 7, "position": common.PositionAction.OPEN}
            yield kind(
                client_order_id=sentinels["client_order_id"],
                exchange_order_id=sentinels["order_id"],
                trading_pair=case.trading_pair,
                order_type=common.OrderType[order_type],
                trade_type=common.TradeType[side],
                amount=Decimal(sentinels["amount"]),
                price=Decimal(sentinels["price"]),
                creation_timestamp=float(sentinels["time"]),
                **more,
            )


def _ours(kind: Any, sentinels: Dict[str, Any], harvest: Harvest) -> Any:
    """The fork's class with our sentinels for what it expects, and one test, which asks all the others."""

    def fee(self: Any) -> Any:
        theirs = kind.expected_fill_fee.fget(self)
        amount = importlib.import_module("hummingbot.core.data_type.trade_fee").TokenAmount
        flat = [amount(token=each.token, amount=Decimal(sentinels["fee"])) for each in theirs.flat_fees]
        return dataclasses.replace(theirs, flat_fees=flat)

    def set_up_class(cls: Any) -> None:
        super(ours, cls).setUpClass()
        cls.base_asset, cls.quote_asset = sentinels["base"], sentinels["quote"]
        cls.trading_pair = "{}-{}".format(cls.base_asset, cls.quote_asset)

    async def test_harvest(self: Any) -> None:
        harvest.ask(self, sentinels)
        if sentinels.get("read"):
            await changed_replies.read(self, sentinels, harvest.samples, harvest.readings, at_most)

    def test_harvest_of_a_plain_class(self: Any) -> None:
        """Frameworks until the end of 2024: their tests run coroutines themselves."""
        asyncio.get_event_loop().run_until_complete(test_harvest(self))

    plain_class = not issubclass(kind, getattr(unittest, "IsolatedAsyncioTestCase", ()))

    def value(name: str, convert: Callable[[Any], Any]) -> Any:
        return property(lambda _: convert(sentinels[name]))

    members: Dict[str, Any] = {
        "setUpClass": classmethod(set_up_class),
        "test_harvest": test_harvest_of_a_plain_class if plain_class else test_harvest,
        "expected_exchange_order_id": value("order_id", str),
        "expected_fill_trade_id": value("trade_id", str),
        "expected_partial_fill_price": value("fill_price", Decimal),
        "expected_partial_fill_amount": value("fill_amount", Decimal),
        "expected_latest_price": value("last_price", float),
        "expected_fill_fee": property(fee),
    }
    for name, told, convert in _FUNDING:
        if hasattr(kind, name):
            members[name] = value(told, convert)
    ours: Any = type("Harvest", (kind,), members)
    ours.__abstractmethods__ = frozenset()
    return ours


def _test_class(module: Any) -> Optional[Any]:
    """The class in the tests that is made with upstream's kit, the perpetual one first."""
    for name, outer in _KITS:
        try:
            kit = getattr(importlib.import_module(name), outer)
        except (ImportError, AttributeError):
            continue
        bases = tuple(each for each in vars(kit).values() if isinstance(each, type))
        for each in vars(module).values():
            if isinstance(each, type) and each not in bases and issubclass(each, bases):
                return each
    return None


def harvest(order: Dict[str, Any]) -> Dict[str, Any]:
    """What all sets of sentinels brought."""
    module = importlib.import_module(order["module"])
    kind = _test_class(module)
    if kind is None:
        return {"kit": False, "samples": [], "readings": [], "problems": [], "missing": []}
    found = Harvest(kind)
    missing = sorted(getattr(kind, "__abstractmethods__", ()))
    # What may hang comes last.
    for sentinels in sorted(order["sets"], key=lambda each: bool(each.get("read"))):
        case = _ours(kind, sentinels, found)
        suite = unittest.TestSuite([case("test_harvest")])
        result = unittest.TestResult()
        try:
            suite.run(result)
        except BaseException as error:  # what was found until then stands
            found.problems.append({"member": "setUp", "problem": wire.error(error)["trace"][-1500:]})
        if not result.testsRun or result.skipped:
            found.problems.append({"member": "setUp", "problem": "its tests are not run: {}".format(result)})
        for _, trace in result.errors + result.failures:
            found.problems.append({"member": "setUp", "problem": wire.places(trace)[-1500:]})
    return {
        "kit": True,
        "samples": found.samples,
        "readings": found.readings,
        "problems": found.problems[:100],
        "missing": missing,
    }


def main() -> None:
    order = json.loads(sys.argv[1])
    job = Job(order)
    try:
        result: Dict[str, Any] = harvest(order)
    except BaseException as error:
        result = {"failure": wire.error(error)}
    job.end(result)


if __name__ == "__main__":
    main()
