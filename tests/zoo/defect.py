"""What a bad specimen is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from harness.checking import LONG
from tests.zoo.planting import Edit

EXCHANGE = "binance_exchange.py"
ORDER_BOOK = "binance_order_book.py"
BOOK_SOURCE = "binance_api_order_book_data_source.py"
USER_SOURCE = "binance_api_user_stream_data_source.py"
AUTH = "binance_auth.py"
CONSTANTS = "binance_constants.py"
UTILS = "binance_utils.py"


@dataclass(frozen=True)
class Defect:
    """A defect, the check that has to see it, and words that its finding has to contain (a pattern).

    `name` says what is wrong in a few words; `edits` put it into the released `connector`.
    `harmless` says of other connectors why the same edits do no harm there.
    """

    name: str
    check: Callable[..., None]
    finding: str
    edits: tuple[Edit, ...]
    connector: str = "binance"
    harmless: Mapping[str, str] = field(default_factory=dict)

    @property
    def portable(self) -> bool:
        """Whether another connector can have it too."""
        return all(edit.portable for edit in self.edits)

    @property
    def takes_long(self) -> bool:
        """Whether its check takes minutes."""
        return LONG in (mark.name for mark in getattr(self.check, "pytestmark", ()))


def defect(
    name: str,
    check: Callable[..., None],
    finding: str,
    *edits: Edit,
    connector: str = "binance",
    harmless: Mapping[str, str] | None = None,
) -> Defect:
    return Defect(name, check, finding, edits, connector, harmless or {})
