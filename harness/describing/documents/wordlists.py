"""Lists of words, as a description has them: what each literal says of an order. Equal lists are one."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import JsonValue

from harness.describing.documents.fields import Field
from harness.describing.documents.templates import FLAGS, Kind, form_of_words

FORMS = ("|flag", "|number")


@dataclass
class WordLists:
    """`lists` is the description's `words`."""

    lists: dict[str, JsonValue] = field(default_factory=dict)

    def text_of(self, leaf: Field) -> JsonValue:
        """What a template says through a list, None where the leaf needs none.

        A literal that one reply alone never varies is known by the lists that others have made.
        """
        if leaf.kind is Kind.WORDS:
            form = str(leaf.text).removeprefix(f"{{{leaf.fact}").removesuffix("}")
            return f"{{{self._thing(leaf)}|{self._list(leaf)}{form if form in FORMS else ''}}}"
        if leaf.kind is Kind.CONSTANT and leaf.fact and isinstance(leaf.text, str | int):
            for name, made in self.lists.items():
                if name.startswith(_base(leaf.fact)) and isinstance(made, dict):
                    words = made["words"]
                    if isinstance(words, dict) and str(leaf.text) in words and _fits(leaf, words):
                        return f"{{{self._thing(leaf)}|{name}{form_of_words([leaf.text])}}}"
        return None

    def _thing(self, leaf: Field) -> str:
        return leaf.fact.partition(".")[0]

    def _list(self, leaf: Field) -> str:
        words: dict[str, JsonValue] = {
            literal: _says(leaf.fact, meant) for literal, meant in leaf.words.items()
        }
        if leaf.fact == "order.status":
            words = _whole(words)
        made: JsonValue = {"of": self._thing(leaf), "words": words}
        base = _base(leaf.fact)
        number, name = 2, base
        while name in self.lists and self.lists[name] != made:
            name, number = f"{base}_{number}", number + 1
        self.lists[name] = made
        return name


def _fits(leaf: Field, words: dict[str, JsonValue]) -> bool:
    """Whether the list says of the literal what the order's state was where it was seen."""
    seen = leaf.words.get(str(leaf.text))
    said = words[str(leaf.text)]
    told = said.get("status") if isinstance(said, dict) else None
    return not seen or told is None or set(seen) <= set(told if isinstance(told, list) else [told])


def _whole(words: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """The states that the tests do not show are told by the word for what they are most like."""
    told = {
        state for said in words.values() if isinstance(said, dict) for state in _listed(said.get("status"))
    }
    for missing, like in (("partially_filled", "open"), ("expired", "canceled")):
        for word, said in words.items():
            if isinstance(said, dict) and missing not in told and like in _listed(said.get("status")):
                words[word] = {**said, "status": [*_listed(said["status"]), missing]}
                told.add(missing)
    return words


def _listed(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _base(fact: str) -> str:
    return fact.replace(".", "_")


def _says(fact: str, meant: tuple[str, ...]) -> dict[str, JsonValue]:
    name = fact.partition(".")[2]
    if name == "type":
        told: dict[str, JsonValue] = {"type": meant[0].removesuffix("_maker")}
        return {**told, "post_only": True} if meant == ("limit_maker",) else told
    if fact == "position.side":
        return {"side": {"buy": "long", "sell": "short"}[meant[0]]}
    if fact in (*FLAGS, "fill.maker"):
        return {name: meant == ("true",)}
    return {name: meant[0] if len(meant) == 1 else list[JsonValue](meant)}
