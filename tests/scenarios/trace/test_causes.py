"""What a traceback says of its cause."""

from __future__ import annotations

import pytest

from harness.scenarios.trace.causes import Cause, cause_of

OWN = """Traceback (most recent call last):
  File "/tree/hummingbot/connector/exchange/tiny/tiny_exchange.py", line 42, in _place_order
    return answer["order"]["id"]
           ~~~~~~^^^^^^^^^
  File "/tree/hummingbot/connector/exchange_py_base.py", line 946, in _api_request
    return json.loads(text)
  File "/usr/lib/python3.12/json/decoder.py", line 7, in loads
    raise KeyError(name)
KeyError: 'no-such-key'
"""


def test_the_connectors_own_line_is_named() -> None:
    cause = cause_of(OWN)
    file = "hummingbot/connector/exchange/tiny/tiny_exchange.py"
    assert cause == Cause("KeyError", "'no-such-key'", file, 42, "_place_order")
    assert str(cause) == f"KeyError: 'no-such-key' in _place_order ({file}:42)"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "Traceback (most recent call last):\nasyncio.exceptions.CancelledError",
            "asyncio.exceptions.CancelledError",
        ),
        (
            OWN + "\nDuring handling of the above\n\n" + OWN.replace("KeyError:", "OSError:"),
            "OSError: 'no-such-key'",
        ),
    ],
)
def test_the_last_exception_counts(text: str, said: str) -> None:
    cause = cause_of(text)
    assert cause is not None
    assert str(cause).startswith(said)


@pytest.mark.parametrize("text", ["", "no answer to start within 20.0 s", "ValueError: of no traceback"])
def test_what_is_no_traceback_has_no_cause(text: str) -> None:
    assert cause_of(text) is None
