"""A fork's words made safe to look at: nothing invisible, nothing that acts on a terminal.

What a format needs on top (HTML, Markdown, Discord) is escaped by that format's own writer.
"""

from __future__ import annotations

import re
import unicodedata

# "Cn", unassigned, holds a block that is drawn as nothing.
ESCAPED_CATEGORIES = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})

# Letters and marks by category, yet drawn as nothing: they hide text or forge a name. U+FE0F, which makes
# an emoji of a sign, stays.
BLANKS = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
    + "".join(map(chr, range(0xFE00, 0xFE0F)))
    + "".join(map(chr, range(0xE0100, 0xE01F0)))
)

# Stacked accents draw over the lines above and below; no written language needs more than this.
MAX_STACKED_MARKS = 4

ELLIPSIS = "…"


def plain(text: str, *, lines: bool = False) -> str:
    """`text` with every control, bidirectional, zero-width and private character written out.

    ESC becomes `␛`, a right-to-left override becomes `\\u202e`. With `lines`, line feeds and tabs stay.
    """
    if text.isascii() and (text.replace("\n", "").replace("\t", "") if lines else text).isprintable():
        return text
    out: list[str] = []
    stacked = 0
    for character in text:
        stacked = stacked + 1 if unicodedata.combining(character) else 0
        if lines and character in "\n\t":
            out.append(character)
        elif stacked > MAX_STACKED_MARKS or _hidden(character):
            out.append(_visible(character))
        else:
            out.append(character)
    return "".join(out)


def one_line(text: str, limit: int = 200) -> str:
    """`plain(text)` on one line with its white space folded, cut to `limit` characters."""
    folded = plain(" ".join(text.split()))
    return folded if len(folded) <= limit else folded[: limit - 1].rstrip() + ELLIPSIS


def encodable(text: str) -> str:
    """`text` that UTF-8 can hold: lone surrogates (a file name's stray bytes) are written out."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def storable(text: str, limit: int) -> str:
    """The first `limit` characters of `text`, with an ellipsis where there were more, as UTF-8 can hold it.

    Doing it again changes nothing.
    """
    # One character more than fits stands for the ellipsis of an earlier cut.
    kept = encodable(text[: limit + 2])
    return kept if len(kept) <= limit + 1 else kept[:limit] + ELLIPSIS


def inert_json(document: str) -> str:
    """A JSON document in printable ASCII without `<`, `>` and `&`, which says the same.

    Shown in a terminal or put into a page, nothing of it acts: such characters stand in strings only.
    """
    return re.sub(r"[^\n\x20-%'-;=?-~]", _as_escape, document)


def _as_escape(found: re.Match[str]) -> str:
    units = found.group().encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def _hidden(character: str) -> bool:
    if character.isascii():
        return not character.isprintable()
    return unicodedata.category(character) in ESCAPED_CATEGORIES or character in BLANKS


def _visible(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
