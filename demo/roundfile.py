"""The demo's round file: eight rows over the repositories that were cut."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

SUBMISSIONS_CLOSE = "2026-10-14T00:00:00Z"
# A port that nothing listens on refuses at once, so the row costs no time-out.
UNREACHABLE = "https://127.0.0.1:1/nobody/hummingbot.git"

# Hosts as the connectors' own constants name them; KuCoin's stream host is in its reply to a token request.
BINANCE = {
    "hosts": ["api.binance.com", "stream.binance.com:9443", "ws-api.binance.com"],
    "dialect": "binance",
    "ccxt": "binance",
}
KUCOIN = {
    "hosts": ["api.kucoin.com", "ws-api-spot.kucoin.com"],
    "dialect": "kucoin",
    "ccxt": "kucoin",
}
BITSTAMP = {"hosts": ["www.bitstamp.net", "ws.bitstamp.net"], "dialect": "bitstamp", "ccxt": "bitstamp"}
KUCOIN_PERPETUAL = {
    "hosts": ["api-futures.kucoin.com", "ws-api-futures.kucoin.com"],
    "dialect": "kucoin_perpetual",
    "ccxt": "kucoinfutures",
}
GATE = {"hosts": ["api.gateio.ws"], "dialect": "gate_io", "ccxt": "gate"}
NORTHWIND = {"hosts": ["api.northwind.example"], "dialect": None, "ccxt": None}


def write_round(destination: Path, upstream: Path, forks: Mapping[str, Path]) -> Path:
    """Write `round.yml` below `destination`, pointing at the repositories by `file://`; returns its path."""
    path = destination / "round.yml"
    text = yaml.safe_dump(_round(upstream, forks), sort_keys=False, allow_unicode=True, width=110)
    path.write_text(f"# Written by `python -m demo`; what each row shows is in demo/README.md.\n{text}")
    return path


def _round(upstream: Path, forks: Mapping[str, Path]) -> dict[str, Any]:
    return {
        "id": "demo",
        "title": "Demo round: real connectors, cut from a release",
        "release": "2026-11",
        "submissions_close": SUBMISSIONS_CLOSE,
        "voting": {
            "opens": "2026-10-19",
            "closes": "2026-11-05",
            "channel": "#governance",
        },
        "upstream": {"git": upstream.as_uri(), "ref": "master"},
        "candidates": _candidates({name: path.as_uri() for name, path in forks.items()}),
    }


def _candidates(url: Mapping[str, str]) -> list[dict[str, Any]]:
    year = "fixes within a week, for a year"
    return [
        _row("binance", url["binance"], "binance", BINANCE, (_mail("ada.keller", "binance-team"), year)),
        _row("kucoin", url["kucoin"], "kucoin", KUCOIN, (_mail("minh.tran", "kucoin-team"), year))
        | {"ref": "feat/kucoin"},
        _row(
            "binance-defects",
            url["binance-defects"],
            "binance",
            BINANCE,
            (_mail("sofia", "quick-connectors"), "best effort"),
        ),
        _row("skeleton", url["skeleton"], "northwind", NORTHWIND, (_mail("paul", "northwind"), None)),
        _row("late", url["late"], "kucoin", KUCOIN, (_mail("leila", "late-night"), year)),
        _row("gone", UNREACHABLE, "gate_io", GATE, (_mail("nobody", "gone"), None)),
        _row("bitstamp", url["bitstamp"], "bitstamp", BITSTAMP, (_mail("tomasz", "bitstamp-fans"), year)),
        _row(
            "kucoin-perpetual",
            url["kucoin-perpetual"],
            "kucoin_perpetual",
            KUCOIN_PERPETUAL,
            (_mail("aiko", "perpetual-makers"), year),
        )
        | {"kind": "derivative"},
    ]


def _mail(person: str, team: str) -> str:
    return f"{person}@{team}.example"


def _row(
    name: str,
    repository: str,
    connector: str,
    exchange: Mapping[str, Any],
    promise: tuple[str, str | None],
) -> dict[str, Any]:
    """One candidate; `promise` is its point of contact and its maintenance commitment."""
    contact, maintenance = promise
    return {
        "name": name,
        "repository": repository,
        "ref": "master",
        "connectors": [connector],
        "kind": "exchange",
        "contact": contact,
        "maintenance": maintenance,
        # A copy, so that the file repeats hosts instead of using YAML anchors.
        "exchange": {**exchange, "hosts": list(exchange["hosts"])},
    }
