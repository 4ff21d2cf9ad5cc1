"""What a recording says of a description, told in a terminal."""

from __future__ import annotations

from rich.console import Console

from harness.commands.terminal import say
from harness.recordings.confirming import Found, lines_of
from harness.recordings.recording import Recording

MOST_SHOWN = 40


def tell_recording(console: Console, found: Found, recording: Recording) -> None:
    """Counts, then every contradiction with both readings."""
    say(console, f"The recording holds {recording.summary}.")
    say(
        console,
        f"Of the description's leaves it confirms {len(found.confirmed)} and contradicts "
        f"{len(found.contradicted)}; {len(found.seen)} fit, but something else would fit as well.",
    )
    if found.signed:
        say(console, "The exchange took signatures that were made as it is described.")
    told = list(lines_of(found))
    for line in told[:MOST_SHOWN]:
        say(console, f"  {line}")
    if len(told) > MOST_SHOWN:
        say(console, f"  and {len(told) - MOST_SHOWN} more: NAME.recorded.yml has all")
