"""The package index, asked what is known of a library; a stand-in on loopback answers as it does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from checks.static import advisories
from checks.static.advisories import Advisory, NoAnswerError, ask_index
from checks.static.test_build import RELEASE

KNOWN = {
    "id": "PYSEC-2021-5", "aliases": ["CVE-2021-1", "ODD-1"], "details": "It does.",
    "summary": "It runs what it is sent",
    "fixed_in": ["1.1", "2.0"], "link": "https://osv.dev/x", "source": "osv", "withdrawn": None,
}  # fmt: skip
ALIAS = {**KNOWN, "id": "GHSA-1", "aliases": ["PYSEC-2021-5"]}
PAGES = {
    "/pypi/left-pad/1.0/json": {
        "info": {},
        "vulnerabilities": [KNOWN, ALIAS, {**KNOWN, "id": "X", "withdrawn": "2022-01-01"}],
    },
    "/pypi/left-pad/json": {"info": {}, "vulnerabilities": []},
    "/pypi/odd/json": {"info": {}},
    "/pypi/no-json/json": None,
}


class Index(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        found = self.path in PAGES
        self.send_response(200 if found else 404)
        self.end_headers()
        if found:
            page = PAGES[self.path]
            self.wfile.write(b"<html>" if page is None else json.dumps(page).encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def index() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Index) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/pypi"
        server.shutdown()
        thread.join()


def test_what_is_known_of_a_release_is_told(index: str) -> None:
    assert ask_index("left-pad", "1.0", index) == (
        Advisory("PYSEC-2021-5", "It runs what it is sent", ("1.1", "2.0"), 2021),
    )
    assert ask_index("left-pad", None, index) == ()


@pytest.mark.parametrize(
    ("name", "version"), [("left-pad", "9.9"), ("odd", None), ("no-json", None), ("../../up", "1/../..")]
)
def test_an_index_that_does_not_say_is_no_answer(index: str, name: str, version: str | None) -> None:
    with pytest.raises(NoAnswerError, match=r"/json: "):
        ask_index(name, version, index)


def test_an_index_that_is_away_is_no_answer() -> None:
    with pytest.raises(NoAnswerError, match=r"127\.0\.0\.1:1"):
        ask_index("left-pad", None, "http://127.0.0.1:1/pypi")


def test_an_endless_answer_is_no_answer(index: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(advisories, "MOST_BYTES", 10)
    with pytest.raises(NoAnswerError, match="too long"):
        ask_index("left-pad", None, index)


@pytest.mark.parametrize(
    ("entry", "release"),
    [("acme==1.12.3", "1.12.3"), ("acme === 2.0rc1", "2.0rc1"), ("acme==1.12.*", None), ("acme>=1.2", None)],
)
def test_a_release_is_asked_for_where_exactly_one_is_named(entry: str, release: str | None) -> None:
    found = RELEASE.search(entry)
    assert (found[1] if found else None) == release
