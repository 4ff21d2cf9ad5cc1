"""Errors that no reply of an exchange explains, in what a connector logged."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from checks.conformance.test_usability import own_errors, unknown_words

OWN = "/tree/hummingbot/connector/derivative/acme_perpetual/acme_perpetual_derivative.py"
BASE = "/tree/hummingbot/connector/exchange_py_base.py"


def trace(said: str, *files: str, told: str = "", replied: str = "") -> Any:
    """That was logged once, with a traceback through these files; `told` by a stream, `replied` to one."""
    frames = "".join(f'  File "{file}", line 7, in work\n    work()\n' for file in files)
    logs = [SimpleNamespace(error=f"Traceback (most recent call last):\n{frames}{said}\n" if said else "")]
    wire = SimpleNamespace(
        exchanges=lambda: [SimpleNamespace(reply_text=replied)],
        frames=lambda **_: [SimpleNamespace(text=told)],
    )
    return SimpleNamespace(
        header=SimpleNamespace(connector="acme_perpetual"), parts=[SimpleNamespace(logs=logs, wire=wire)]
    )


@pytest.mark.parametrize(
    "said",
    [
        "AttributeError: 'AcmePerpetualDerivative' object has no attribute '_mode'",
        "AttributeError: 'AcmePerpetualDerivative' object has no attribute '_mode'. Did you mean: 'mode'?",
        "AttributeError: module 'hummingbot.connector.acme_constants' has no attribute 'MODES'",
        "NameError: name 'json' is not defined",
        "TypeError: AcmePerpetualDerivative._sign() takes 2 positional arguments but 3 were given",
    ],
)
def test_what_is_not_there_is_found(said: str) -> None:
    assert [each for each, _ in own_errors(trace(said, BASE, OWN))] == [said]


@pytest.mark.parametrize(
    ("said", "files"),
    [
        ("AttributeError: 'NoneType' object has no attribute 'get'", (BASE, OWN)),
        ("KeyError: 'tickers'", (BASE, OWN)),
        ("AttributeError: module 'ujson' has no attribute 'JSONDecodeError'", (BASE, OWN)),
        ("NameError: name 'json' is not defined", (OWN, BASE)),
        ("NameError: name 'json' is not defined", ()),
        ("ValueError: Order rejected: NameError: name 'json' is not defined", (OWN,)),
        ("", (OWN,)),
    ],
)
def test_what_a_reply_or_others_may_bring_about_is_not(said: str, files: tuple[str, ...]) -> None:
    assert list(own_errors(trace(said, *files))) == []


@pytest.mark.parametrize(
    "sent", [{"told": '{"status": "frozen"}'}, {"replied": '[{"id": 7, "state":"frozen"}]'}]
)
def test_a_word_of_the_exchange_that_a_table_lacks_is_found(sent: dict[str, str]) -> None:
    assert [word for word, _ in unknown_words(trace("KeyError: 'frozen'", BASE, OWN, **sent))] == ["frozen"]


@pytest.mark.parametrize(
    ("said", "files", "told"),
    [
        ("KeyError: 'frozen'", (BASE, OWN), ""),
        ("KeyError: 'frozen'", (BASE, OWN), '{"frozen": "1.5"}'),
        ("KeyError: 'frozen'", (OWN, BASE), '{"status": "frozen"}'),
        ("KeyError: 7", (OWN,), '{"status": 7}'),
    ],
)
def test_what_the_exchange_did_not_say_is_no_unknown_word(
    said: str, files: tuple[str, ...], told: str
) -> None:
    assert list(unknown_words(trace(said, *files, told=told))) == []
