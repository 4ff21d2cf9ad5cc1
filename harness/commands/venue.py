"""`harness venue serve`: an exchange on localhost, with everything a person needs to point a client at it."""

from __future__ import annotations

import asyncio
import contextlib

from rich.console import Console

from harness.commands.terminal import say
from harness.oracle import configuration
from harness.serving.serve import Served, prepared
from harness.venue.described import dialect_or_description


def serve(name: str, host: str, port: int, page_port: int, seed: int) -> None:
    """Serve an exchange, by name or by the path of its description, until interrupted. Raises `UserError`."""
    prepare = prepared(dialect_or_description(name), host, port, page_port, seed)
    with contextlib.suppress(KeyboardInterrupt), prepare as served:
        asyncio.run(served.run(lambda page: say(Console(), description(served, page))))


def description(served: Served, page_port: int) -> str:
    """Addresses, keys, and how ccxt and other clients get there."""
    spoken, account = served.dialect, served.account
    proxy = f"http://{served.page_host}:{served.front.port}"
    keys = "\n".join(f"  {name} = {value}" for name, value in spoken.credentials(account).items())
    lines = [
        f"A simulated {spoken.name} is served; stop it with Ctrl-C. No real money is involved.",
        "",
        f"live page   http://{served.page_host}:{page_port}/",
        f"proxy       {proxy}   (for https and wss)",
        f"CA          {served.ca}",
        f"hosts       {', '.join(dict.fromkeys((*spoken.rest_hosts, *spoken.stream_hosts)))}",
        f"markets     {', '.join(market.name for market in spoken.venue.markets)}",
        "",
        "keys, under the Hummingbot connector's field names:",
        keys,
        "",
        f"curl        curl --proxy {proxy} --cacert {served.ca} https://{spoken.rest_hosts[0]}/…",
    ]
    return "\n".join([*lines, *_ccxt(served, proxy)])


def _ccxt(served: Served, proxy: str) -> list[str]:
    spoken = served.dialect
    if spoken.ccxt_id is None:
        return []
    fields = {
        **spoken.ccxt_credentials(served.account),
        "httpsProxy": proxy,
        "wssProxy": proxy,
        "cafile": str(served.ca),
        **configuration(spoken.ccxt_options()),
    }
    return ["ccxt        import ccxt.pro", f"            exchange = ccxt.pro.{spoken.ccxt_id}({fields!r})"]
