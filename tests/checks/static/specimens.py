"""A tiny connector in each layout that every static check accepts, to be spoilt one way at a time."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

from checks.static.advisories import Advisories
from checks.static.conftest import sources_of
from checks.static.packages import find
from harness.checking import Failed, Finding, NotApplicable
from harness.errors import HarnessError
from harness.forks.submission import AddedConnector, Change, MergePreview, Submission
from harness.outcome import Evidence
from harness.rounds.round import Candidate, Exchange, Round, Voting

DEADLINE = datetime(2026, 9, 30, 12, tzinfo=UTC)
NAME = "acme"


def _dedent(text: str) -> str:
    return textwrap.dedent(text).lstrip("\n")


UPSTREAM: dict[str, str] = {
    "README.md": "# Hummingbot\n\ngit clone https://github.com/hummingbot/hummingbot.git\n",
    "LICENSE": "Apache\n",
    "hummingbot/VERSION": "2.9.0\n",
    "hummingbot/connector/exchange_py_base.py": "class ExchangePyBase:\n    pass\n",
    "hummingbot/connector/exchange/binance/__init__.py": "",
    "hummingbot/connector/exchange/binance/binance_exchange.py": "class BinanceExchange: pass\n",
    "setup.py": _dedent("""
        def main():
            install_requires = [
                "aiohttp>=3.8",
                "PyYaml>=5",
                "eth-account>=0.13.0",
            ]
        """),
}

FOLDER = f"hummingbot/connector/exchange/{NAME}"
TESTS = f"test/hummingbot/connector/exchange/{NAME}"
MAIN = f"{FOLDER}/{NAME}_exchange.py"
AUTH = f"{FOLDER}/{NAME}_auth.py"
BOOK = f"{FOLDER}/{NAME}_api_order_book_data_source.py"
STREAM = f"{FOLDER}/{NAME}_api_user_stream_data_source.py"
CONSTANTS = f"{FOLDER}/{NAME}_constants.py"
UTILS = f"{FOLDER}/{NAME}_utils.py"
WEB = f"{FOLDER}/{NAME}_web_utils.py"
PAGE = f"docs/connectors/{NAME}.md"


def _test(part: str, class_name: str, folder: str = FOLDER) -> str:
    module = f"{folder.replace('/', '.')}.{NAME}_{part}"
    head = f"from unittest import TestCase\n\nfrom {module} import {class_name}\n\n\nclass Tests(TestCase):\n"
    return f"{head}    def test_it(self):\n        self.assertEqual(2, {class_name}().add(1, 1))\n"


CONNECTOR: dict[str, str] = {
    f"{FOLDER}/__init__.py": "",
    MAIN: _dedent("""
        import asyncio

        from hummingbot.connector.exchange.acme import acme_constants as CONSTANTS
        from hummingbot.connector.exchange_py_base import ExchangePyBase


        class AcmeExchange(ExchangePyBase):
            @property
            def rate_limits_rules(self):
                return CONSTANTS.RATE_LIMITS

            async def _place_order(self, order_id, trading_pair, amount):
                try:
                    data = {"id": order_id, "amount": f"{amount:f}"}
                    return await self._api_post(path_url=CONSTANTS.ORDER_URL, data=data)
                except IOError as error:
                    self.logger().error(f"Order {order_id} on {trading_pair} was refused: {error}")
                    raise

            async def _place_cancel(self, order_id, tracked_order):
                await asyncio.sleep(0)
                return await self._api_delete(path_url=CONSTANTS.ORDER_URL, params={"id": order_id})

            async def _get_last_traded_price(self, trading_pair):
                return await self._api_get(path_url=CONSTANTS.TICKER_URL)
        """),
    AUTH: _dedent("""
        import hashlib
        import hmac

        from hummingbot.core.web_assistant.auth import AuthBase


        class AcmeAuth(AuthBase):
            def __init__(self, api_key: str, secret_key: str):
                self.api_key = api_key
                self.secret_key = secret_key

            async def rest_authenticate(self, request):
                request.headers = {"KEY": self.api_key, "SIGN": self._sign(request.url)}
                return request

            def _sign(self, text: str) -> str:
                return hmac.new(self.secret_key.encode(), text.encode(), hashlib.sha256).hexdigest()
        """),
    BOOK: _dedent("""
        from hummingbot.core.data_type.order_book_tracker_data_source import OrderBookTrackerDataSource


        class AcmeAPIOrderBookDataSource(OrderBookTrackerDataSource):
            async def _parse_trade_message(self, raw_message, message_queue):
                message_queue.put_nowait(raw_message)
        """),
    STREAM: _dedent("""
        from hummingbot.core.data_type.user_stream_tracker_data_source import UserStreamTrackerDataSource


        class AcmeAPIUserStreamDataSource(UserStreamTrackerDataSource):
            async def _subscribe_channels(self, websocket_assistant):
                pass
        """),
    CONSTANTS: _dedent("""
        from hummingbot.core.api_throttler.data_types import RateLimit

        REST_URL = "https://api.acme.com/v1/{}"
        WSS_URL = "wss://stream.acme.com/ws"
        ORDER_URL = "order"
        TICKER_URL = "ticker/price"

        RATE_LIMITS = [
            RateLimit(limit_id=ORDER_URL, limit=10, time_interval=1),
            RateLimit(limit_id=TICKER_URL, limit=20, time_interval=1),
        ]
        """),
    UTILS: _dedent("""
        from hummingbot.client.config.config_data_types import BaseConnectorConfigMap
        from pydantic import Field, SecretStr

        CENTRALIZED = True
        EXAMPLE_PAIR = "BTC-USDT"
        DEFAULT_FEES = [0.1, 0.1]


        class AcmeConfigMap(BaseConnectorConfigMap):
            connector: str = "acme"
            acme_api_key: SecretStr = Field(
                default=...,
                json_schema_extra={"prompt": "Acme API key", "is_secure": True, "is_connect_key": True},
            )
            acme_api_secret: SecretStr = Field(
                default=...,
                json_schema_extra={"prompt": "Acme API secret", "is_secure": True, "is_connect_key": True},
            )


        KEYS = AcmeConfigMap.model_construct()
        """).replace("from pydantic import Field, SecretStr\n", ""),
    WEB: "def public_rest_url(path):\n    return path\n",
    f"{TESTS}/__init__.py": "",
    f"{TESTS}/test_{NAME}_exchange.py": _test("exchange", "AcmeExchange"),
    f"{TESTS}/test_{NAME}_api_order_book_data_source.py": _test(
        "api_order_book_data_source", "AcmeAPIOrderBookDataSource"
    ),
    f"{TESTS}/test_{NAME}_api_user_stream_data_source.py": _test(
        "api_user_stream_data_source", "AcmeAPIUserStreamDataSource"
    ),
    f"{TESTS}/test_{NAME}_auth.py": _test("auth", "AcmeAuth"),
    PAGE: "# Acme\n" + "Make a key that may trade and may not do anything else. " * 10,
}

OLD_FOLDER = f"hummingbot/market/{NAME}"
OLD_MAIN = f"{OLD_FOLDER}/{NAME}_market.pyx"
SETTINGS = "hummingbot/client/settings.py"
APPLICATION = "hummingbot/client/hummingbot_application.py"
GLOBAL_MAP = "hummingbot/client/config/global_config_map.py"
GLOBAL_TEMPLATE = "hummingbot/templates/conf_global_TEMPLATE.yml"
FEE_TEMPLATE = "hummingbot/templates/conf_fee_overrides_TEMPLATE.yml"


def _setting(key: str, prompt: str) -> str:
    return f'    "{key}": ConfigVar(key="{key}", prompt="{prompt}", is_secure=True),\n'


def _setup(*markets: str) -> str:
    packages = "".join(f'    "hummingbot.market.{name}",\n' for name in markets)
    return f'packages = [\n{packages}]\ninstall_requires = [\n    "aiohttp",\n]\n'


OLD_UPSTREAM: dict[str, str] = {
    "README.md": "# Hummingbot\n",
    SETTINGS: 'EXCHANGES = {\n    "binance",\n}\n',
    APPLICATION: 'MARKET_CLASSES = {\n    "binance": BinanceMarket,\n}\n',
    GLOBAL_MAP: "global_config_map = {\n" + _setting("binance_api_key", "Key?") + "}\n",
    GLOBAL_TEMPLATE: "binance_api_key: null\n",
    FEE_TEMPLATE: "binance_maker_fee:\nbinance_taker_fee:\n",
    "setup.py": _setup("binance"),
    "hummingbot/market/binance/binance_market.pyx": "cdef class BinanceMarket(MarketBase):\n    pass\n",
}

OLD_CONNECTOR: dict[str, str] = {
    f"{OLD_FOLDER}/__init__.py": "",
    OLD_MAIN: _dedent('''
        from libc.stdint cimport int64_t
        import aiohttp
        from hummingbot.market.market_base cimport MarketBase

        cdef class AcmeMarket(MarketBase):
            """Trades on Acme."""

            cdef str c_buy(self, str trading_pair, object amount):
                return self.place(trading_pair, amount)

            async def execute_buy(self, order_id: str, amount):
                self.logger().info(f"Placing {order_id}")
                await self._api_request("post", "/v1/order", {"id": order_id})
        '''),
    f"{OLD_FOLDER}/{NAME}_api_order_book_data_source.py": (
        "class AcmeAPIOrderBookDataSource(OrderBookTrackerDataSource):\n"
        "    URL = 'https://api.acme.com/v1/book'\n"
    ),
    f"{OLD_FOLDER}/{NAME}_order_book_tracker.py": "class AcmeOrderBookTracker(OrderBookTracker):\n    pass\n",
    f"{OLD_FOLDER}/{NAME}_user_stream_tracker.py": (
        "class AcmeUserStreamTracker(UserStreamTracker):\n    pass\n"
    ),
    f"{OLD_FOLDER}/{NAME}_in_flight_order.pyx": (
        "cdef class AcmeInFlightOrder(InFlightOrderBase):\n    pass\n"
    ),
    SETTINGS: 'EXCHANGES = {\n    "acme",\n    "binance",\n}\n',
    APPLICATION: 'MARKET_CLASSES = {\n    "acme": AcmeMarket,\n}\n',
    GLOBAL_MAP: (
        "global_config_map = {\n"
        + _setting("acme_api_key", "Key?")
        + _setting("acme_secret_key", "Secret?")
        + _setting("binance_api_key", "Key?")
        + "}\n"
    ),
    GLOBAL_TEMPLATE: "acme_api_key: null\nacme_secret_key: null\nbinance_api_key: null\n",
    FEE_TEMPLATE: "acme_maker_fee:\nacme_taker_fee:\nbinance_maker_fee:\nbinance_taker_fee:\n",
    "setup.py": _setup("acme", "binance"),
    f"test/integration/test_{NAME}_market.py": _test("market", "AcmeMarket", OLD_FOLDER),
    f"test/integration/test_{NAME}_order_book_tracker.py": _test(
        "order_book_tracker", "AcmeOrderBookTracker", OLD_FOLDER
    ),
    f"test/integration/test_{NAME}_user_stream_tracker.py": _test(
        "user_stream_tracker", "AcmeUserStreamTracker", OLD_FOLDER
    ),
    f"documentation/docs/connectors/{NAME}.md": "# Acme\n"
    + "Make a key that may trade and nothing else. " * 10,
}


class Files:
    """A tree in memory. `too_large` are paths whose reading is refused."""

    def __init__(self, texts: Mapping[str, str | bytes], too_large: frozenset[str] = frozenset()) -> None:
        self._texts = dict(texts)
        self._too_large = too_large

    def paths(self) -> tuple[str, ...]:
        return tuple(self._texts)

    def read(self, path: str) -> bytes:
        if path in self._too_large:
            raise HarnessError("a file of 3000000 bytes is over the limit", where=path)
        content = self._texts[path]
        return content.encode() if isinstance(content, str) else content

    def holds(self, text: str) -> bool:
        return bool(self._with(text))

    def holding(self, text: str, folder: str) -> frozenset[str]:
        return frozenset(path for path in self._with(text) if path.startswith(f"{folder}/"))

    def _with(self, text: str) -> list[str]:
        there = [path for path in self._texts if path not in self._too_large]
        return [path for path in there if text.encode() in self.read(path)]


@dataclass(frozen=True)
class Result:
    """How a check ended."""

    status: Literal["passed", "failed", "undetermined", "not applicable"]
    summary: str = ""
    evidence: tuple[Evidence, ...] = ()
    attached: tuple[Evidence, ...] = ()

    @property
    def places(self) -> list[str]:
        return [item.place or item.text for item in self.evidence]


@dataclass(frozen=True)
class World:
    """A fork: upstream's files, and its own on top. `extra` overrides fields of its Submission."""

    files: dict[str, str]
    base: dict[str, str] = field(default_factory=lambda: dict(UPSTREAM))
    kind: Literal["exchange", "derivative", "market"] = "exchange"
    hosts: tuple[str, ...] = ("api.acme.com", "stream.acme.com")
    contact: str | None = "dev@acme.com"
    extra: dict[str, Any] = field(default_factory=dict)
    more_changes: tuple[Change, ...] = ()
    too_large: frozenset[str] = frozenset()
    round_id: str = "test"
    advisories: Advisories = lambda _name, _version: ()

    def adding(self, files: Mapping[str, str]) -> World:
        return replace(self, files={**self.files, **files})

    def without(self, *paths: str) -> World:
        return replace(self, files={path: text for path, text in self.files.items() if path not in paths})

    def appending(self, path: str, text: str) -> World:
        return self.adding({path: self.files[path] + _dedent(text)})

    def replacing(self, path: str, old: str, new: str) -> World:
        assert old in self.files[path]
        return self.adding({path: self.files[path].replace(old, new)})

    @property
    def candidate(self) -> Candidate:
        return Candidate(
            name=NAME,
            repository="https://example.org/acme/hummingbot",
            connectors=(NAME,),
            kind=self.kind,
            contact=self.contact,
            exchange=Exchange(hosts=self.hosts, dialect=None, ccxt=None),
        )

    @property
    def submission(self) -> Submission:
        folders = {"exchange": FOLDER, "market": OLD_FOLDER, "derivative": FOLDER}
        folder = folders[self.kind]
        has_one = any(path.startswith(folder + "/") for path in self.files)
        submission = Submission(
            candidate=self.candidate,
            repository="https://example.org/acme/hummingbot",
            ref="master",
            commit="1" * 40,
            committed_at=datetime(2026, 9, 20, tzinfo=UTC),
            author="Jo",
            newest_commit="1" * 40,
            commits_after_deadline=0,
            upstream_commit="2" * 40,
            merge_base="2" * 40,
            behind=0,
            merge_base_at=datetime(2026, 9, 10, tzinfo=UTC),
            changes=(*self._changes(), *self.more_changes),
            merge=MergePreview("clean", (), ""),
            connectors=(AddedConnector(NAME, self.kind, folder, True),) if has_one else (),
            generation="v0" if self.kind == "market" else "v2",
            pinned_by="deadline",
        )
        return replace(submission, **self.extra)

    def _changes(self) -> tuple[Change, ...]:
        return tuple(
            change(path, "modified" if path in self.base else "added", size=len(text))
            for path, text in self.files.items()
            if self.base.get(path) != text
        )

    def run(self, check: Callable[..., None]) -> Result:
        """Call a check with the fixtures that it names."""
        attached: list[Evidence] = []
        try:
            check(**self._fixtures(check, attached))
        except Finding as end:
            status: Any = "undetermined"
            if isinstance(end, Failed):
                status = "failed"
            elif isinstance(end, NotApplicable):
                status = "not applicable"
            return Result(status, end.summary, end.evidence, tuple(attached))
        return Result("passed", attached=tuple(attached))

    def _fixtures(self, check: Callable[..., None], attached: list[Evidence]) -> dict[str, Any]:
        tree = Files({**self.base, **self.files}, self.too_large)
        submission = self.submission
        sources = sources_of(submission, tree, Files(self.base))  # type: ignore[arg-type]
        fixtures = {
            "submission": submission,
            "sources": sources,
            "package": find(sources, NAME, self.kind),
            "candidate": self.candidate,
            "connector_name": NAME,
            "round_": round_(self.round_id),
            "advisories": self.advisories,
            "evidence": lambda *items: attached.extend(items),
        }
        return {name: fixtures[name] for name in inspect.signature(check).parameters}


def change(path: str, status: Any = "added", **other: Any) -> Change:
    fields = {"old_path": None, "mode": 0o100644, "size": 10, "oid": "3" * 40, "binary": False, **other}
    return Change(status=status, path=path, **fields)


def round_(round_id: str) -> Round:
    return Round.model_construct(
        id=round_id,
        title="Test",
        release="v1",
        submissions_close=DEADLINE,
        voting=Voting.model_construct(),
        candidates=(),
    )


def today() -> World:
    return World(dict(CONNECTOR))


def of_2020() -> World:
    return World(dict(OLD_CONNECTOR), dict(OLD_UPSTREAM), kind="market")
