"""A release to cut: a tiny one of our own, and the real one from the package index."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from demo.cut import Demo, cut
from demo.forks import KUCOIN_PERPETUAL, MERGED_LAST, SUBMITTED
from demo.release import CLIENT_CONFIG, FEE_TEMPLATE, PACKAGE, VERSION
from harness.forks.released import released_tree

_EXCHANGE = """class {title}Exchange:
    @property
    def authenticator(self):
        return (self.api_key, self.secret_key)

    def _format_trading_rules(self, info):
        return []

    def on_fill(self, message):
        return TradeUpdate(trade_id=str(message["t"]), exchange_order_id=str(message["i"]))

    def _update_balances(self):
        return self.request("/balances")
"""


@dataclass(frozen=True)
class Cut:
    """A demo that was cut, and the folder it was cut from."""

    released: Path
    demo: Demo


def tiny_release(root: Path) -> Path:
    """The released layout with the least in it that the demo looks for, and things a build leaves behind."""
    files = {
        "README.md": "framework\n",
        "LICENSE": "licence\n",
        "MANIFEST.in": "",
        "pyproject.toml": "[project]\n",
        "setup.py": "setup()\n",
        "PKG-INFO": "made by packaging\n",
        "bin/start.py": "#!/usr/bin/env python\n",
        "hummingbot/__init__.py": "",
        "hummingbot/core.pyx": "cdef int x = 1\n",
        "hummingbot/core.cpp": "generated\n",
        "hummingbot/core/cpp/Book.cpp": "written by hand\n",
        "hummingbot/core.cpython-311-x86_64-linux-gnu.so": "built\n",
        "hummingbot/__pycache__/core.pyc": "built\n",
        CLIENT_CONFIG: "".join(_config_lines()),
        # As in the real one, the perpetual has no line.
        FEE_TEMPLATE: "template_version: 1\n"
        + "".join(f"{each.name}_maker_percent_fee:\n" for each in SUBMITTED if each != KUCOIN_PERPETUAL),
        "hummingbot/connector/exchange/kraken/__init__.py": "",
    }
    for each in (*SUBMITTED, *MERGED_LAST):
        files[f"{each.folder}/__init__.py"] = ""
        files[f"{each.folder}/{each.name}_auth.py"] = f"class {each.name.title()}Auth: ...\n"
        files[f"{each.folder}/{each.name}_{each.kind}.py"] = _EXCHANGE.format(title=each.name.title())
    for path, text in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return root


def _config_lines() -> list[str]:
    shown = ("binance", "kraken", "kucoin")
    imports = [
        f"from hummingbot.connector.exchange.{name}.{name}_utils import {name.title()}Map\n" for name in shown
    ]
    return [*imports, "NAMES = [\n", *(f"    {name.title()}Map,\n" for name in shown), "]\n"]


@pytest.fixture(
    scope="session",
    params=["tiny", "real"],
)
def cut_demo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Cut:
    """The demo's repositories, cut once for the whole run."""
    root = tmp_path_factory.mktemp("demo")
    tiny = request.param == "tiny"
    released = tiny_release(root / "released") if tiny else released_tree(PACKAGE, VERSION)
    return Cut(released, cut(root / "cut", released))
