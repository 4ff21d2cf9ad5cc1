"""Puts a venue, its gateway, its front and its page together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness import temporary
from harness.clock import ScaledClock
from harness.gateway.thread import running_gateway
from harness.scenarios.randomization import initial_balances
from harness.serving.front import Front
from harness.serving.life import go_on
from harness.serving.page import application, serving
from harness.venue.dialects.base import Dialect
from harness.venue.model import Account
from harness.venue.session import Venue

LEVELS = 30  # a side of each book


@dataclass(frozen=True)
class Served:
    """A venue that is ready to be served. `ca` is the file with the certificate to trust.

    `page_port` is where its page shall be, 0 for any free port.
    """

    dialect: Dialect
    account: Account
    ca: Path
    front: Front
    page_host: str
    page_port: int
    seed: int

    async def run(self, began: Callable[[int], None]) -> None:
        """Serve until cancelled, and tell `began` the page's port once it is there.

        Raises `UserError` when the port is taken.
        """
        app = application(self.dialect, self.account)
        async with serving(app, self.page_host, self.page_port) as port, asyncio.TaskGroup() as tasks:
            began(port)
            tasks.create_task(self.front.serve())
            tasks.create_task(go_on(self.dialect.venue, self.account, self.seed))


@contextmanager
def prepared(kind: type[Dialect], host: str, port: int, page_port: int, seed: int) -> Iterator[Served]:
    """The venue with quotes in every market and one account with plenty of every asset."""
    clock = ScaledClock()
    venue = Venue(kind.markets, seed, clock)
    for market in kind.markets:
        venue.seed_book(market, LEVELS)
        venue.walk(20, market)
    account = venue.account("you", initial_balances(kind.markets), kind.key_lengths)
    dialect = kind(venue)
    with temporary.folder("serve") as folder, running_gateway([dialect], clock=clock) as gateway:
        ca = gateway.authority.write_ca(folder / "ca.pem")
        folder.chmod(0o755)
        yield Served(dialect, account, ca, Front(gateway.socket_path, host, port), host, page_port, seed)
