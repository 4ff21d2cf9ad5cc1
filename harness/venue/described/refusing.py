"""Refusals in a description's words."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from harness.venue.described.model import Refusals, RefusalWords
from harness.venue.described.templates import Facts, Filler, Scope
from harness.venue.dialects.messages import Reply
from harness.venue.operations.refusals import RequestError

# What most exchanges answer with, where a description does not say.
_USUAL = {
    RequestError.OVER_LIMIT: 429,
    RequestError.MAINTENANCE: 503,
    RequestError.UNKNOWN_ROUTE: 404,
}


class RefusalBook:
    """Finds the words of a refusal: a route's own, then the exchange's, then those for anything else."""

    def __init__(self, refusals: Refusals, filler: Filler) -> None:
        self._refusals = refusals
        self._filler = filler

    def has(self, code: str) -> bool:
        """Whether the exchange is described as refusing this."""
        return code in self._refusals.words

    def words(self, code: str, own: Mapping[str, RefusalWords]) -> RefusalWords:
        return own.get(code) or self._refusals.words.get(code) or self._refusals.otherwise

    def reply(
        self, code: str, scope: Scope, own: Mapping[str, RefusalWords] | None = None, detail: str = ""
    ) -> Reply:
        """`code` is a `Refusal` or a `RequestError`."""
        words = self.words(code, own or {})
        usual = next(
            (status for error, status in _USUAL.items() if error.value == code), self._refusals.status
        )
        status = words.status if words.status is not None else usual
        template = self._refusals.body if words.body is None else words.body
        inner = Scope({"refusal": lambda: refusal_facts(words, detail or code)}).within(scope)
        return Reply(status, {}, self._filler.fill(template, inner))

    def frame(
        self, code: str, template: JsonValue, scope: Scope, own: Mapping[str, RefusalWords], detail: str = ""
    ) -> JsonValue:
        """What a stream says to it; `own` are the words of its connection."""
        words = own.get(code) or own.get("otherwise") or self.words(code, own)
        inner = Scope({"refusal": lambda: refusal_facts(words, detail)}).within(scope)
        return self._filler.fill(template if words.body is None else words.body, inner)


def refusal_facts(words: RefusalWords, detail: str) -> Facts:
    return {"code": words.code, "message": words.message, "detail": detail or None}
