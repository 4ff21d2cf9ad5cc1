"""How the connector behaves inside the bot: it holds nobody up, and what it logs is of use."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from checks.static.names import Reference
from checks.static.source import Source
from checks.static.sources import Sources
from checks.static.wording import counted, places
from harness.checking import expect, requirement

LISTED = 20
BLOCKING = frozenset({
    "time.sleep", "requests.get", "requests.post", "requests.put", "requests.delete", "requests.request",
    "requests.Session", "urllib.request.urlopen", "socket.create_connection", "socket.gethostbyname",
    "input",
})  # fmt: skip
LOG_METHODS = frozenset({"debug", "info", "warning", "error", "exception", "critical", "network"})


@requirement("event-loop-not-blocked")
def test_no_blocking_calls(sources: Sources) -> None:
    """No `time.sleep`, `requests` or other blocking call."""
    found = [
        source.evidence(reference.line)
        for source in sources.shipped
        for reference in source.references
        if reference.name in BLOCKING and (reference.call is not None or source.cython)
    ]
    expect(
        not found,
        f"It blocks the event loop in {places(found)}.",
        *found[:LISTED],
    )


@requirement("logs-are-useful")
def test_log_messages(sources: Sources) -> None:
    """No `print`, and no log message without words."""
    found = [source.evidence(line) for source in sources.shipped for line in sorted(set(_useless(source)))]
    expect(
        not found,
        f"{counted(len(found), 'message bypasses the log or is', 'messages bypass the log or are')} empty.",
        *found[:LISTED],
    )


def _useless(source: Source) -> Iterator[int]:
    for reference in source.references:
        if _prints(source, reference) or (reference.call is not None and _is_empty_log(reference.call)):
            yield reference.line


def _prints(source: Source, reference: Reference) -> bool:
    called = reference.call is not None or source.cython
    return called and reference.name in ("print", "pprint.pprint")


def _is_empty_log(call: ast.Call) -> bool:
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in LOG_METHODS:
        return False
    if not ast.unparse(call.func.value).endswith(("logger()", "logger")):
        return False
    named = (item.value for item in call.keywords if item.arg in (None, "msg"))
    message = next(iter(call.args), next(named, None))
    return message is None or (isinstance(message, ast.Constant) and not str(message.value).strip())
