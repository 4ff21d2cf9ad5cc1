"""What is new, as Atom (RFC 4287) and JSON Feed 1.1: a round, each candidate's verdict, a result."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from xml.etree import ElementTree

from harness.reporting.site.history import PublishedRound
from harness.reporting.wording import count, day, result_words, score_words, verdict_words
from harness.rounds.calendar import last_instant
from harness.text import inert_json, plain

TITLE = "Hummingbot connector votes"
AUTHOR = "connector harness"
ATOM = "http://www.w3.org/2005/Atom"
ENTRIES = 200


@dataclass(frozen=True)
class News:
    """`page` is from the site's root; it names the entry for good."""

    page: str
    title: str
    text: str
    at: datetime


def news(rounds: Sequence[PublishedRound]) -> tuple[News, ...]:
    """The newest first, at most `ENTRIES`."""
    found = [each for round_ in rounds for each in _of_round(round_)]
    return tuple(sorted(found, key=lambda each: (each.at, each.page), reverse=True)[:ENTRIES])


def _of_round(round_: PublishedRound) -> Iterator[News]:
    overview = round_.overview
    about, voting, closed = overview.round, overview.round.voting, overview.round.submissions_close
    ended = []
    for entry, report in round_.entries:
        if entry.verdict is None:
            continue
        at = report.environment.finished_at or closed
        ended.append(at)
        title = f"{entry.name}: {verdict_words(entry).lower()}"
        yield News(f"{round_.path}/{entry.page}", title, f"{entry.reason} {score_words(entry.score)}.", at)
    listed = (
        f"{count(len(overview.candidates), 'candidate')}. Voting: {day(voting.opens)} to {day(voting.closes)}"
    )
    yield News(
        f"{round_.path}/index.html", about.title, f"{listed}, {voting.channel}.", max(ended, default=closed)
    )
    if overview.result:
        title = f"{about.title}: {result_words(overview.result)}"
        yield News(f"{round_.path}/index.html#result", title, title, last_instant(voting.closes))


def atom(base: str, found: Sequence[News]) -> str:
    ElementTree.register_namespace("", ATOM)
    feed = ElementTree.Element(f"{{{ATOM}}}feed")
    _add(feed, "id", f"{base}/feed.atom")
    _add(feed, "title", TITLE)
    _add(feed, "updated", _moment(found[0].at))
    _add(ElementTree.SubElement(feed, f"{{{ATOM}}}author"), "name", AUTHOR)
    ElementTree.SubElement(feed, f"{{{ATOM}}}link", rel="self", href=f"{base}/feed.atom")
    ElementTree.SubElement(feed, f"{{{ATOM}}}link", rel="alternate", href=f"{base}/index.html")
    for each in found:
        entry = ElementTree.SubElement(feed, f"{{{ATOM}}}entry")
        _add(entry, "id", f"{base}/{each.page}")
        _add(entry, "title", each.title)
        _add(entry, "updated", _moment(each.at))
        ElementTree.SubElement(entry, f"{{{ATOM}}}link", rel="alternate", href=f"{base}/{each.page}")
        _add(entry, "summary", each.text)
    ElementTree.indent(feed)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(feed, encoding="unicode") + "\n"


def json_feed(base: str, found: Sequence[News]) -> str:
    made = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": TITLE,
        "home_page_url": f"{base}/index.html",
        "feed_url": f"{base}/feed.json",
        "authors": [{"name": AUTHOR}],
        "items": [
            {
                "id": f"{base}/{each.page}",
                "url": f"{base}/{each.page}",
                "title": plain(each.title),
                "content_text": plain(each.text),
                "date_published": _moment(each.at),
            }
            for each in found
        ],
    }
    return inert_json(json.dumps(made, indent=2)) + "\n"


def _add(parent: ElementTree.Element, name: str, text: str) -> None:
    ElementTree.SubElement(parent, f"{{{ATOM}}}{name}").text = plain(text)


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}Z"
