"""What it is like to run the connector."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress

from harness.checking import Attach, claimed, expect, fail, requirement
from harness.checking.endings import evidence_of
from harness.checking.traces import Traces
from harness.driving.claims import LogLine
from harness.outcome import EvidenceKind
from harness.scenarios.catalogue import ENDS, LIQUIDATED, MARKET_DATA, QUIET
from harness.scenarios.played import READY_SECONDS, NothingToPlay, NotReady
from harness.scenarios.played.market_data import MarketData
from harness.scenarios.played.order_life import Trading
from harness.scenarios.trace.model import Part, Trace

SLOW_START = 60.0  # virtual seconds
LONG_STALL = 0.1  # real seconds of CPU
# What no reply of an exchange brings about: names that nobody gave, and calls that no function takes.
_OWN = re.compile(
    r"^(?:NameError: name '\w+' is not defined"
    r"|AttributeError: module 'hummingbot[\w.]+' has no attribute '\w+'"
    r"|AttributeError: '(?P<type>\w+)' object has no attribute '\w+'"
    r"|TypeError: [\w.<>]+\(\) takes \d+ positional arguments? but \d+ (?:was|were) given)"
)
_MISSING = re.compile(r"^KeyError: '([^']+)'$")
_FRAME = re.compile(r'File "([^"]+)", line \d+')
FLOOD = 20  # records at INFO or above during a market scenario; merged connectors write under ten


@requirement("ready-in-time")
def test_it_gets_ready(traces: Traces, evidence: Attach) -> None:
    """It becomes ready in less than a minute."""
    try:
        run = traces.view(MARKET_DATA)
    except NotReady as error:
        fail(
            f"The connector was still not ready after {READY_SECONDS:g} s "
            f"({', '.join(error.waiting_for) or 'its own reasons'}).",
            *evidence_of(error),
        )
    evidence(claimed(EvidenceKind.MEASUREMENT, f"ready after {run.ready_seconds:.1f} s"))
    expect(run.ready_seconds < SLOW_START, f"The connector needs {run.ready_seconds:.0f} s to get ready.")


@requirement("asks-for-its-keys")
def test_keys_are_asked_for(market_data: MarketData) -> None:
    """Every key has a prompt, and secrets are hidden while they are typed."""
    fields = [each for each in market_data.config if each.connect_key]
    expect(fields, "The connector asks for no key.")
    for each in fields:
        expect(each.prompt, f"The key {each.name} is asked for without a prompt.")
        hidden = each.secure or not any(word in each.name for word in ("secret", "passphrase", "private"))
        expect(hidden, f"The key {each.name} is shown while it is typed.")


@requirement("event-loop-not-blocked")
def test_the_event_loop_turns(trading: Trading, evidence: Attach) -> None:
    """No call blocks the event loop for more than a tenth of a second of CPU time, or sleeps in it."""
    usage = trading.usage
    stalls = usage.stalls if usage else ()
    long = [each for each in stalls if each.cpu_seconds > LONG_STALL or each.kind == "sleep"]
    evidence(claimed(EvidenceKind.MEASUREMENT, f"{len(stalls)} short stalls, {len(long)} long ones"))
    longest = max((stall.seconds for stall in long), default=0.0)
    expect(
        not long,
        f"The event loop was blocked {len(long)} times, for up to {longest:.2f} s.",
        *(claimed(EvidenceKind.NOTE, each.place) for each in long[:2]),
    )


@requirement("logs-are-useful")
def test_logs_are_useful(market_data: MarketData, trading: Trading) -> None:
    """While watching a busy market it logs little; while trading, no record is empty."""
    watching, busy = _shown(market_data.logs), _shown(trading.logs)
    empty = [line for line in (*watching, *busy) if not line.message.strip()]
    expect(not empty, f"{len(empty)} log records are empty.")
    expect(
        len(watching) < FLOOD,
        f"The connector writes {len(watching)} log records while it only watches the market.",
        *(claimed(EvidenceKind.LOG, line.message[:300]) for line in watching[-3:]),
    )


def _shown(lines: Iterable[LogLine]) -> list[LogLine]:
    """What a user sees by default."""
    return [line for line in lines if line.level not in ("DEBUG", "NOTSET")]


@requirement("no-errors-of-its-own")
def test_its_own_code_raises_no_errors(traces: Traces) -> None:
    """In undisturbed operation, its code uses no name or attribute that does not exist."""
    for trace in traces.quiet():
        found = list(own_errors(trace))
        expect(
            not found,
            f"Its own code raised {len(found)} errors in normal operation: {found[0][0] if found else ''}",
            *(claimed(EvidenceKind.LOG, text) for text in dict(found).values()),
        )


@requirement("no-errors-of-its-own")
def test_its_tables_have_the_exchanges_words(traces: Traces) -> None:
    """While orders end and positions close in every way that the exchange has, its tables know each value."""
    for scenario in (*QUIET, ENDS, LIQUIDATED):
        trace = traces.of(scenario)
        found = dict(unknown_words(trace))
        expect(
            not found,
            f"Its own code has no entry for values that the exchange sent: {', '.join(found)}.",
            *(claimed(EvidenceKind.LOG, text) for text in found.values()),
        )
        with suppress(NothingToPlay):
            scenario.read(trace)


def unknown_words(trace: Trace) -> Iterator[tuple[str, str]]:
    """Keys that its own files looked up in vain, though the exchange sends them as values; the tracebacks."""
    for part in trace.parts:
        for said, error in _raised(trace, part.logs):
            match = _MISSING.match(said)
            if match is not None and _was_told(part, match[1]):
                yield match[1], error[-600:]


def _was_told(part: Part, word: str) -> bool:
    """Whether a reply or a message had it, not as the name of a field."""
    value = re.compile(rf'"{re.escape(word)}"(?!\s*:)')
    texts = (
        *(each.reply_text for each in part.wire.exchanges()),
        *(each.text for each in part.wire.frames(direction="received")),
    )
    return any(value.search(text) for text in texts)


def own_errors(trace: Trace) -> Iterator[tuple[str, str]]:
    """What was raised in its own files, whatever an exchange says, and the end of the traceback."""
    prefix = trace.header.connector.replace("_", "")
    for said, error in _raised(trace, (line for part in trace.parts for line in part.logs)):
        match = _OWN.match(said)
        if match is not None and (match["type"] is None or match["type"].lower().startswith(prefix)):
            yield said, error[-600:]


def _raised(trace: Trace, lines: Iterable[LogLine]) -> Iterator[tuple[str, str]]:
    """What was raised in the connector's own files, and the whole traceback."""
    folder = f"/{trace.header.connector}/"
    for line in lines:
        said = next((each for each in reversed(line.error.splitlines()) if each.strip()), "").strip()
        frames = _FRAME.findall(line.error)
        if frames and folder in frames[-1]:
            yield said, line.error
