"""An exchange that answers with what a connector's tests mock, and writes down all that it is asked."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import JsonValue

from harness.describing.documents.leaves import packed, parsed
from harness.describing.documents.reply_rows import ROWS
from harness.describing.documents.said import Said, Word
from harness.describing.documents.sentinels import SESSION, SETS, Sentinels, same_address, usual
from harness.describing.fork_tests.acknowledging import ID, best, least
from harness.describing.fork_tests.answers import REFUSALS, Answer, place_of
from harness.describing.fork_tests.envelopes import enveloped
from harness.describing.replies.deriving import united
from harness.describing.replies.level_names import names_of_levels, with_names
from harness.describing.routes.apart import meant, serves
from harness.describing.source_code.operation_words import named_so
from harness.describing.source_code.read_replies import at_host, filled, filled_text, template, whole_of
from harness.describing.source_code.source import UNREAD, Reading, Source
from harness.describing.streams.books import Streamed
from harness.describing.streams.socket_look_ups import answered, looked_up
from harness.venue.dialects.base import Dialect
from harness.venue.dialects.messages import Frame, Outgoing, Reply, Request
from harness.venue.dialects.routing import Match
from harness.venue.dialects.stream_session import StreamSession
from harness.venue.market import SAMPLE_MARKETS
from harness.venue.session import Venue

_REFUSED = 400  # and above


class Listening(Dialect):
    """Any exchange: answers with what tests mock, and writes down all that is asked."""

    name = "listening"
    markets = SAMPLE_MARKETS

    def __init__(
        self,
        venue: Venue,
        answers: Iterable[Answer],
        source: Source = UNREAD,
        sentinels: Sentinels = SETS[0],
        book: JsonValue = None,
        streamed: Streamed | None = None,
    ) -> None:
        super().__init__(venue)
        self.source = source
        self._book = book
        self._streamed = streamed
        self._values = {**SESSION, **usual(sentinels), "order.status": _word_for("open", source)}
        if source.between:
            self._values["market.symbol"] = f"{sentinels.base}{source.between}{sentinels.quote}"
        self.keys: frozenset[str] = frozenset()
        answers = list(answers)
        self._documents = [each.document for each in answers if each.place and each.code < _REFUSED]
        self._asked_for_time = -1
        self._answers = [
            (place, each) for each in answers if (place := place_of(each.url)) and each.code < _REFUSED
        ]

    def serves(self, host: str, port: int) -> bool:  # noqa: ARG002 - any
        return True

    def reply_to(self, request: Request, match: Match) -> Reply:  # noqa: ARG002 - any
        operation = self._operation(request)
        read = self._read(request)
        if self._book is not None and operation == "order_book":
            return Reply(200, {}, whole_of(read, with_names(self._book, names_of_levels(read)))[0])
        found, whole = self._answer(request)
        told = self._headers(read)
        if found is None and (alike := self._of_other_orders(request)) is not None:
            found, whole = alike, True
        if found is not None and (whole or read is None):
            return Reply(found.code, {"Content-Type": "application/json", **told}, found.text.encode())
        if read is not None and request.method != "DELETE":
            rows = "balance" if operation == "balances" else ""
            reply = template(read, operation, rows, ROWS.get(operation, ""))
            made = enveloped(at_host(reply, request.host), self._documents)
            return Reply(200, told, packed(filled(made, self._values, self.venue.clock.now())))
        if operation == "ping":  # that it is answered is enough: without, the framework starts nothing
            return Reply(200, {}, {})
        return self._time() if "time" in request.path.lower() else Reply(404, {}, {})

    def _headers(self, read: Reading | None) -> dict[str, str]:
        """Those of a reply that opens a session."""
        told = read.headers if read is not None else ()
        return {name: filled_text(text, self._values, self.venue.clock.now()) for name, text in told}

    def _operation(self, request: Request) -> str:
        by_path = self.source.operation(request.path, request.method) or named_so(request.path)
        return self._told_by_a_word(request) or by_path

    def _read(self, request: Request) -> Reading | None:
        if operation := self._told_by_a_word(request):
            return self.source.of_word(request.path, None, operation)
        return self.source.of(request.path, self._operation(request))

    def _told_by_a_word(self, request: Request) -> str:
        """The operation that a request's words speak for, where its address serves several."""
        served = {each.operation for *_, each in self._fitting(request)}
        served |= {each.operation for each in self.source.asking if each.paths and each.at(request.path)}
        if len(served - {""}) < 2:
            return ""
        headers = tuple(request.headers.items())
        said = Said(request.host, request.path, request.method, request.query_string, headers, request.text)
        return meant(said, self.source, served)

    def _time(self) -> Reply:
        """The time in one of the usual shapes, another one whenever it is asked for: none may be mocked."""
        now = int(self.venue.clock.now() * 1000)
        shapes: list[JsonValue] = [
            {"serverTime": now, "timestamp": now, "time": now, "data": {"serverTime": now, "timestamp": now}},
            now,
            {"code": 0, "data": now, "result": {"serverTime": now, "timeSecond": now // 1000}},
            [now],
        ]
        self._asked_for_time += 1
        return Reply(200, {}, shapes[self._asked_for_time % len(shapes)])

    def _answer(self, request: Request) -> tuple[Answer | None, bool]:
        """The reply to this method and path: the whole path first (True), else the longest beginning of it.

        A list of symbols may be cut short in tests, the trading rules of the same route are whole, or both
        together are.
        """
        fitting = self._fitting(request)
        if fitting and (operation := self._told_by_a_word(request)):
            alike = [each for each in fitting if serves(each[3].operation, operation)]
            known = self._read(request) is not None or operation == "order_book"
            fitting = alike if alike or known else fitting
        if not fitting:
            return None, False
        whole, _, _, found = max(fitting, key=lambda each: each[:3])
        return _with_the_others(found, [each for *_, each in fitting]), whole

    def _fitting(self, request: Request) -> list[tuple[bool, int, bool, Answer]]:
        """The replies that may answer it: whether their path is its whole one, how long it is, which list."""
        hosts = {host for (host, _), _ in self._answers}
        return [
            (same_address(request.path, path), len(path), "all_symbols" not in each.member, each)
            for (host, path), each in self._answers
            if (host == request.host or request.host not in hosts)  # tests may run on a test network
            and each.method in ("", request.method)
            and (same_address(request.path, path) or (path.endswith("/") and request.path.startswith(path)))
        ]

    def _of_other_orders(self, request: Request) -> Answer | None:
        """Orders of another side or type may have a route of their own: they are answered alike."""
        operation = self._operation(request)
        alike = (each for _, each in self._answers if each.operation == operation)
        placed = operation in ("place_order", "cancel_order") and request.method != "GET"
        return next((each for each in alike if each.member not in REFUSALS), None) if placed else None

    def acknowledged(self, said: JsonValue, text: str) -> JsonValue:
        """The answer to a message that carries an id of its own, as tests have such, or what the connector
        reads of it; None where none has.
        """
        acks = self.source.acks
        keys = [key for key in said if ID.match(key)] if isinstance(said, dict) else []
        if not isinstance(said, dict) or not keys:
            return None
        whole = Said("", "", body=text)
        known = looked_up(whole, self.source)
        if known is not None and (told := self._looked_up(*known, said, keys[0])) is not None:
            return told
        operation = meant(whole, self.source, ("place_order", "cancel_order"))
        ack = best(acks, operation) if operation else least(acks)
        order_id = self._values.get("order.order_id", "")
        return ack.to(said[keys[0]], order_id) if ack is not None and ack.id == keys[0] else None

    def streamed(self, said: JsonValue) -> JsonValue:
        """The book, to a message that asks for something of its market; None to any other."""
        return self._streamed.answer_to(said) if self._streamed is not None else None

    def _looked_up(self, operation: str, word: Word, said: JsonValue, key: str) -> JsonValue:
        """What the connector reads of the answer to a look-up, filled; None where it reads nothing."""
        read = self.source.of_word("", word, operation)
        if read is None:
            return None
        rows = "balance" if operation == "balances" else ""
        made = template(read, operation, rows, ROWS.get(operation, ""))
        whole, _ = answered(made, self.source.acks, operation, key)
        return packed(filled(echoed(whole, said, key), self._values, self.venue.clock.now()))

    def upgrade(self, request: Request, match: Match) -> StreamSession | Reply:  # noqa: ARG002 - any
        return _Answering(self)


class _Answering(StreamSession):
    """Answers a message that carries a key with what the connector's source hopes for, and tells others of
    the book.
    """

    def __init__(self, exchange: Listening) -> None:
        self._exchange = exchange
        self._answered = 0

    def received(self, message: str | bytes) -> Iterable[Outgoing]:
        text = message.decode("utf-8", "replace") if isinstance(message, bytes) else message
        said = parsed(text)
        if (ack := self._exchange.acknowledged(said, text)) is not None:
            yield Frame.of("stream:answer", ack)
            return
        hoped = self._exchange.source.received
        proofs = (*self._exchange.keys, SESSION["session.key"])
        private = self._answered or any(proof in text for proof in proofs)
        if not private and (book := self._exchange.streamed(said)) is not None:
            yield Frame.of("stream:book", book)
        if not hoped or not private:
            return
        answer = template(hoped[min(self._answered, len(hoped) - 1)], "")
        self._answered += 1
        yield Frame.of(
            "stream:login", packed(filled(echoed(answer, said), SESSION, self._exchange.venue.clock.now()))
        )


def _with_the_others(found: Answer, fitting: Iterable[Answer]) -> Answer:
    """A reply about markets with what only other replies of the route say of them."""
    document = found.document
    for each in fitting:
        if each.operation == found.operation == "symbols" and each.place == found.place:
            document = united(document, each.document)
    if document == found.document:
        return found
    return found.with_document(document)


def _word_for(status: str, source: Source) -> str:
    """The connector's first word for a state, the state's own name where its table has none."""
    return next((word for word, state in source.states.items() if state == status), status)


def echoed(made: JsonValue, said: JsonValue, key: str = "id") -> JsonValue:
    """An answer with the message's own id in it, which stands under that key."""
    if isinstance(made, dict):
        return {name: echoed(item, said, key) for name, item in made.items()}
    return said.get(key) if made == f"{{said.{key}}}" and isinstance(said, dict) else made
