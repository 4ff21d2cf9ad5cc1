"""What is seen of a trace as a whole."""

from __future__ import annotations

import pytest

from harness.checking.observers import logged_secrets
from harness.scenarios.trace.model import LoggedSecret, Trace
from tests.scenarios.trace.sample import HEADER


@pytest.mark.parametrize(
    ("logger", "level", "counts"),
    [
        ("websockets.protocol", "DEBUG", False),
        ("websockets.protocol", "INFO", True),
        ("websocketsmith", "DEBUG", True),
        ("hummingbot.market.acme", "DEBUG", True),
    ],
)
def test_a_frame_that_a_library_logs_is_not_the_connectors(logger: str, level: str, counts: bool) -> None:
    record = LoggedSecret(4.2, "passphrase", logger, level, "< Frame(…)")
    assert logged_secrets(Trace(HEADER, (record,))) == ((record,) if counts else ())
