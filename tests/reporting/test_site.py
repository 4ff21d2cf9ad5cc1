"""The pages: self-contained, and no element or attribute of them comes from a fork."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest

from harness.forks.submission import MergePreview
from harness.reporting.model import CandidateReport
from harness.reporting.publish import publish_round
from harness.reporting.site import causes, render_candidate
from harness.reporting.templating import TEMPLATES
from harness.text import ESCAPED_CATEGORIES, one_line
from tests.reporting.page import Page
from tests.reporting.parts import HOSTILE, all_passed, catalogue, one_candidate

SOURCES = "".join(path.read_text() for path in TEMPLATES.glob("*.j2"))
TAGS = frozenset(re.findall(r"<([a-z0-9]+)", SOURCES))
ATTRIBUTES = frozenset(name.lower() for name in re.findall(r'([\w-]+)="', SOURCES)) | {"open"}


def pages(folder: Path) -> list[Path]:
    return sorted(folder.rglob("index.html"))


def test_no_element_or_attribute_comes_from_a_fork(published: Path) -> None:
    assert len(pages(published)) == 9
    for path in pages(published):
        page = Page(path.read_text(encoding="utf-8"))
        assert {tag for tag, _ in page.elements} <= TAGS
        assert {name for _, attributes in page.elements for name in attributes} <= ATTRIBUTES
        assert not page.open
        assert not page.comments
        assert [tag for tag, _ in page.elements].count("h1") == 1


def test_styles_are_the_templates_own(published: Path) -> None:
    own = set(re.findall(r'style="([^"]*)"', SOURCES))
    assert own
    for path in pages(published):
        assert set(Page(path.read_text(encoding="utf-8")).attribute("style")) <= own


def test_links_lead_to_reports_and_to_https_only(published: Path) -> None:
    local = re.compile(r"#[a-z-]+|(\.\./)?(\w[\w-]*/)?(index\.html|[a-z]+\.(json|md|sarif|xml|svg))")
    for path in pages(published):
        page = Page(path.read_text(encoding="utf-8"))
        for address in page.attribute("href"):
            assert local.fullmatch(address) or address.startswith("https://github.com/"), address
        for tag, attributes in page.elements:
            if (attributes.get("href") or "").startswith("https:"):
                assert tag == "a"
                assert "noopener" in (attributes["rel"] or "").split()


def test_local_links_lead_somewhere(published: Path) -> None:
    for path in pages(published):
        page = Page(path.read_text(encoding="utf-8"))
        ids = page.attribute("id")
        assert len(ids) == len(set(ids))
        for address in page.attribute("href"):
            if address.startswith("#"):
                assert address[1:] in ids
            elif not address.startswith("https:"):
                assert (path.parent / address).exists(), address


def test_hostile_words_are_shown_as_they_are(published: Path) -> None:
    shown = " ".join(Page((published / "hostile" / "index.html").read_text(encoding="utf-8")).words)
    for word in HOSTILE:
        assert one_line(word, 400) in shown


def test_nothing_invisible_is_in_any_page(published: Path) -> None:
    for path in pages(published):
        text = path.read_text(encoding="utf-8")
        hidden = {unicodedata.category(character) for character in text if character != "\n"}
        assert not hidden & ESCAPED_CATEGORIES


def test_pages_load_nothing(published: Path) -> None:
    for path in pages(published):
        text = path.read_text(encoding="utf-8")
        assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in text
        assert not re.search(r"(?i)<(script|link|img|iframe|object|embed|form|base)\b|@import|url\(", text)


def test_each_candidate_stands_in_its_group(published: Path) -> None:
    text = (published / "index.html").read_text(encoding="utf-8")
    parts = re.split(r'<section id="(eligible|ineligible|undetermined)"', text)
    groups = {
        name: re.findall(r'href="([^/"]+)/index.html"', body)
        for name, body in zip(parts[1::2], parts[2::2], strict=True)
    }
    assert groups == {
        "eligible": ["binance", "kucoin", "late"],
        "ineligible": ["binance-hurried", "skeleton", "hostile"],
        "undetermined": ["nodialect", "silent"],
    }


@pytest.mark.parametrize(
    ("candidate", "words"),
    [
        ("binance-hurried", "3 blocking requirements not met:"),
        ("binance-hurried", "only the last part became an event"),
        ("binance-hurried", "harness check . -k test_every_fill_reported_once --seed 1"),
        ("binance-hurried", "binance_exchange.py:412"),
        ("late", "2 newer commits"),
        ("silent", "could not resolve host"),
        ("nodialect", "The exchange has no dialect yet"),
        ("kucoin", "Granted by A. Maintainer, until 31 Jan 2027"),
        ("binance", "our own failure"),
        ("skeleton", "harness run round.yml --only skeleton --seed 1"),
    ],
)
def test_a_page_says_what_its_reader_needs(published: Path, candidate: str, words: str) -> None:
    page = Page((published / candidate / "index.html").read_text(encoding="utf-8"))
    assert words in "".join(page.words)


def test_evidence_says_who_saw_it(published: Path) -> None:
    text = "".join(Page((published / "binance-hurried" / "index.html").read_text(encoding="utf-8")).words)
    assert text.index("seen by us") < text.index("trade 7712")
    assert text.index("said by the fork") < text.index("OrderFilled amount=0.5")


def test_one_missing_thing_is_told_once(published: Path) -> None:
    page = Page((published / "nodialect" / "index.html").read_text(encoding="utf-8"))
    undecided = "".join(page.words).split("Undecided")[-1]
    assert undecided.count("The exchange has no dialect yet") == 1
    assert "13 requirements, 9 of them blocking" in undecided


def test_a_page_stands_alone_without_its_round(published: Path) -> None:
    report = CandidateReport.model_validate_json((published / "late" / "report.json").read_text())
    page = Page(render_candidate(report))
    assert not [address for address in page.attribute("href") if address.startswith("..")]


@pytest.mark.parametrize(
    ("merge", "words"),
    [
        (MergePreview("clean", (), ""), "No conflicts with upstream"),
        (MergePreview("conflicts", ("setup.py",), ""), "1 file in conflict with upstream"),
        (MergePreview("unknown", (), "git is too old"), "Could not be tried: git is too old"),
        (MergePreview("unknown", (), ""), "Could not be tried"),
    ],
)
def test_the_merge_preview_is_told(tmp_path: Path, merge: MergePreview, words: str) -> None:
    one_candidate(tmp_path, "merging", all_passed(), merge=merge)
    publish_round(tmp_path, catalogue=catalogue())
    page = Page((tmp_path / "merging" / "index.html").read_text(encoding="utf-8"))
    assert words in page.words


def test_no_causes_without_findings() -> None:
    assert causes(()) == ()


def test_what_happened_is_on_a_time_line(published: Path) -> None:
    text = (published / "binance" / "index.html").read_text(encoding="utf-8")
    page = Page(text)
    assert [tag for tag, attributes in page.elements if attributes.get("class") == "timeline"] == ["ol"]
    words = " ".join(" ".join(page.words).split())
    moments = [words.index(each) for each in ("+0.00 s", "The stream is closed by us", "+0.01 s", "+12.50 s")]
    assert moments == sorted(moments)
    assert "said by the fork" in words[moments[-1] :][:80]


def test_figures_are_drawn(published: Path) -> None:
    page = Page((published / "binance" / "index.html").read_text(encoding="utf-8"))
    (chart,) = (attributes for _, attributes in page.elements if attributes.get("class") == "chart")
    assert chart["aria-label"] == "a small chart of 5 values, from 0.0 to 539.0"
    paths = [
        attributes["d"] or "" for tag, attributes in page.elements if tag == "path" and "d" in attributes
    ]
    (bars,) = (path for path in paths if path.count("z") == 5 and path.startswith("M0 28"))
    assert bars.split("M")[4].startswith("12 28v-28h3v28z"), "the highest value has the whole height"
