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


class Refuse(Exception):  # noqa: N818 - an answer, not a failure of ours
    """A request is not granted, whichever way it came; `around` is what else the answer may tell of."""

    def __init__(self, code: str, detail: str = "", around: Scope | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.around = around


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
        status = self._status(code, words)
        template = self._refusals.body if words.body is None else words.body
        inner = Scope({"refusal": lambda: refusal_facts(words, status, detail or code)}).within(scope)
        return Reply(status, {}, self._filler.fill(template, inner))

    def _status(self, code: str, words: RefusalWords) -> int:
        if words.status is not None:
            return words.status
        usual = (status for error, status in _USUAL.items() if error.value == code)
        return next(usual, self._refusals.status)

    def frame(
        self, code: str, template: JsonValue, scope: Scope, own: Mapping[str, RefusalWords], detail: str = ""
    ) -> tuple[int, JsonValue]:
        """The status, and what a stream says to it; `own` are the words of its connection."""
        words = own.get(code) or own.get("otherwise") or self.words(code, own)
        status = self._status(code, words)
        inner = Scope({"refusal": lambda: refusal_facts(words, status, detail)}).within(scope)
        return status, self._filler.fill(template if words.body is None else words.body, inner)


def refusal_facts(words: RefusalWords, status: int, detail: str) -> Facts:
    return {"code": words.code, "message": words.message, "status": status, "detail": detail or None}
