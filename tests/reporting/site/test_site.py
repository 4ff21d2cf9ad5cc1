"""The published site: every link leads somewhere in it, the same reports give the same bytes."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urldefrag, urljoin
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator

from harness.errors import UserError
from harness.reporting.site.history import exchanges, read_rounds
from harness.reporting.site.writing import LIST
from harness.text import ESCAPED_CATEGORIES
from tests.reporting.page import Page
from tests.reporting.site.conftest import BASE, publish_site, write_reports
from tests.reporting.test_pages import ATTRIBUTES, TAGS

ATOM = "{http://www.w3.org/2005/Atom}"
NOT_OURS = re.compile(r"https://github\.com/")


def addresses(path: Path, base: str) -> Iterator[str]:
    """Every address that a file of the site names, whole."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        page = Page(text)
        yield from (urljoin(base, each) for name in ("href", "src") for each in page.attribute(name))
        yield from re.findall(r"https://votes\.example/[^\s)\"<\]]+", " ".join(page.words))
    elif path.suffix == ".svg":
        yield from re.findall(r'href="([^"]+)"', text)
    else:
        yield from re.findall(r"https://votes\.example/[^\s)\"<>\\]+", text)


def test_every_link_leads_somewhere(site: Path) -> None:
    ids: dict[Path, list[str]] = {}
    seen = 0
    for path in sorted(site.rglob("*")):
        if path.suffix not in {".html", ".svg", ".md", ".json", ".atom"} or path.name == LIST:
            continue
        for address in addresses(path, f"{BASE}/{path.relative_to(site).as_posix()}"):
            if NOT_OURS.match(address) or address == BASE:
                continue
            whole, fragment = urldefrag(address)
            assert whole.startswith(f"{BASE}/"), (path, address)
            target = site / whole.removeprefix(f"{BASE}/")
            assert target.is_file(), (path, address)
            if fragment:
                known = ids.setdefault(target, Page(target.read_text(encoding="utf-8")).attribute("id"))
                assert fragment in known, (path, address)
            seen += 1
    assert seen > 500


def test_every_file_can_be_reached_from_the_first_page(site: Path) -> None:
    found, left = set(), [site / "index.html"]
    while left:
        path = left.pop()
        if path in found or not path.is_file():
            continue
        found.add(path)
        if path.suffix == ".html":
            here = f"{BASE}/{path.relative_to(site).as_posix()}"
            left += [
                site / urldefrag(each)[0].removeprefix(f"{BASE}/")
                for each in addresses(path, here)
                if each.startswith(f"{BASE}/")
            ]
    assert {path for path in site.rglob("*.*") if path.is_file()} - found == {
        site / LIST,
        site / ".nojekyll",
        site / "rounds/2026-10/result.json",
    }


def test_no_page_of_the_site_has_an_element_of_a_forks(site: Path) -> None:
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        page = Page(text)
        assert {tag for tag, _ in page.elements} <= TAGS
        assert {name for _, attributes in page.elements for name in attributes} <= ATTRIBUTES
        assert not page.open
        assert not {unicodedata.category(character) for character in text} - {"Cc"} & ESCAPED_CATEGORIES
        assert "default-src 'none'; style-src 'unsafe-inline'" in text


def test_the_same_reports_give_the_same_bytes(site: Path, tmp_path: Path) -> None:
    publish_site(write_reports(tmp_path / "reports"), tmp_path / "public")
    publish_site(tmp_path / "reports", tmp_path / "public")

    def contents(folder: Path) -> dict[str, bytes]:
        return {
            str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()
        }

    assert contents(site) == contents(tmp_path / "public")


@pytest.mark.parametrize(
    "base", ["http://votes.example", "votes.example", "https://a.b/?x=1", "https://a.b/#x"]
)
def test_only_an_https_address_is_a_base(tmp_path: Path, base: str) -> None:
    with pytest.raises(UserError, match="not the https address of a site"):
        publish_site(tmp_path, tmp_path / "public", base)


def test_a_folder_without_rounds_is_a_users_mistake(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no published round"):
        publish_site(tmp_path, tmp_path / "public")


def test_the_newest_round_is_first_and_a_connector_has_its_history(site: Path) -> None:
    rounds = read_rounds(site.parent / "reports")
    assert [each.overview.round.id for each in rounds] == ["2026-11", "2026-10"]
    (binance,) = (each for each in exchanges(rounds) if each.name == "binance")
    assert [each.round.round.id for each in binance.appearances] == ["2026-11", "2026-10"]
    page = Page((site / "exchanges/exchange-binance/index.html").read_text(encoding="utf-8"))
    assert "../../rounds/2026-10/binance/index.html#r-builds" in page.attribute("href")
    candidate = (site / "rounds/2026-11/binance/index.html").read_text(encoding="utf-8")
    assert "How it did before" in candidate
    assert "How it did before" not in (site / "rounds/2026-10/binance/index.html").read_text(encoding="utf-8")


def test_a_requirement_says_who_met_it(site: Path) -> None:
    page = Page((site / "requirements/builds/index.html").read_text(encoding="utf-8"))
    assert "../../rounds/2026-10/binance/index.html#r-builds" in page.attribute("href")
    assert "../../rounds/2026-11/binance/index.html" in page.attribute("href")
    assert "Where it was published" in page.words


def test_the_feeds_say_the_same(site: Path) -> None:
    atom = ElementTree.parse(site / "feed.atom").getroot()  # noqa: S314 - our own
    entries = [
        (entry.findtext(f"{ATOM}id"), entry.findtext(f"{ATOM}title"), entry.findtext(f"{ATOM}updated"))
        for entry in atom.findall(f"{ATOM}entry")
    ]
    feed = json.loads((site / "feed.json").read_text())
    assert entries == [(each["id"], each["title"], each["date_published"]) for each in feed["items"]]
    assert len({id_ for id_, *_ in entries}) == len(entries)
    assert entries == sorted(entries, key=lambda each: each[2] or "", reverse=True)
    assert any("binance won" in (title or "") for _, title, _ in entries)


def test_an_app_reads_governance_json(site: Path) -> None:
    schema = json.loads((site / "governance.schema.json").read_text())
    made = json.loads((site / "governance.json").read_text())
    Draft202012Validator(schema).validate(made)
    kucoin = next(each for each in made["rounds"][0]["candidates"] if each["name"] == "kucoin")
    assert (kucoin["verdict"], kucoin["by_waiver"]) == ("eligible", False)
    assert kucoin["badge"] == f"{BASE}/rounds/2026-11/kucoin/badge.svg"
    assert made["rounds"][1]["result"]["winners"] == ["binance"]


def test_a_badge_comes_with_what_to_paste(site: Path) -> None:
    folder = f"{BASE}/rounds/2026-11/kucoin"
    words = Page((site / "rounds/2026-11/kucoin/index.html").read_text(encoding="utf-8")).words
    assert f"[![connector harness: kucoin]({folder}/badge.svg)]({folder}/index.html)" in words
    assert f'<a href="{folder}/index.html"' in (site / "rounds/2026-11/kucoin/badge.svg").read_text()
