"""What a traceback says of its cause: the exception, and where in the connector it was raised. Claimed."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FRAME = re.compile(r'File "([^"\n]+)", line (\d+), in (\S+)')
_RAISED = re.compile(r"^([A-Za-z_][\w.]*)(?:: (.*))?$")
_OF_A_CONNECTOR = re.compile(r"hummingbot/(?:connector/(?:exchange|derivative)|market)/\w+/")
TREE = "hummingbot/"
LONGEST = 300  # characters of a message


@dataclass(frozen=True)
class Cause:
    """`file` is relative to the framework's tree where it lies in it."""

    type: str
    message: str
    file: str | None = None
    line: int | None = None
    function: str = ""

    def __str__(self) -> str:
        what = f"{self.type}: {self.message}" if self.message else self.type
        where = f" in {self.function} ({self.file}:{self.line})" if self.file is not None else ""
        return what + where


def cause_of(traceback: str) -> Cause | None:
    """Of the last exception in it; None where it is no traceback.

    The place is the last frame in a connector's own file, or else the last of all.
    """
    raised = [match for line in traceback.strip().splitlines() if (match := _RAISED.match(line))]
    if not raised or "Traceback" not in traceback:
        return None
    frames = _FRAME.findall(traceback)
    own = [frame for frame in frames if _OF_A_CONNECTOR.search(frame[0])]
    kind, message = raised[-1][1], (raised[-1][2] or "")[:LONGEST]
    if not frames:
        return Cause(kind, message)
    file, line, function = (own or frames)[-1]
    return Cause(kind, message, _in_the_tree(file), int(line), function)


def _in_the_tree(file: str) -> str:
    before, found, after = file.partition(f"/{TREE}")
    return f"{TREE}{after}" if found else before
