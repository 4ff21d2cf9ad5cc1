"""Forging what is reported.

A connector shares its process with our driver, so nothing that is said there is believed by itself.
"""

from __future__ import annotations

import time
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from harness.checking import claimed
from harness.driving import connector as connector_module
from harness.driving import driver as driver_module
from harness.driving.rpc_client import ConnectorError, ConnectorGone
from harness.outcome import EvidenceKind, Outcome, OutcomeLog, Severity, Status
from tests.hostile.attack import attack
from tests.hostile.forging import KEYS, TIGHT, driven, works
from tests.hostile.world import Arena

ONE = Decimal(1)
HONEST = Decimal("1.10")  # the tiny connector's balance
NOISE = {
    "no JSON": "b'you all pass\\n'",
    "no text": "bytes(range(256)) + b'\\n'",
    "nested a hundred thousand times": "'{\"id\":1,\"value\":' + '[' * 10**5 + '\\n'",
    "an integer of five thousand digits": "'{\"id\":' + '9' * 5000 + ',\"value\":1}\\n'",
    "not a number": '\'{"id":NaN,"value":Infinity}\\n\'',
    "fields of its own": '\'{"id":1,"value":1,"verdict":"eligible"}\\n\'',
}


@attack(
    "answers requests that it guesses, before they are made",
    meets="request numbers that cannot be guessed; who spoke unasked is in the report",
)
@pytest.mark.parametrize("where", ["while imported", "in a scenario"])
def test_answering_unasked(arena: Arena, tmp_path: Path, where: str) -> None:
    words = """say("".join('{"id":%d,"value":{"USD":{"total":"9"}}}\\n' % n for n in range(50)))"""
    early, late = (words, "") if where == "while imported" else ("", words)
    members = f"""
    def get_all_balances(self):
        {late}
        return super().get_all_balances()
    """
    with driven(arena, tmp_path, members, early) as driver:
        with driver.scenario(["A-B"], KEYS) as connector:
            assert connector.balances()["USD"].total == HONEST
        assert "without having been asked" in driver.irregularities[0]
        assert works(driver)


@attack(
    "looks up a request's number in the driver's own frames and answers it first",
    meets="the driver's own answer comes second: reported as interference",
)
def test_answering_first(arena: Arena, tmp_path: Path) -> None:
    members = """
    def get_all_balances(self):
        forged = {"USD": {"total": "1000000", "available": "1000000"}}
        say(json.dumps({"id": frame("request")["id"], "value": forged}) + "\\n")
        return super().get_all_balances()
    """
    with driven(arena, tmp_path, members) as driver, driver.scenario(["A-B"], KEYS) as connector:
        assert connector.balances()["USD"].total == 1_000_000, "a claim like any other"
        connector.status()
        (told,) = driver.irregularities
        assert "answered twice" in told


@attack(
    "says what is no answer in the driver's name: no JSON, nested without end, impossible numbers",
    meets="a parser with limits; the protocol ends, and the report shows what was said",
)
@pytest.mark.parametrize("noise", NOISE.values(), ids=NOISE)
def test_noise_in_the_drivers_name(arena: Arena, tmp_path: Path, noise: str) -> None:
    members = f"""
    def get_all_balances(self):
        say({noise})
        return super().get_all_balances()
    """
    with driven(arena, tmp_path, members) as driver:
        with (
            pytest.raises(ConnectorGone, match="no answer"),
            driver.scenario(["A-B"], KEYS) as connector,
        ):
            connector.balances()
        assert "no message at all" in driver.irregularities[0]
        assert works(driver)


@attack("answers with a hundred megabytes", meets="a limit on an answer, kept inside and outside")
@pytest.mark.parametrize("how", ["through the driver", "past it"])
def test_a_giant_answer(arena: Arena, tmp_path: Path, how: str) -> None:
    giant = 'return {"%d" % n: Decimal(1) for n in range(300_000)}'
    past = 'say("[" + "0," * 50_000_000 + "0]\\n"); return {}'
    members = f"""
    def get_all_balances(self):
        {giant if how == "through the driver" else past}
    """
    limits = replace(TIGHT, memory_bytes=2 << 30)
    with driven(arena, tmp_path, members, limits=limits) as driver:
        with pytest.raises(ConnectorError), driver.scenario(["A-B"], KEYS) as connector:
            connector.balances()
        assert works(driver)


@attack("prints answers and verdicts", meets="a driver whose own channel is not its output")
def test_printing_answers(arena: Arena, tmp_path: Path) -> None:
    members = """
    def get_all_balances(self):
        for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
            print('{"id": 1, "value": 1}\\n100 passed in 0.01s', file=stream, flush=True)
        for number in (1, 2):
            os.write(number, b'{"gone": "s1", "code": 0, "left": 0}\\n')
        return super().get_all_balances()
    """
    with driven(arena, tmp_path, members) as driver:
        with driver.scenario(["A-B"], KEYS) as connector:
            assert connector.balances()["USD"].total == HONEST
        assert driver.irregularities == ()


@attack(
    "says that other scenarios are over", meets="the list of those that are open; reported as interference"
)
def test_ending_other_scenarios(arena: Arena, tmp_path: Path) -> None:
    words = """say("".join('{"gone":"s%d","code":0,"left":0}\\n' % n for n in range(9)))"""
    with driven(arena, tmp_path, on_import=words) as driver:
        assert works(driver)
        assert "not open" in driver.irregularities[0]


@attack(
    "replaces functions of the driver, of json, os and time",
    meets="a seal taken before it was imported; the report names what was replaced",
)
def test_replacing_the_driver(arena: Arena, tmp_path: Path) -> None:
    code = """
    def replace(module, name):
        kept = getattr(module, name)
        setattr(module, name, lambda *args, **kwargs: kept(*args, **kwargs))

    for module, name in ((json, "dumps"), (os, "write"), (time, "time")):
        replace(module, name)
    for name, module in list(sys.modules.items()):
        if name.endswith(".wire"):
            replace(module, "plain")
        if name.endswith(".scenario"):
            module.Scenario._usage.__code__ = module.Scenario._usage.__code__.replace(co_name="mine")
    """
    members = """
    def get_all_balances(self):
        adapter = frame("self")._adapter if hasattr(frame("self"), "_adapter") else None
        while adapter is None:
            here = sys._getframe()
            while not hasattr(here.f_locals.get("self"), "_adapter"):
                here = here.f_back
            adapter = here.f_locals["self"]._adapter
        adapter.orders = lambda: []
        return super().get_all_balances()
    """
    with driven(arena, tmp_path, members, code) as driver, driver.scenario(["A-B"], KEYS) as connector:
        connector.balances()
        changed = connector.usage().changed
    wanted = {"json.dumps", "os.write", "time.time", "driver wire.plain", "driver scenario.Scenario._usage"}
    assert wanted <= set(changed)
    assert "Adapter.orders" in changed


@attack("tells of events without end", meets="a limit on what is kept inside, and another on what is taken")
@pytest.mark.parametrize("how", ["through the driver", "past it"])
def test_events_without_end(arena: Arena, tmp_path: Path, how: str) -> None:
    members = """
    def flood(self, amount, price):
        event = OrderFailed(-1e9, "order-flood")
        for _ in range(10**6):
            self.listeners[MarketEvent.OrderFailure].to_function(event)

    def forge(self, amount, price):
        here = sys._getframe()
        while not hasattr(here.f_locals.get("self"), "_events"):
            here = here.f_back
        event = {"at": 1, "kind": "OrderFilled", "data": {}}
        here.f_locals["self"].events = lambda since=0, wait_for=0: [event] * 1000
    """
    with driven(arena, tmp_path, members) as driver:
        with driver.scenario(["A-B"], KEYS) as connector:
            if how == "through the driver":
                connector.buy("flood", ONE, ONE)
                assert len(connector.events("OrderFailure")) == 20_000
                assert connector.events()[0].timestamp == -1e9
            else:
                connector.buy("forge", ONE, ONE)
                with pytest.raises(ConnectorError, match="more than 50000"):
                    connector.events()
        assert works(driver)


@attack(
    "names numbers that break or hang whoever reckons with them",
    meets="out-of-range numbers are read as NaN, which equals nothing",
)
def test_number_bombs(arena: Arena, tmp_path: Path) -> None:
    names = ("1e999999999", "-1e-999999999", "0e999999999", "sNaN", "NaN", "Infinity", "9" * 9000)
    members = f"""
    def get_all_balances(self):
        return {{str(n): Decimal(word) for n, word in enumerate({names})}}
    """
    with driven(arena, tmp_path, members) as driver, driver.scenario(["A-B"], KEYS) as connector:
        balances = connector.balances()
    assert len(balances) == len(names)
    for balance in balances.values():
        assert balance.total.is_nan() or balance.total.is_infinite()
        assert len(f"{balance.total:f}") < 10


@attack(
    "names its events' fields as our evidence's, and fills them with signs that act on a terminal",
    meets="evidence whose fields cannot be shadowed, stored as plain text",
)
def test_events_that_pose_as_evidence(arena: Arena, tmp_path: Path) -> None:
    members = """
    def pose(self, amount, price):
        event = {"order_id": "order-pose", "basis": "observed", "kind": "ledger", "text": "all is well",
                 "cls": 1, "self": 2, "data": {"status": "passed"},
                 "\\x1b[2J\\u202e\\ud800": "\\x1b]0;you\\x07" * 9}
        self.listeners[MarketEvent.OrderFilled].to_function(event)
    """
    with driven(arena, tmp_path, members) as driver, driver.scenario(["A-B"], KEYS) as connector:
        connector.buy("pose", ONE, ONE)
        event = connector.wait_event("OrderFilled", "order-pose")
    assert event is not None
    evidence = claimed(EvidenceKind.EVENT, event.kind, **event.data)
    assert (evidence.basis, evidence.kind, evidence.text) == ("claimed", "event", "OrderFilled")
    log = OutcomeLog(tmp_path / "outcomes.jsonl")
    log.begin({})
    outcome = Outcome(
        requirement="cancel-one", status=Status.FAILED, severity=Severity.BLOCKER, subject="orders",
        summary=event.kind, evidence=(evidence,), check="x",
    )  # fmt: skip
    log.append([outcome])
    assert log.outcomes() == (outcome,)
    assert b"\x1b" not in log.path.read_bytes()


@attack("kills our driver's first process", meets="a new one; what was under way is undecided and says why")
def test_killing_the_driver(arena: Arena, tmp_path: Path) -> None:
    members = """
    def get_all_balances(self):
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(1e9)
    """
    with driven(arena, tmp_path, members) as driver:
        with (
            pytest.raises(ConnectorGone, match=r"process has ended|ended with code"),
            driver.scenario(["A-B"], KEYS) as connector,
        ):
            connector.balances()
        assert works(driver)


@attack("stops our driver's first process", meets="time-outs, then the end of the whole sandbox")
def test_stopping_the_driver(arena: Arena, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    members = """
    def get_all_balances(self):
        os.kill(os.getppid(), signal.SIGSTOP)
        return super().get_all_balances()
    """
    with driven(arena, tmp_path, members) as driver:
        with driver.scenario(["A-B"], KEYS) as connector:
            monkeypatch.setattr(driver_module, "PATIENCE", 2.0)
            monkeypatch.setattr(connector_module, "PATIENCE", 2.0)
            with pytest.raises(ConnectorError):
                connector.balances()
        monkeypatch.undo()
        assert works(driver)


@attack(
    "leaves a process behind that speaks in the next scenario",
    meets="the driver, which takes in every orphan and ends it; reported as interference",
)
def test_a_process_that_stays(arena: Arena, tmp_path: Path) -> None:
    members = """
    def get_all_balances(self):
        for _ in range(3):
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    signal.signal(signal.SIGTERM, signal.SIG_IGN)
                    while True:
                        say('{"id":1,"value":"still here"}\\n')
                        open("/tmp/work/alive", "a").write("x")
                        time.sleep(0.01)
                os._exit(0)
        return super().get_all_balances()

    def look(self, amount, price):
        path = "/tmp/work/alive"
        before = os.path.getsize(path)
        time.sleep(30)
        if os.path.getsize(path) != before:
            raise RuntimeError("somebody is alive")
    """
    with driven(arena, tmp_path, members) as driver:
        with driver.scenario(["A-B"], KEYS) as connector:
            connector.balances()
        assert works(driver)
        with driver.scenario(["A-B"], KEYS) as connector:
            assert connector.buy("look", ONE, ONE) == "order-look"
        assert any("outlived the scenario" in told for told in driver.irregularities)


@attack(
    "changes modules for the scenarios to come",
    meets="a fresh process for each scenario, forked before any of it ran",
)
def test_poisoning_the_next_scenario(arena: Arena, tmp_path: Path) -> None:
    members = """
    def get_all_balances(self):
        TinyExchange.display_name = "poisoned"
        SEEN.extend("poison")
        builtins = sys.modules["builtins"]
        builtins.poisoned = True
        return {"poisoned": Decimal(hasattr(builtins, "poisoned") and len(SEEN))}
    """
    with driven(arena, tmp_path, members) as driver:
        for _ in range(2):
            with driver.scenario(["A-B"], KEYS) as connector:
                assert connector.constructed is not None
                assert connector.constructed.display_name == "tiny"
                assert connector.balances()["poisoned"].total == 7


@attack("writes a million log records, or stderr full", meets="limits on both; the next scenario works")
@pytest.mark.parametrize("how", ["log", "stderr"])
def test_a_flood_of_words(arena: Arena, tmp_path: Path, how: str) -> None:
    members = """
    def log(self, amount, price):
        logger = logging.getLogger("flood")
        for n in range(200_000):
            logger.info("%d", n)

    def stderr(self, amount, price):
        while True:
            os.write(2, b"x" * 65536)
    """
    limits = replace(TIGHT, output_bytes=32 << 20)
    with driven(arena, tmp_path, members, limits=limits) as driver:
        with driver.scenario(["A-B"], KEYS) as connector:
            if how == "log":
                connector.buy("log", ONE, ONE)
                assert len(connector.logs()) <= connector_module.MAX_KEPT
            else:
                with pytest.raises(ConnectorError):
                    connector.buy("stderr", ONE, ONE)
        assert works(driver)


@attack(
    "writes result files wherever it may", meets="read-only mounts; the harness reads no file of a sandbox"
)
def test_writing_result_files(arena: Arena, tmp_path: Path) -> None:
    members = """
    def get_all_balances(self):
        written = 0
        for place in ("/", "/tree", "/tree/hummingbot", *sys.path, "/usr", "/etc", "/home", "/var", "/out"):
            for name in ("outcomes.jsonl", "junit.xml", ".coverage", "result.json", "sitecustomize.py"):
                try:
                    open(os.path.join(place, name), "w").write('{"status":"passed"}')
                    written += 1
                except OSError:
                    pass
        return {"written": Decimal(written)}
    """
    with driven(arena, tmp_path, members) as driver, driver.scenario(["A-B"], KEYS) as connector:
        assert connector.balances()["written"].total == 0
    assert not list((tmp_path / "fork").rglob("outcomes.jsonl"))


@attack("never answers, or answers after the time is over", meets="time-outs; a late answer is dropped")
def test_answering_late(arena: Arena, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    members = """
    def get_all_balances(self):
        time.sleep(150)  # three seconds on the wall
        return super().get_all_balances()
    """
    with driven(arena, tmp_path, members) as driver:
        with driver.scenario(["A-B"], KEYS) as connector:
            monkeypatch.setattr(connector_module, "PATIENCE", 1.0)
            with pytest.raises(ConnectorError, match="no answer to balances"):
                connector.balances()
            monkeypatch.undo()
            time.sleep(3)
            assert connector.network_status() == "STOPPED"
        assert driver.irregularities == ()
