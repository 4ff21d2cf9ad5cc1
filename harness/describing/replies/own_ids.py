"""Ids and keys of the tests' own in their replies become ours, so that they are found again. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace

from harness.describing.documents.leaves import Leaf, Path, changed, flatten, name_of, packed
from harness.describing.documents.sentinels import SESSION, Sentinels
from harness.describing.documents.templates import time_form
from harness.describing.fork_tests.answers import Answer
from harness.describing.source_code.operation_words import named_so
from harness.describing.source_code.read_replies import KEY, template
from harness.describing.source_code.source import UNREAD, Source

_ID_LIKE = re.compile(r"(?=.*\d)[\w-]{6,64}")
_NAMED = re.compile(r"id$|txid|^data$|^result$", re.I)
_OF_A_MARKET = re.compile(r"(instrument|market|pair|symbol|product)(_?id)?$|product_?pair_?code$", re.I)
_MARKETS_ID = re.compile(r"(instrument|market|pair|symbol)_?id$", re.I)


def with_our_ids(answers: Sequence[Answer]) -> tuple[Answer, ...]:
    """The same replies; one to a new order that has not the order's id gets it where its only id stands."""
    return tuple(_with_our_id(each) if each.operation == "place_order" else each for each in answers)


def _with_our_id(answer: Answer) -> Answer:
    ours = answer.sentinels
    leaves = flatten(answer.document)
    known = {str(leaf) for leaf in leaves.values()}
    ids = [path for path, leaf in leaves.items() if _may_be_id(path, leaf, ours)]
    if ours.order_id in known or len({leaves[path] for path in ids}) != 1:
        return answer
    document, again = answer.document, answer.again
    for path in ids:
        new: Leaf = int(ours.order_id) if isinstance(leaves[path], int) else ours.order_id
        document = changed(document, path, new)
        again = changed(again, path, new) if path in flatten(again) else again
    return replace(answer.with_document(document), again=again)


def _may_be_id(path: Path, leaf: Leaf, ours: Sentinels) -> bool:
    named = name_of(path)
    text = str(leaf)
    return (
        not isinstance(leaf, bool | float)
        and _ID_LIKE.fullmatch(text) is not None
        and (_NAMED.search(named) is not None or not named)
        and "client" not in named.lower()
        and text not in (ours.client_order_id, ours.base + ours.quote)
        and not (isinstance(leaf, int) and time_form(leaf))
    )


def with_our_session(answers: Sequence[Answer], source: Source) -> tuple[Answer, ...]:
    """The same replies; those that open a session are about that, whatever else the test is about.

    The key that the source reads there is ours.
    """
    return tuple(_of_a_session(each, source) if _opens_a_session(each) else each for each in answers)


def _opens_a_session(answer: Answer) -> bool:
    return answer.place is not None and answer.code < 400 and named_so(answer.place[1]) == "stream_token"


def _of_a_session(answer: Answer, source: Source) -> Answer:
    document = answer.document
    read = source.of(answer.place[1]) if answer.place else None
    made = template(read, "stream_token") if read is not None else None
    for path, leaf in flatten(made).items():
        if leaf == KEY and path in flatten(document):
            document = changed(document, path, SESSION["session.key"])
    text = json.dumps(packed(document))
    return replace(
        answer,
        operation="stream_token",
        member="login",
        status="",
        document=document,
        again=document,
        text=text,
    )


def with_our_number(
    answers: Sequence[Answer], symbols: Sequence[str], source: Source = UNREAD
) -> tuple[Answer, ...]:
    """The same replies; the number by which they tell the market (`"InstrumentId": 1`) is ours.

    `symbols` are the exchange's names of the pairs: where one is that number, the market has no other name.
    Where no test shows the list of the markets, the number is told by the key that the source reads there.
    """
    read = {
        str(each.path[-1])
        for path, reading in source.routes.items()
        if (source.operation(path) or named_so(path)) == "symbols"
        for each in reading.reads
        if each.path and _MARKETS_ID.search(str(each.path[-1]))
    }
    numbers = {
        str(leaf)
        for answer in answers
        for path, leaf in flatten(answer.document).items()
        if _names_number(path, leaf, _MARKETS_ID) and (answer.operation == "symbols" or path[-1] in read)
    }
    if len(numbers) != 1 or not numbers.isdisjoint(symbols):
        return tuple(answers)
    (number,) = numbers
    return tuple(_with_number(each, number) for each in answers)


def _with_number(answer: Answer, old: str) -> Answer:
    document, again = answer.document, answer.again
    for path, leaf in flatten(document).items():
        if str(leaf) == old and _names_number(path, leaf, _OF_A_MARKET):
            ours = SESSION["market.number"]
            new: Leaf = int(ours) if isinstance(leaf, int) else ours
            document = changed(document, path, new)
            again = changed(again, path, new) if path in flatten(again) else again
    if document is answer.document:
        return answer
    return replace(answer.with_document(document), again=again)


def _names_number(path: Path, leaf: Leaf, named: re.Pattern[str]) -> bool:
    name = name_of(path)
    whole = isinstance(leaf, str | int) and not isinstance(leaf, bool) and str(leaf).isdigit()
    return whole and named.search(name) is not None
