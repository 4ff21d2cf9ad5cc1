"""Which channel a recorded message is of, by the description. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from harness.recordings.reading import Reader, Reading
from harness.venue.described.addresses import Address
from harness.venue.described.model import Channel, Connection, Description
from harness.venue.described.said_topics import heard

LONGEST = 1 << 20  # characters of a message that is looked into


@dataclass(frozen=True)
class Told:
    """A message as that channel tells it: by its template `tells` or `first`, with what each leaf says."""

    name: str
    channel: Channel
    part: str
    readings: tuple[Reading, ...]

    @property
    def symbol(self) -> str | None:
        """The one market that its leaves name, as the exchange does; None where it is of several."""
        said = {str(each.said["market.symbol"]) for each in self.readings if "market.symbol" in each.said}
        return said.pop() if len(said) == 1 else None

    @property
    def trouble(self) -> int:
        return sum(bool(each.wrong) for each in self.readings)


class Channels:
    """Of one connection; without a description none is known."""

    def __init__(self, description: Description | None, connection: Connection | None) -> None:
        self.reader = Reader(description) if description is not None else None
        self._connection = connection

    def operation_of(self, text: str) -> str | None:
        """The standard operation of a message, None where it is of no channel."""
        if len(text) > LONGEST:
            return None
        told = self.told(heard(text), ())
        return None if told is None else told.channel.operation

    def told(self, said: JsonValue, at: Address) -> Told | None:
        """The message by the channel that it fits best, None where it fits none. `at` is the connection's
        address."""
        fitting = sorted(self._fitting(said, at), key=lambda each: each.trouble)
        return fitting[0] if fitting else None

    def _fitting(self, said: JsonValue, at: Address) -> Iterator[Told]:
        if self._connection is None or self.reader is None or not isinstance(said, dict | list):
            return
        for name, channel in self._connection.channels.items():
            for part, template in (("tells", channel.tells), ("first", channel.first)):
                if template is None:
                    continue
                found = tuple(self.reader.read(template, said, (*at, "channels", name, part)))
                if fits(found):
                    yield Told(name, channel, part, found)


def fits(found: Sequence[Reading]) -> bool:
    """Whether a message is one of those: its constants are there, and more of its leaves than not."""
    wrong = [each for each in found if each.wrong]
    return 2 * len(wrong) < len(found) and all(each.hole is not None for each in wrong)
