"""A fork becomes a row: what is found, what is missing, and that a refusal leaves the file alone."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from checks.static.source import Source
from harness.commands import submit as command
from harness.commands.row_of_fork import hosts_of
from harness.commands.submit import add_row, form_of, submit
from harness.errors import HarnessError, OurFailure, UserError
from harness.rounds.reading import load_round
from harness.rounds.round import Candidate
from harness.rounds.submission_form import Form
from harness.screenings.writing import writing_beside
from tests.world import commit, git, upstream_and_fork, write_round

OPEN = datetime(2026, 9, 30, tzinfo=UTC)
LATE = datetime(2026, 10, 1, 0, 0, 1, tzinfo=UTC)
FOLDER = "hummingbot/connector/exchange/acme"
CONSTANTS = '''"""See https://docs.acme.example/api for all of it."""
# https://comment.acme.example
REST = "https://api.acme.com/v1"
STREAM = "wss://ws.acme.com:9443/ws"
BY_REGION = "https://{}.acme.com/"
PAGE = "https://docs.acme.com/errors"
LOCAL = "http://localhost:80"
'''
ADDED = {
    f"{FOLDER}/__init__.py": "",
    f"{FOLDER}/acme_constants.py": CONSTANTS,
    f"{FOLDER}/acme_exchange.py": "class AcmeExchange:\n    pass\n",
}


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """A round of one candidate, and a fork that is not in it yet."""
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path))
    upstream, fork = upstream_and_fork(tmp_path, ADDED)
    file = write_round(tmp_path, upstream, {"hollow": "https://github.com/hollow/hummingbot"})
    file.write_text("# kept\n" + file.read_text())
    return file, fork


def told(file: Path, form: Form, now: datetime = OPEN, **options: object) -> str:
    out = io.StringIO()
    chosen = {"name": None, "from_others": False, "dry_run": False, **options}
    submit(file, form, now=now, console=Console(file=out, width=200), **chosen)  # type: ignore[arg-type]
    return out.getvalue()


def test_the_row_is_filled_in_shown_and_added(world: tuple[Path, Path]) -> None:
    file, fork = world
    before = file.read_text().rstrip() + "\n"
    said = told(file, Form(str(fork), contact="@acme: team"))
    assert file.read_text().startswith(before)
    row = load_round(file, others_rows=True).candidates[-1]
    assert (row.name, row.connectors, row.kind, row.ref) == ("acme", ("acme",), "exchange", "master")
    assert row.exchange.hosts == ("api.acme.com", "ws.acme.com")
    assert (row.exchange.dialect, row.exchange.ccxt) == (None, None)
    assert row.contact == "@acme: team"
    assert row.repository == str(fork)
    assert "repository: ./fork\n" in file.read_text()
    assert file.read_text().removeprefix(before).startswith("  - name: acme\n")
    assert "- name: acme" in said
    assert "maintenance: who keeps it" in said
    assert "contact: who answers" not in said
    assert "puts hosts together ({}.acme.com)" in said
    assert sorted(each.name for each in file.parent.iterdir()) == [
        "cache",
        "candidates.yml",
        "fork",
        "upstream",
    ]


def test_what_the_submitter_says_is_laid_over(world: tuple[Path, Path]) -> None:
    file, fork = world
    form = Form(str(fork), hosts=("eu.acme.com",), ccxt="kraken", maintenance="we do", contact="us")
    said = told(file, form, name="acme-eu")
    row = load_round(file).candidate("acme-eu")
    assert row.exchange.hosts == ("eu.acme.com", "api.acme.com", "ws.acme.com")
    assert row.exchange.ccxt == "kraken"
    assert "ccxt has no" not in said


def test_a_known_exchange_gets_its_dialect_and_ccxt_id(world: tuple[Path, Path]) -> None:
    file, fork = world
    commit(
        fork, {"hummingbot/connector/exchange/kucoin/kucoin_exchange.py": "X = 1\n"}, "2026-09-11T00:00:00Z"
    )
    told(file, Form(str(fork), connectors=("kucoin",)))
    exchange = load_round(file).candidate("kucoin").exchange
    assert (exchange.dialect, exchange.ccxt) == ("kucoin", "kucoin")
    assert "api.kucoin.com" in exchange.hosts


@pytest.mark.parametrize(
    ("form", "options", "words"),
    [
        ({}, {"now": LATE}, "submissions closed at 2026-10-01 00:00 UTC"),
        ({"ref": "mastr"}, {}, "no branch, tag or commit 'mastr'"),
        ({"ref": "a b"}, {}, "ref: 'a b' is not a branch"),
        ({"hosts": ("https://x.com",)}, {}, "exchange.hosts[0]: 'https://x.com' is not a host name"),
        ({"contact": "two\nlines"}, {}, "contact: line breaks"),
        ({"connectors": ("acne",)}, {}, "adds no connector 'acne'"),
        ({}, {"name": "hollow"}, "another candidate is already called hollow"),
        ({}, {"name": "../x"}, "name: '../x' cannot be"),
        ({}, {"from_others": True}, "names a folder on this machine"),
        ({"repository": "ext::sh -c id"}, {}, "not an address git may fetch from"),
    ],
)
def test_a_refusal_leaves_the_file_as_it_was(
    world: tuple[Path, Path], form: dict[str, str], options: dict[str, object], words: str
) -> None:
    file, fork = world
    before = file.read_bytes()
    with pytest.raises(HarnessError) as refused:
        told(file, Form(**{"repository": str(fork), **form}), **options)  # type: ignore[arg-type]
    assert words in str(refused.value)
    assert file.read_bytes() == before


def test_the_same_fork_is_added_once(world: tuple[Path, Path]) -> None:
    file, fork = world
    told(file, Form(str(fork)))
    with pytest.raises(UserError, match="already submitted, as acme"):
        told(file, Form(str(fork)), name="other")


def test_a_fork_with_connectors_of_two_kinds_is_asked_which(world: tuple[Path, Path]) -> None:
    file, fork = world
    path = "hummingbot/connector/derivative/acme_perpetual/acme_perpetual_derivative.py"
    commit(fork, {path: "X = 1\n"}, "2026-09-11T00:00:00Z")
    with pytest.raises(UserError, match="2 connectors match"):
        told(file, Form(str(fork)))
    told(file, Form(str(fork), connectors=("acme_perpetual",)))
    assert load_round(file).candidates[-1].kind == "derivative"


def test_a_fork_that_adds_no_connector(world: tuple[Path, Path]) -> None:
    file, fork = world
    git(fork, "branch", "empty", "HEAD~1")
    with pytest.raises(UserError, match="empty adds no connector"):
        told(file, Form(str(fork), ref="empty"))


def test_a_dry_run_writes_nothing(world: tuple[Path, Path]) -> None:
    file, fork = world
    before = file.read_bytes()
    assert "- name: acme" in told(file, Form(str(fork)), dry_run=True)
    assert file.read_bytes() == before


def test_a_row_that_would_change_others_is_not_written(
    world: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    file, _ = world
    before = file.read_bytes()
    monkeypatch.setattr(command, "with_row", lambda text, row: text.replace("hollow", "taken"))
    with pytest.raises(OurFailure):
        add_row(file, load_round(file).candidates[0].model_copy(update={"name": "next", "ref": "x"}))
    assert file.read_bytes() == before
    assert not list(file.parent.glob(".candidates*"))


def test_two_writers_do_not_lose_a_row(world: tuple[Path, Path]) -> None:
    file, _ = world
    row: Candidate = load_round(file).candidates[0].model_copy(update={"name": "next", "ref": "x"})
    with (
        writing_beside(file.with_name(f".{file.name}.writing"), file),
        pytest.raises(UserError, match="is writing to this folder"),
    ):
        add_row(file, row)
    file.chmod(0o640)
    add_row(file, row)
    assert load_round(file).candidates[-1] == row
    assert file.stat().st_mode & 0o777 == 0o640


def test_a_form_or_an_address(tmp_path: Path) -> None:
    issue = tmp_path / "issue.md"
    issue.write_text("### Repository\n\nhttps://x.example/a/b\n\n### Contact\n\nus\n")
    assert form_of(None, issue, contact="me", hosts=()) == Form("https://x.example/a/b", contact="me")
    assert form_of("https://x.example/a/b", None, ref=None) == Form("https://x.example/a/b")
    issue.write_bytes(b"\xff")
    for url, file in ((None, None), ("x", issue), (None, issue), (None, tmp_path / "none")):
        with pytest.raises(UserError):
            form_of(url, file)


def test_a_branch_page_names_repository_and_ref(
    world: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    class AskedError(Exception):
        pass

    def asked(store: object, candidate: Candidate, round_: object) -> None:
        raise AskedError(candidate.repository, candidate.ref)

    monkeypatch.setattr(command, "pin", asked)
    with pytest.raises(AskedError) as found:
        told(world[0], Form("https://github.com/acme/hummingbot/tree/feat/acme/"))
    assert found.value.args == ("https://github.com/acme/hummingbot", "feat/acme")


@pytest.mark.parametrize(
    ("code", "names", "parts"),
    [
        ("X = 'https://api.acme.com/v1'", ("api.acme.com",), ()),
        ("X = 'wss://WS.acme.com:9443'", ("ws.acme.com",), ()),
        ("X = 'api.acme.io'", ("api.acme.io",), ()),
        ("X = 'https://acme.com'", ("acme.com",), ()),
        ("X = 'acme.com'; Y = f'https://{part}.{X}'", (), ("{}.{}", "acme.com")),
        ("X = 'v1.trade'", (), ()),
        ("X = 'https://www.acme.com/api'", ("www.acme.com",), ()),
        ("X = 'https://docs.acme.com'", (), ()),
        ("# https://api.acme.com", (), ()),
        ("def f(", (), ()),
        ("", (), ()),
    ],
)
def test_hosts_are_those_that_code_names(code: str, names: tuple[str, ...], parts: tuple[str, ...]) -> None:
    found = hosts_of([Source(f"{FOLDER}/acme_constants.py", code)])
    assert (found.names, found.parts) == (names, parts)


def test_a_page_in_other_code_is_for_people() -> None:
    assert hosts_of([Source(f"{FOLDER}/acme_utils.py", "X = 'https://www.acme.com/help'")]).names == ()
