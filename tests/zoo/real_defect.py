"""A defect of a merged connector, and those that several share."""

from __future__ import annotations

from typing import NamedTuple


class RealDefect(NamedTuple):
    """Words that the finding has to contain (a pattern), and why it is the connector that is wrong.

    `why` says what the exchange received, where that matters, and what the user loses by it.
    """

    finding: str
    why: str


FORGETS = RealDefect(
    "the connector dropped the order",
    "The framework takes a broken connection for a failure, and no connector asks for the order: the "
    "exchange has "
    "an order that its user does not know of.",
)
NO_ASSETS = (
    "The framework makes an empty text of an empty body, and the connector goes through it as through a list "
    "of no assets: its user has no balance until the next poll."
)
