"""A test's reply to a new order that has an id of its own gets ours, so that it is found again. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace

from harness.describing.answers import Answer
from harness.describing.leaves import Leaf, Path, changed, flatten
from harness.describing.sentinels import Sentinels
from harness.describing.templates import time_form

_ID_LIKE = re.compile(r"(?=.*\d)[\w-]{6,64}")
_NAMED = re.compile(r"id$|txid|^data$|^result$", re.I)


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
    return replace(answer, document=document, again=again, text=json.dumps(document))


def _may_be_id(path: Path, leaf: Leaf, ours: Sentinels) -> bool:
    named = next((str(step) for step in reversed(path) if isinstance(step, str)), "")
    text = str(leaf)
    return (
        not isinstance(leaf, bool | float)
        and _ID_LIKE.fullmatch(text) is not None
        and (_NAMED.search(named) is not None or not named)
        and "client" not in named.lower()
        and text not in (ours.client_order_id, ours.base + ours.quote)
        and not (isinstance(leaf, int) and time_form(leaf))
    )
