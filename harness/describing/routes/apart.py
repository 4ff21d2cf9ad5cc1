"""Requests to one address that are told apart by a word in them: which word. Pure.

It is a value (`{"type": "l2Book"}`) or the name of an object (`{"place_order": {…}}`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from harness.describing.documents.asked import Act, Asked
from harness.describing.documents.said import KEY, Place, Said, Word
from harness.describing.documents.sentinels import same_address
from harness.describing.fork_tests.answers import Answer
from harness.describing.routes.route_labels import labels_of, of_act
from harness.describing.source_code.asking_words import WORD
from harness.describing.source_code.operation_words import said_so
from harness.describing.source_code.source import UNREAD, Source

Address = tuple[str, str, str]  # host, method, path
_FLAGS = ("true", "false", "yes", "no", "none", "null")
_MOST_LEAVES = 3  # that tell requests to one address apart: some may say their word deeper than others


def words_in(said: Said) -> list[Word]:
    """Every word that a request says, those in lists last: these hold what else there is."""
    found = [Word(place, value) for place, value in said.words.items() if _is_word(value)]
    return sorted(found, key=lambda word: "[" in word.place)


def _is_word(value: str) -> bool:
    return WORD.fullmatch(value) is not None and value.lower() not in _FLAGS


def meant(said: Said, source: Source, among: Iterable[str] = ()) -> str:
    """The operation that a request's words speak for, empty where none does.

    What no method of the connector says counts by itself (`private/cancel`), where it is one of `among`.
    """
    words = words_in(said)
    told = next((name for word in words if (name := source.meant(said.path, word))), "")
    return told or next((name for word in words if (name := said_so(word.text)) in among and name), "")


def serves(told: str, operation: str) -> bool:
    """Whether a reply for one operation answers another: any shows that the exchange is there."""
    return told == operation or (told, operation) == ("server_time", "ping")


@dataclass(frozen=True)
class Apart:
    """What tells requests to each address apart: by address and word the operation."""

    operations: Mapping[Address, Mapping[Word, str]]

    def word_of(self, said: Said) -> Word | None:
        """The word by which a request is told from others to its address, None where none is needed."""
        known = self.operations.get((said.host, said.method, said.path), {})
        leaves = dict.fromkeys(each.place for each in known)
        return next((Word(leaf, said.words[leaf]) for leaf in leaves if leaf in said.words), None)

    def asked(self, asked: Asked) -> Asked:
        """The same with each request's word."""
        acts = tuple(replace(act, sent=tuple(map(self._with_word, act.sent))) for act in asked.acts)
        return replace(asked, sent=tuple(map(self._with_word, asked.sent)), acts=acts)

    def _with_word(self, said: Said) -> Said:
        word = self.word_of(said)
        return said if word is None else replace(said, word=word)

    def answers(self, found: Sequence[Answer], source: Source = UNREAD) -> tuple[Answer, ...]:
        """The same; a reply at such an address answers the request for its operation."""
        return tuple(self._answering(each, source) for each in found)

    def _answering(self, answer: Answer, source: Source) -> Answer:
        for (host, method, path), known in self.operations.items():
            at = answer.place
            if at is None or at[0] != host or not same_address(path, at[1]):
                continue
            if answer.method not in ("", method):
                continue
            own = (word for word, operation in known.items() if serves(answer.operation, operation))
            word = next(own, None) or _unsaid(answer.operation, known, path, source)
            return replace(answer, word=word, method=method, shared=True)
        return answer


def _unsaid(operation: str, known: Mapping[Word, str], path: str, source: Source) -> Word | None:
    """The word of an operation that was not asked for: what its method says under the same key."""
    leaves = {re.split(r"[ .]", word.place)[-1]: word.place for word in known}  # the last key
    for each in source.asking if operation else ():
        if each.operation == operation and each.at(path):
            for text, key in (*each.words.items(), *((key, KEY) for key in sorted(each.keys))):
                if key in leaves and Word(leaves[key], text) not in known:
                    return Word(leaves[key], text)
    return None


def apart(asked: Asked, source: Source, answers: Sequence[Answer] = ()) -> Apart:
    """What tells apart the requests that left a connector, where one address serves several operations.

    A word tells requests apart where it is another for another operation: for what the connector was told to
    do, or by the method of its source that says it. One that orders of one kind alone differ in tells none.
    `answers` are what tests mock: an address that has replies to one operation alone is not shared.
    """
    acted = dict(_acted(asked.acts, source, _of_one(answers, source)))
    facts = frozenset(value for act in asked.acts for value in act.facts.values())
    places: dict[Address, dict[Said, None]] = {}
    for said in (*asked.sent, *(said for act in asked.acts for said in act.sent)):
        places.setdefault((said.host, said.method, said.path), {})[said] = None
    found = {address: told_apart(list(said), acted, source, facts) for address, said in places.items()}
    return Apart({address: words for address, words in found.items() if words})


def _of_one(answers: Sequence[Answer], source: Source) -> dict[Place, str]:
    """What tests have the addresses for that answer one operation alone."""
    told: dict[tuple[str, str], set[str]] = {}
    for each in answers:
        if each.place is not None:
            told.setdefault(each.place, set()).add(each.operation)
    labels = labels_of(answers, source)
    return {place: name for place, name in labels.items() if len(told[place[0], place[2]]) == 1}


def _acted(acts: Iterable[Act], source: Source, labels: Mapping[Place, str]) -> Iterator[tuple[Said, str]]:
    """The requests that place and cancel orders, with what they do."""
    for act in acts:
        fitting = tuple(said for said in act.sent if meant(said, source) in ("", act.operation))
        if act.operation in ("place_order", "cancel_order"):
            for said in of_act(replace(act, sent=fitting), labels, source):
                yield said, act.operation


def told_apart(
    said: Sequence[Said], acted: Mapping[Said, str], source: Source, facts: frozenset[str]
) -> dict[Word, str]:
    """Operation by word of the requests to one address; nothing where they are all for one.

    What the order itself is (`facts`) tells nothing.
    """
    found: dict[Word, str] = {}
    left = list(said)
    for _ in range(_MOST_LEAVES):
        leaves = dict.fromkeys(
            word.place for each in left for word in words_in(each) if word.text not in facts
        )
        known = ((leaf, _by_word(leaf, left, acted, source)) for leaf in leaves)
        told = {leaf: words for leaf, words in known if _tells(leaf, words)}
        if not told:
            break
        best = max(told, key=lambda leaf: _worth(leaf, told[leaf], left))
        found |= told[best]
        left = [each for each in left if best not in each.words]
    return found if len(set(found.values()) - {""}) > 1 else {}


def _tells(leaf: str, told: Mapping[Word, str]) -> bool:
    """Whether a leaf tells operations; one in a list, which may hold anything, if it alone tells several."""
    return len(set(told.values()) - {""}) > 1 if "[" in leaf else bool(told)


def _worth(leaf: str, told: Mapping[Word, str], said: Sequence[Said]) -> tuple[int, ...]:
    """How well a leaf tells: for how many operations, of how many requests, with how few words, how near.

    What stands in no list goes first, then a value, then a key.
    """
    operations = len(set(told.values()) - {""})
    many = sum(leaf in each.words for each in said)
    return operations, many, -len(told), -leaf.count("["), -leaf.endswith(KEY), -leaf.count(".")


def _by_word(leaf: str, said: Sequence[Said], acted: Mapping[Said, str], source: Source) -> dict[Word, str]:
    """Operation by this leaf's word; nothing where one word is said for two, or no operation is known."""
    done: dict[Word, list[str]] = {}
    for each in said:
        if leaf in each.words:
            word = Word(leaf, each.words[leaf])
            done.setdefault(word, []).extend([acted[each]] if each in acted else [])
    if not all(_is_word(word.text) and len(set(acts)) < 2 for word, acts in done.items()):
        return {}
    if any(_never_again(operation, done) for operation in acted.values()):
        return {}
    path = said[0].path
    strong = {word: next(iter(acts), "") or source.meant(path, word) for word, acts in done.items()}
    if not any(strong.values()):
        return {}
    return {word: operation or said_so(word.text) for word, operation in strong.items()}


def _never_again(operation: str, done: Mapping[Word, Sequence[str]]) -> bool:
    """Whether each of several orders says another word: an id, or a signature."""
    times = [acts.count(operation) for acts in done.values() if operation in acts]
    return sum(times) > 2 and max(times) == 1
