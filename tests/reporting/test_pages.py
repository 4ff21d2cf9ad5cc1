"""The pages: self-contained, and no element or attribute of them comes from a fork."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest

from harness.forks.submission import MergePreview
from harness.outcome import Status
from harness.reporting.candidate_page import causes, render_candidate
from harness.reporting.model import CandidateReport
from harness.reporting.publish import publish_round
from harness.reporting.templating import TEMPLATES, prose
from harness.screenings.run import ExchangeFacts
from harness.text import ESCAPED_CATEGORIES, one_line
from tests.reporting.page import Page
from tests.reporting.parts import (
    HOSTILE,
    all_passed,
    catalogue,
    evidence,
    one_candidate,
    outcome,
    store,
    submission,
)

SOURCES = "".join(path.read_text() for path in TEMPLATES.glob("*.j2"))
TAGS = frozenset(re.findall(r"<([a-z0-9]+)", SOURCES))
ATTRIBUTES = frozenset(name.lower() for name in re.findall(r'([\w-]+)="', SOURCES)) | {"open", "checked"}


def pages(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.html"))


def test_no_element_or_attribute_comes_from_a_fork(published: Path) -> None:
    assert len(pages(published)) == 10
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
    local = re.compile(
        r"#[a-z-]+|(\.\./)?(\w[\w-]*/)?(index\.html(#[a-z-]+)?|matrix\.html|[a-z]+\.(json|md|sarif|xml|svg|csv))"
    )
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
                assert (path.parent / address.partition("#")[0]).exists(), address


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
        name: re.findall(r'<h3><a href="([^/"]+)/index.html"', body)
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
        ("binance-hurried", "3 blocking requirements are not met:"),
        ("binance-hurried", "only the last part became an event"),
        (
            "binance-hurried",
            "harness check . --upstream pypi:hummingbot==20260922 -k test_every_fill_reported_once --seed 1",
        ),
        ("binance-hurried", "binance_exchange.py:412"),
        ("late", "2 newer commits"),
        ("silent", "could not resolve host"),
        ("nodialect", "The exchange has no dialect yet"),
        ("kucoin", "Granted by A. Maintainer, until 31 Jan 2027"),
        ("binance", "our own failure"),
        ("skeleton", "harness run --only skeleton --again --seed 1"),
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


def test_a_finding_says_what_to_do_before_its_evidence_which_is_folded(published: Path) -> None:
    text = (published / "binance-hurried" / "index.html").read_text(encoding="utf-8")
    article = text.split('id="r-every-fill-reported-once"')[1].split("</article>")[0]
    places = [article.index(each) for each in ("became an event", "What to do", "<details", "seen by us")]
    assert places == sorted(places)
    assert "<details open" not in text


def test_what_happened_in_one_run_is_shown_once(tmp_path: Path) -> None:
    happened = (evidence("order accepted", at=0.0), evidence("fill of 0.5", at=1.5))
    one_candidate(
        tmp_path,
        "acme",
        all_passed(
            every_fill_reported_once=outcome("every-fill-reported-once", Status.FAILED, "A fill.", *happened),
            cancel_one=outcome("cancel-one", Status.FAILED, "An order.", *happened, evidence("its own")),
        ),
    )
    publish_round(tmp_path, catalogue=catalogue())
    page = Page((tmp_path / "acme" / "index.html").read_text(encoding="utf-8"))
    assert page.words.count("fill of 0.5") == 1
    assert page.words.count("its own") == 1
    assert "#r-cancel-one" in page.attribute("href")


def test_data_that_the_text_says_is_not_repeated(tmp_path: Path) -> None:
    said = evidence("2 requests (ping 1, place_order 7)", "wire", place_order=7, host="api.acme.example")
    failed = outcome("cancel-one", Status.FAILED, "An order stays.", said)
    one_candidate(tmp_path, "acme", all_passed(cancel_one=failed))
    publish_round(tmp_path, catalogue=catalogue())
    words = Page((tmp_path / "acme" / "index.html").read_text(encoding="utf-8")).words
    assert "place_order" not in words
    assert "api.acme.example" in words


def test_findings_stand_under_what_they_mean_for_money(published: Path) -> None:
    text = (published / "binance-hurried" / "index.html").read_text(encoding="utf-8")
    money = text.split('<h3 class="impact">Loses or hides money</h3>')[1].split('<h3 class="impact">')[0]
    assert 'id="r-every-fill-reported-once"' in money


def test_who_stands_behind_it_and_what_its_code_says_are_told(tmp_path: Path) -> None:
    round_ = one_candidate(tmp_path, "acme", all_passed())
    row = round_.candidate("acme")
    facts = ExchangeFacts(
        site="https://acme.example",
        example_pair="ZRX-ETH",
        order_types=("LIMIT", "MARKET"),
        maker_percent="0.1",
        taker_percent="0.15",
    )
    store(tmp_path / "acme", row, submission(row), all_passed(), exchange=facts)
    publish_round(tmp_path, catalogue=catalogue())
    page = Page((tmp_path / "acme" / "index.html").read_text(encoding="utf-8"))
    told = (
        "acme team",
        "no commitment given",
        "such as ZRX-ETH",
        "limit, market",
        "maker 0.1 %, taker 0.15 %",
        "spot",
    )
    assert set(told) <= set(page.words)
    assert "https://acme.example" in page.attribute("href")


def test_code_in_the_catalogues_words_is_code() -> None:
    assert prose("Set `a<b>` & <i>go</i>") == "Set <code>a&lt;b&gt;</code> &amp; &lt;i&gt;go&lt;/i&gt;"
