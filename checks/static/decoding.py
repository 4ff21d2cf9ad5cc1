"""Source files as Python reads them, and no others: what the checks see is what would run.

Python ends a line at a lone carriage return too, and decodes a file by the cookie in its first two lines (PEP
263). An encoding that turns plain ASCII into other text (utf-7, raw_unicode_escape) hides code from everybody
who reads the file as the UTF-8 that it looks like.
"""

from __future__ import annotations

import codecs
import io
import re
import tokenize

# Those of ASCII's extensions that agree with it, and with UTF-8 where a file holds nothing else.
EXTENDING_ASCII = frozenset({"iso8859-1", "iso8859-15", "cp1252"})
UTF_8 = frozenset({"utf-8", "ascii"})
# Cython looks for the word anywhere in the first two lines (Cython.Utils.detect_opened_file_encoding).
CYTHON_COOKIE = re.compile(rb"\w*coding[:=]\s*([-\w.]+)")


class UnreadableEncodingError(ValueError):
    """Python and a reviewer would read different texts."""


def with_plain_newlines(content: bytes) -> bytes:
    return content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def decoded(content: bytes, *, cython: bool) -> str:
    """The text that Python compiles; raises UnreadableEncodingError where it is not plainly UTF-8."""
    lines = with_plain_newlines(content)
    if b"\0" in lines:
        raise UnreadableEncodingError("it holds a NUL, where Python stops reading")
    for encoding in _encodings(lines, cython=cython):
        if encoding in UTF_8 or (encoding in EXTENDING_ASCII and lines.isascii()):
            continue
        raise UnreadableEncodingError(f"its encoding {encoding} shows a reviewer other text than Python runs")
    try:
        return lines.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = lines.count(b"\n", 0, error.start) + 1
        raise UnreadableEncodingError(f"line {line} is not UTF-8, and no encoding is declared") from error


def _encodings(lines: bytes, *, cython: bool) -> set[str]:
    """By their canonical names, those that Python and Cython would take."""
    found = set()
    try:
        found.add(_canonical(tokenize.detect_encoding(io.BytesIO(lines).readline)[0]))
    except (SyntaxError, LookupError) as error:
        raise UnreadableEncodingError(f"its encoding cannot be told: {error}") from error
    if cython:
        for line in lines.split(b"\n", 2)[:2]:
            found.update(_canonical(match[1].decode("ascii")) for match in CYTHON_COOKIE.finditer(line))
    return found


def _canonical(name: str) -> str:
    try:
        return codecs.lookup(name).name.removesuffix("-sig")
    except LookupError:
        return name
