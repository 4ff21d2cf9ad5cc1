"""Values as JSON: how what the framework hands out crosses the border.

Decimals become strings, enumerations their names, named tuples and dataclasses objects, numbers that JSON has
no word for strings. What nobody foresaw becomes its `str`, cut short: an odd value must not end the talk.
"""

import dataclasses
import json
import math
import os
import sys
import traceback
from decimal import Decimal
from enum import Enum
from typing import Any, Dict

MAX_DEPTH = 12
MAX_LINE = 8 << 20  # bytes; the harness takes no more
MAX_TEXT = 16384
MAX_BITS = 400  # of an integer; longer ones are told as text


def plain(value: Any, depth: int = 0) -> Any:
    """`value` in JSON's own types."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, int):
        return int(value) if value.bit_length() <= MAX_BITS else _text(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, str):
        return _readable(value)
    if depth >= MAX_DEPTH:
        return _text(value)
    return _container(value, depth + 1)


def _container(value: Any, depth: int) -> Any:
    if isinstance(value, dict):
        return {_key(key): plain(item, depth) for key, item in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {str(key): plain(item, depth) for key, item in value._asdict().items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item, depth) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {item.name: getattr(value, item.name, None) for item in dataclasses.fields(value)}
        return {"type": type(value).__name__, **{name: plain(item, depth) for name, item in fields.items()}}
    return _text(value)


def _key(key: Any) -> str:
    return key.name if isinstance(key, Enum) else _text(key)


def _text(value: Any) -> str:
    try:
        return _readable(str(value))
    except Exception:
        return "<{} that cannot be shown>".format(type(value).__name__)


def _readable(text: str) -> str:
    """Cut short, and without halves of characters, which JSON can carry and nobody can write down."""
    return str(text[:MAX_TEXT]).encode("utf-8", "replace").decode("utf-8")


def places(text: str) -> str:
    """Text with the interpreter's folder taken out of its paths: it tells of a machine, not of code."""
    return text.replace(sys.base_prefix + os.sep, "")


def line(message: Dict[str, Any]) -> bytes:
    """One message, newline at its end. Raises OverflowError where that is too long."""
    text = json.dumps(message, allow_nan=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"
    if len(text) > MAX_LINE:
        raise OverflowError("an answer of {} bytes, more than {}".format(len(text), MAX_LINE))
    return text


def error(exception: BaseException) -> Dict[str, str]:
    """What is told about an exception: its type, its message and the traceback's last 12 KiB."""
    lines = traceback.format_exception(type(exception), exception, exception.__traceback__)
    return {
        "type": type(exception).__name__,
        "message": _text(exception),
        "trace": places("".join(lines))[-12288:],
    }
