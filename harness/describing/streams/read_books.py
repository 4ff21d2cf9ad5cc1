"""Books and trades by what a connector's source reads of them, where no test shows any. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harness.describing.documents.fields import READS, Field
from harness.describing.documents.placed import copied, put
from harness.describing.documents.templates import Kind
from harness.describing.fork_tests.book_notes import Made, Note
from harness.describing.replies.deriving import Derived
from harness.describing.source_code.source_levels import Side
from harness.describing.source_code.source_notes import SIDE, ReadBook
from harness.describing.streams import books

_STREAMED = ("diff", "snapshot")  # of a stream the tests show the one or the other


def not_shown(read: Sequence[ReadBook], notes: Sequence[Note]) -> list[ReadBook]:
    """What the source reads of a kind of which the tests show nothing."""
    shown = {note.kind for note in notes if note.made}
    shown |= set(_STREAMED) if shown & set(_STREAMED) else set()
    shown |= {"trade"} if any(made.type == "TRADE" for note in notes for made in note.made) else set()
    return [each for each in read if each.kind not in shown]


def note_of(read: ReadBook) -> Note:
    """The same as a note of the tests."""
    made = Made(type=read.type, at=read.at, content=dict(read.content))
    return Note(kind=read.kind, raw=read.raw, made=(made,))


def derived(read: Sequence[ReadBook], symbol: str) -> dict[str, Derived]:
    """A template for each kind; only the fork says what stands there."""
    found = books.derived(list(map(note_of, read)), symbol)
    sides = [each.side for each in read if each.side is not None and each.type == "TRADE"]
    return {kind: _read(each, sides[0] if sides else None) for kind, each in found.items()}


def _read(own: Derived, side: Side | None) -> Derived:
    fields = tuple(
        _side(each, side) if each.text == SIDE and side is not None else replace(each, by=(READS,))
        for each in own.fields
    )
    made = copied(own.template)
    for each in fields:
        made = put(made, each.at, each.text)
    return replace(own, template=made, fields=fields)


def _side(leaf: Field, side: Side) -> Field:
    form = "|flag" if isinstance(side.word, bool) else "|number" if isinstance(side.word, int) else ""
    text = f"{{trade.side{form}}}" if form else side.word
    return replace(leaf, text=text, fact="trade.side", kind=Kind.WORDS, by=(READS,), words=side.words)
