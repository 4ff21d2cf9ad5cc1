"""The envelope that an exchange's replies have in common (`{"error": [], "result": …}`). Pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic import JsonValue

from harness.describing.fork_tests.answers import REFUSALS, Answer

_CONTENTS = ("result", "data")
_FEW = 3  # documents that are no rule yet
_MOST = 0.6  # of the documents, at least, have an envelope if there is one


@dataclass(frozen=True)
class Envelope:
    """`inner` is the key of the contents, `rest` what stands beside them in a good reply."""

    inner: str
    rest: Mapping[str, JsonValue]

    def around(self, document: JsonValue) -> JsonValue:
        """A document within it, and one that has it or a part of it as it is."""
        keys = set(document) if isinstance(document, dict) else set()
        return document if keys & {self.inner, *self.rest} else {**self.rest, self.inner: document}


def envelope_of(documents: Iterable[JsonValue]) -> Envelope | None:
    """What most of these have around their contents, None where there is no such thing."""
    known = [each for each in documents if isinstance(each, dict)]
    if len(known) <= _FEW:
        return None
    counts = Counter(key for each in known for key in each)
    shared = {key for key, count in counts.items() if count >= _MOST * len(known)}
    inner = next((name for name in _CONTENTS if name in shared), None)
    typical = next((each for each in known if shared <= set(each)), None)
    if inner is None or len(shared) < 2 or typical is None:
        return None
    return Envelope(inner, {name: value for name, value in typical.items() if name in shared - {inner}})


def enveloped(made: JsonValue, documents: Iterable[JsonValue]) -> JsonValue:
    """A reply in the envelope that the exchange's others have.

    What is read may be within it: a connector may unwrap every reply in one place.
    """
    found = envelope_of(documents)
    return made if found is None else found.around(made)


def alike(answers: Sequence[Answer]) -> tuple[Answer, ...]:
    """The same replies; where some of a route's have the envelope, those that tests cut short get it too."""
    good = [each for each in answers if each.place and each.member not in REFUSALS]
    found = envelope_of(each.document for each in good)
    if found is None:
        return tuple(answers)
    having = {each.place for each in good if isinstance(each.document, dict) and found.inner in each.document}
    return tuple(
        _within(found, each) if each.place in having and each.member not in REFUSALS else each
        for each in answers
    )


def _within(envelope: Envelope, answer: Answer) -> Answer:
    document, again = envelope.around(answer.document), envelope.around(answer.again)
    return replace(answer, document=document, again=again, text=json.dumps(document))
