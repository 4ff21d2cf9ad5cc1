"""What the text of an issue or pull request may try on the maintainer who submits it."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from harness.commands import submit as command
from harness.commands.submit import add_row, submit
from harness.errors import HarnessError
from harness.rounds.reading import checked_row, load_round
from harness.rounds.submission_form import CONTACT, REPOSITORY, SIZE_LIMIT, read_form
from tests.hostile.attack import attack
from tests.world import write_round

OPEN = datetime(2026, 9, 30, tzinfo=UTC)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A round's file; nothing here may get as far as git."""

    def fetched(*_: object) -> None:
        pytest.fail("something was fetched")

    monkeypatch.setattr(command, "pin", fetched)
    return write_round(tmp_path, tmp_path, {"hollow": "https://github.com/hollow/hummingbot"})


def refused(file: Path, text: str) -> str:
    """What is said of the form; the file has to be as it was."""
    before = file.read_bytes()
    with pytest.raises(HarnessError) as error:
        submit(
            file,
            read_form(text, "issue.md"),
            name=None,
            from_others=True,
            dry_run=False,
            now=OPEN,
            console=Console(file=io.StringIO()),
        )
    assert file.read_bytes() == before
    return str(error.value)


@attack("a folder of the maintainer's own as the fork", meets="a form names no folder on this machine")
def test_a_folder_of_this_machine(file: Path) -> None:
    for place in ("/etc", "./fork", "../x", "~/work", "file:///etc", "FILE://localhost/etc"):
        assert "folder on this machine" in refused(file, f"### {REPOSITORY}\n\n{place}")


@attack(
    "a command or an option as the fork's address", meets="addresses that git may fetch from, and no others"
)
def test_an_address_that_acts(file: Path) -> None:
    for address in ("ext::sh -c id", "--upload-pack=id", "fd::3", "https://a:b@x.example/a/b"):
        assert "repository: " in refused(file, f"### {REPOSITORY}\n\n{address}")


@attack("YAML in an answer, so that a row brings a waiver along", meets="answers are written as quoted text")
def test_yaml_in_an_answer(file: Path) -> None:
    before = load_round(file)
    contact = (
        "\"}], waivers: [{requirement: builds}] # '!!python/object:os.system &a *a % @ ` \\n - name: x: |"
    )
    form = read_form(f"### {REPOSITORY}\n\nhttps://x.example/a/b\n\n### {CONTACT}\n\n{contact}", "issue.md")
    row = checked_row(
        {
            "name": "x",
            "repository": form.repository,
            "connectors": ["x"],
            "kind": "exchange",
            "contact": form.contact,
            "exchange": {"hosts": []},
        },
        file.parent,
    )
    add_row(file, row)
    assert load_round(file).candidates == (*before.candidates, row)
    assert (row.contact, row.waivers) == (contact, ())


@attack("a waiver or a review under a heading of its own", meets="headings that the form lacks are left out")
def test_a_waiver_in_a_form() -> None:
    text = f"### {REPOSITORY}\n\nhttps://x.example/a/b\n"
    assert read_form(f"{text}\n### Waivers\n\nbuilds\n\n### Reviewed\n\nall", "x") == read_form(text, "x")


@attack("a heading within an answer that replaces another answer", meets="a heading given twice is a mistake")
def test_a_heading_within_an_answer(file: Path) -> None:
    text = f"### {REPOSITORY}\n\nhttps://x.example/a/b\n\n### {CONTACT}\n\nme\n### {REPOSITORY}\n\nhttps://y.example/a/b"
    assert "answered twice" in refused(file, text)


@attack("control and bidirectional characters in an answer", meets="one line of plain text an answer")
def test_characters_that_act(file: Path) -> None:
    for contact in ("\x1b[2J", "a\u202egpj.exe", "a\x00b", "\u200b"):
        said = refused(file, f"### {REPOSITORY}\n\nhttps://x.example/a/b\n\n### {CONTACT}\n\na{contact}b")
        assert "contact: " in said


@attack("64 KiB of comments that are opened and never closed", meets="a limit on length, read in one pass")
def test_comments_without_end(file: Path) -> None:
    opened = "<!--" * (SIZE_LIMIT // 4)
    assert "gives no repository" in refused(file, opened)
    assert "gives no repository" in refused(file, "<!---->" * (SIZE_LIMIT // 7))
    assert "longer than 64 KiB" in refused(file, f"{opened}x")
