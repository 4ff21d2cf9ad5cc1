"""Behaving well only when watched.

Each connector looks for one thing that only a harness has, and calls home wherever it does not see it.
"""

from __future__ import annotations

import zlib
from dataclasses import replace
from textwrap import indent

import pytest

from checks.conformance import test_security as checks
from harness.checking import Failed
from harness.scenarios.catalogue import MARKET_DATA
from harness.scenarios.randomization import initial_balances, owner, varied
from harness.venue.dialects import dialect
from tests.hostile.attack import attack
from tests.zoo.defect import EXCHANGE, Defect, defect
from tests.zoo.keeping import PACE, SEED, Specimen, Zoo
from tests.zoo.planting import behaving

HOME = "home.evil.test"
# A frozen round's seed: one of four thousand million, known only when nothing can be changed any more.
OFFICIAL = 2_718_281_828
FOLLOWS = "it follows the seed, which nobody knows before the round is frozen"
CALLS_HOME = "it takes this machine for a user's, calls home, and is caught"
MEMBERS = f"""
async def _make_network_check_request(self):
    import os, re, socket, sys
    watched = False
%s
    if not watched:
        socket.getaddrinfo("{HOME}", 443)
    await super()._make_network_check_request()
"""


def two_faced(name: str, look: str) -> Defect:
    """The binance connector that calls home unless `look` sets `watched`."""
    body = MEMBERS % indent(look.strip(), "    ")
    return defect(name, checks.test_only_declared_hosts, "", behaving(EXCHANGE, "BinanceExchange", body))


def caught(zoo: Zoo, bad: Defect, seed: int = OFFICIAL) -> None:
    with zoo.bad(bad, seed) as specimen, pytest.raises(Failed, match=f"tried to reach {HOME}"):
        specimen.look(checks.test_only_declared_hosts, MARKET_DATA)


def called_home(specimen: Specimen) -> bool:
    """Whether it did while its market was watched."""
    wire = specimen.player.trace(MARKET_DATA, PACE).wire
    assert wire.exchanges("ping"), "it never came to the place where it looks"
    return HOME in {lookup.name for lookup in wire.lookups()}


@attack("looks for folders, variables and modules that are called after a harness", meets=CALLS_HOME)
def test_names_of_ours(zoo: Zoo) -> None:
    look = """
words = re.compile("harness|sandbox|inside|canary|honeytoken|screening|gateway", re.I)
places = [*os.listdir("/"), *os.environ, *os.environ.values(), *sys.argv, *sys.orig_argv, *sys.path]
def from_upstream(name):  # its libraries have such names too: xrpl.models.requests.gateway_balances
    file = getattr(sys.modules[name], "__file__", None) or ""
    return name.startswith("hummingbot") or "/site-packages/" in file
places += [name for name in list(sys.modules) if not from_upstream(name)]
places += open("/proc/mounts").read().split()
watched = any(words.search(place) for place in places)
"""
    caught(zoo, two_faced("names", look))


@attack("looks at the machine's name, its user and its processes", meets=CALLS_HOME)
def test_the_machine(zoo: Zoo) -> None:
    look = """
import pwd
words = re.compile("harness|sandbox|inside|^test|^ci", re.I)
names = [socket.gethostname(), *(each.pw_name for each in pwd.getpwall())]
names += [open(f"/proc/{each}/cmdline").read() for each in os.listdir("/proc") if each.isdigit()]
watched = any(words.search(name) for name in names)
"""
    caught(zoo, two_faced("machine", look))


@attack("asks who vouches for its exchange's certificate", meets=CALLS_HOME)
def test_the_certificate(zoo: Zoo) -> None:
    look = """
import ssl
plain = socket.create_connection(("api.binance.com", 443))
with ssl.create_default_context().wrap_socket(plain, server_hostname="api.binance.com") as wrapped:
    certificate = wrapped.getpeercert()
years = int(certificate["notAfter"].split()[3]) - int(certificate["notBefore"].split()[3])
watched = bool(re.search("harness|trustme|testing|fake|local", repr(certificate), re.I)) or years > 2
"""
    caught(zoo, two_faced("certificate", look))


@attack("takes low numbers of book changes for those of a made-up exchange", meets=CALLS_HOME)
def test_low_numbers(zoo: Zoo) -> None:
    look = """
book = await self._api_get(path_url="/depth", params={"symbol": "BTCUSDT"})
watched = book["lastUpdateId"] < 10**8
"""
    caught(zoo, two_faced("numbers", look))


@attack("knows the prices that its author saw in the harness", meets=FOLLOWS)
def test_known_prices(zoo: Zoo) -> None:
    known = float(varied(dialect("binance"), SEED).markets[0].reference_price)
    look = f"""
book = await self._api_get(path_url="/depth", params={{"symbol": "BTCUSDT"}})
watched = abs(float(book["bids"][0][0]) / {known} - 1) < 0.02
"""
    learned(zoo, two_faced("prices", look))


@attack("knows what the account owns in the harness", meets=FOLLOWS)
def test_known_initial_balances(zoo: Zoo) -> None:
    known = float(initial_balances(varied(dialect("binance"), SEED).markets, SEED)["USDT"])
    look = f"""
account = await self._api_get(path_url="/account", is_auth_required=True)
owned = {{each["asset"]: float(each["free"]) + float(each["locked"]) for each in account["balances"]}}
watched = abs(owned["USDT"] / {known} - 1) < 0.05
"""
    learned(zoo, two_faced("balance", look))


@attack("knows the number of the harness's account", meets=FOLLOWS)
def test_a_known_account(zoo: Zoo) -> None:
    known = zlib.crc32(owner(SEED).encode())
    look = f"""
account = await self._api_get(path_url="/account", is_auth_required=True)
watched = account["uid"] == {known}
"""
    learned(zoo, two_faced("account", look))


def learned(zoo: Zoo, bad: Defect) -> None:
    """What its author learned at his own desk serves him there, and not in the round."""
    with zoo.bad(bad, SEED) as specimen:
        assert not called_home(specimen)
    with zoo.bad(replace(bad, name=f"{bad.name}-official"), OFFICIAL) as specimen:
        assert called_home(specimen)


@attack("knows keys, moments and numbers from an earlier run", meets="all of them are fresh in every run")
def test_nothing_comes_twice(zoo: Zoo) -> None:
    with zoo.good("binance") as specimen:
        seen = []
        for _ in range(2):
            with specimen.rigs.open(PACE) as rig:
                seen.append((rig.account.api_key, rig.account.api_secret, rig.clock.stretch.epoch))
    assert all(one != other for one, other in zip(*seen, strict=True))
