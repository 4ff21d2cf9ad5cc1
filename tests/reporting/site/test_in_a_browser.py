"""The site as people open it: on a phone, at night, on paper, without scripts, with a screen reader."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, ViewportSize

from tests.browsing import DESKTOP, PHONE, UNFOLD, browser, too_wide, violations

pytestmark = pytest.mark.xdist_group("browser")

NIGHT, DAY = (PHONE, "dark"), (DESKTOP, "light")
OPENED = (
    ("index.html", NIGHT),
    ("rounds/2026-10/index.html", NIGHT),
    ("rounds/2026-11/index.html", DAY),
    ("rounds/2026-11/matrix.html", NIGHT),
    ("rounds/2026-11/binance-hurried/index.html", DAY),
    ("rounds/2026-11/kucoin/index.html", NIGHT),
    ("exchanges/exchange-binance/index.html", NIGHT),
    ("requirements/builds/index.html", DAY),
)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as found:
        yield found


@pytest.mark.parametrize(("path", "how"), OPENED)
def test_a_page_shuts_nobody_out(
    site: Path, chromium: Browser, path: str, how: tuple[ViewportSize, Literal["dark", "light"]]
) -> None:
    size, scheme = how
    context = chromium.new_context(viewport=size, color_scheme=scheme)
    page = context.new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    page.goto((site / path).as_uri())
    assert not too_wide(page)
    page.evaluate(UNFOLD)
    assert not too_wide(page)
    assert violations(page) == []
    assert (said, asked) == ([], [(site / path).as_uri()]), "nothing runs, nothing is loaded"
    context.close()


def test_the_matrix_is_filtered_without_scripts(site: Path, chromium: Browser) -> None:
    page = chromium.new_context(java_script_enabled=False).new_page()
    page.goto((site / "rounds/2026-11/matrix.html").as_uri())
    rows = page.locator("tbody tr").filter(visible=True)
    everything = rows.count()
    page.get_by_role("radio", name="not met").check()
    failed = rows.count()
    assert 0 < failed < everything
    assert all("failed" in (row.get_attribute("class") or "") for row in rows.all())
    page.get_by_role("checkbox").check()
    assert 0 < rows.count() < failed
    assert all("blocking" in (row.get_attribute("class") or "") for row in rows.all())
    page.get_by_role("link", name=re.compile("not met, binance-hurried")).first.click()
    assert "/binance-hurried/index.html#r-" in page.url


def test_on_paper_a_page_is_short_and_black_on_white(site: Path, chromium: Browser) -> None:
    context = chromium.new_context(color_scheme="dark")
    page = context.new_page()
    page.goto((site / "rounds/2026-11/binance-hurried/index.html").as_uri())
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    assert page.locator("nav.site, .evidence").filter(visible=True).count() == 0
    assert page.get_by_text("What to do").first.is_visible()
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))) <= 3
