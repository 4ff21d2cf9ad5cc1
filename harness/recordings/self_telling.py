"""Whether texts of a recording say themselves what they mean: symbols, names of assets, ids, words. Pure."""

from __future__ import annotations

import re

from pydantic import JsonValue

from harness.recordings.reading import Reading
from harness.recordings.recording import Recording
from harness.venue.described.dialect import DescribedDialect
from harness.venue.described.placeholders import leaf
from harness.venue.described.templates import Scope
from harness.venue.described.values import Fact

# What an exchange's own key has in it where it holds that fact, and what it has not.
_KEYS = {
    "market.base": (r"base|^coin|first", r"quote|counter"),
    "market.quote": (r"quote|counter|second", r"base"),
    "balance.asset": (r"asset|coin|curr|ccy|symbol|token|name", r""),
    "asset.name": (r"asset|coin|curr|ccy|symbol|token|name", r""),
    "fill.fee_asset": (r"(fee|comm).*(asset|coin|curr|ccy|token)", r""),
    "order.fee_asset": (r"(fee|comm).*(asset|coin|curr|ccy|token)", r""),
    "trade.trade_id": (r"id|^t$|seq", r"order|user"),
    "fill.trade_id": (r"id", r"order|user|client"),
    "order.order_id": (r"id|order", r"cl|link|text|label|user"),
    "fill.order_id": (r"order", r"cl|link|text|label|user"),
    "order.client_order_id": (r"cl|link|text|label|user", r""),
    "fill.client_order_id": (r"cl|link|text|label|user", r""),
}
# The same of numbers: what the exchange itself calls them. `lacks` keeps a bid's amount from being the bid.
_SIZES = r"size|sz|qty|quant|vol|amount|amt"
_NUMBERS = {
    "balance.free": (r"free|avail", r""),
    "balance.locked": (r"lock|froz|freeze|hold|reserv|onorder", r""),
    "balance.total": (r"total", r""),
    "ticker.bid": (r"bid|bestbuy", _SIZES),
    "ticker.ask": (r"ask|bestsell", _SIZES),
    "ticker.bid_amount": (rf"bid.*({_SIZES})", r""),
    "ticker.ask_amount": (rf"ask.*({_SIZES})", r""),
    "ticker.last": (r"last|close", rf"{_SIZES}|time|id|prev|open|bid|ask"),
    "ticker.high": (r"high", rf"{_SIZES}|bid|ask"),
    "ticker.low": (r"low", rf"{_SIZES}|bid|ask"),
    "ticker.open": (r"open", r"time|interest"),
    "ticker.average": (r"vwap|average|avg", r""),
    "order.filled": (r"(fill|exec|deal|done|traded).*", r"price|value|quote|fund|avg|remain|un"),
    "order.remaining": (r"remain|left|unfill|leaves", r""),
}
_NO_LETTERS = re.compile(r"[^a-z]")
# Words that say a side and are not spelled so.
_MEANING = {"buy": ("buy", "bid", "long"), "sell": ("sell", "ask", "short"), "canceled": ("cancel",)}


class Names:
    """The recorded markets, as this exchange names them."""

    def __init__(self, spoken: DescribedDialect, recording: Recording) -> None:
        self._spoken = spoken
        pairs = [pair.partition("-")[::2] for pair in recording.header.pairs]
        self._symbols = {self._symbol(base, quote) for base, quote in pairs}

    def _symbol(self, base: str, quote: str) -> str:
        names = self._spoken.description.assets
        said: dict[str, Fact] = {
            "base": names.get(base, base),
            "quote": names.get(quote, quote),
            "settle": quote,
        }
        market = Scope({"market": lambda: said})
        return str(self._spoken.filler_of_symbols.fill(self._spoken.description.symbol, market))

    def wrong(self, each: Reading) -> str:
        """Why base and quote, in one text, are not a market's."""
        base, quote = each.said.get("market.base"), each.said.get("market.quote")
        whole = each.hole is None and base is not None and quote is not None
        if whole and self._symbol(str(quote), str(base)) in self._symbols:
            return f"{each.value!r} would be the market {base}-{quote}"
        return ""

    def doubt(self, each: Reading) -> str:
        """Why this reading says nothing of what the leaf means, empty where it does or is a number."""
        for name, value in each.said.items():
            if isinstance(value, str) and not self._tells(name, value, each):
                return "any text would fit"
        hole = each.hole
        if hole is not None and any(filter_ in self._spoken.description.words for filter_ in hole.filters):
            known = all(self.says(str(each.value), value) for value in each.said.values())
            if hole.thing == "trade":
                return "whether it is the taker's or the maker's nobody tells"
            return "" if known else "nobody tells what this word means"
        return ""

    def _tells(self, name: str, value: str, each: Reading) -> bool:
        if name == "market.symbol":
            return value in self._symbols or self._is_one(value)
        if each.hole is not None and any(f in self._spoken.description.words for f in each.hole.filters):
            return True  # judged as a word
        if name in ("market.base", "market.quote") and each.hole is None:
            return True  # by where it stands in the text, which `wrong` looks at
        has, lacks = _KEYS.get(name, ("", ""))
        key = _NO_LETTERS.sub("", str(each.at[-1]).lower())
        return bool(has) and re.search(has, key) is not None and not (lacks and re.search(lacks, key))

    def number(self, fact: str, key: str) -> str | None:
        """What the exchange's own key calls a number: this fact or, of a balance, another one of it.

        None where it does not tell.
        """
        plain = _NO_LETTERS.sub("", key.lower())
        thing = fact.partition(".")[0]
        named = [
            name
            for name, (has, lacks) in _NUMBERS.items()
            if name.partition(".")[0] == thing
            and re.search(has, plain) is not None
            and not (lacks and re.search(lacks, plain))
        ]
        if fact in named or thing != "balance":
            return fact if fact in named else None
        return named[0] if len(named) == 1 and fact in _NUMBERS else None

    def _is_one(self, value: str) -> bool:
        """Whether a text is formed as the recorded symbols are."""
        shapes = [re.sub(r"[A-Za-z0-9]+", "x", each) for each in self._symbols]
        return re.sub(r"[A-Za-z0-9]+", "x", value) in shapes and len(leaf(value).holes) == 0

    def says(self, word: str, value: JsonValue | Fact) -> bool:
        """Whether a word says a fact's value by itself."""
        told = [value] if not isinstance(value, list) else value
        return any(
            meant in word.lower() for each in told for meant in _MEANING.get(str(each), (str(each).lower(),))
        )
