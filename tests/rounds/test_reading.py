from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.credentials.meanings import Meaning
from harness.credentials.shapes import Shape
from harness.credentials.stated import Literal
from harness.errors import UserError
from harness.rounds.located_yaml import read_located
from harness.rounds.reading import RoundFileError, load_round
from harness.rounds.round import GitUpstream, PypiUpstream, Round, round_schema
from harness.screenings.round_file import read_round_file

TOP = Path(__file__).resolve().parents[2]

GOOD = """\
id: 2020-08
title: A vote
release: v0.31.0
submissions_close: 2020-08-19T23:59:59Z
voting:
  opens: 2020-08-24
  closes: 2020-09-10
  channel: "#governance"
upstream:
  git: https://github.com/hummingbot/hummingbot
  ref: v0.30.0
maintainers: [A. Maintainer]
candidates:
  - name: acme
    repository: https://github.com/acme/hummingbot
    ref: feat/acme
    connectors: [acme]
    kind: exchange
    contact: "@ann"
    exchange:
      hosts: [api.acme.com, "ws.acme.com:8443"]
    waivers:
      - requirement: usage-page-present
        reason: In review
        granted_by: A. Maintainer
        until: 2020-12-31
"""


def write(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "candidates.yml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def mistakes(tmp_path: Path, text: str | bytes) -> list[str]:
    """`line: field: what — fix` of each mistake."""
    path = write(tmp_path, text)
    with pytest.raises(RoundFileError) as caught:
        read_round_file(path, others_rows=False)
    assert caught.value.exit_code == 2
    return [line.removeprefix(f"{path}:") for line in caught.value.message.splitlines()]


def test_a_good_file(tmp_path: Path) -> None:
    round_ = read_round_file(write(tmp_path, GOOD), others_rows=False)

    assert round_.submissions_close == datetime(2020, 8, 19, 23, 59, 59, tzinfo=UTC)
    assert round_.voting.closes == date(2020, 9, 10)
    assert round_.upstream == GitUpstream(git="https://github.com/hummingbot/hummingbot", ref="v0.30.0")
    acme = round_.candidate("acme")
    assert acme.exchange.hosts == ("api.acme.com", "ws.acme.com:8443")
    assert (acme.exchange.mode, acme.maintenance) == ("simulate", None)
    assert acme.waivers[0].until == date(2020, 12, 31)
    assert Round.model_validate_json(round_.model_dump_json()) == round_


def test_the_rounds_in_the_project_are_valid() -> None:
    load_round(TOP / "candidates.yml")
    first = load_round(TOP / "rounds/2020-08.yml")

    assert [(item.name, item.repository is None) for item in first.candidates] == [
        ("loopring", False),
        ("beaxy", False),
        ("bitpanda", True),
    ]


def test_the_example_in_candidates_yml_is_valid(tmp_path: Path) -> None:
    text = (TOP / "candidates.yml").read_text().replace("\ncandidates: []\n", "\n")
    text = text.replace("maintainers: []", "maintainers: [A. Maintainer]")
    start = text.index("# candidates:\n")
    example = "".join(line.removeprefix("# ") for line in text[start:].splitlines(keepends=True))

    (candidate,) = load_round(write(tmp_path, text[:start] + example)).candidates

    assert candidate.waivers[0].requirement == "usage-page-present"


def test_a_released_package_may_be_upstream(tmp_path: Path) -> None:
    text = GOOD.replace("git: https://github.com/hummingbot/hummingbot", "pypi: hummingbot").replace(
        "ref: v0.30.0", "version: 20260922"
    )
    assert load_round(write(tmp_path, text)).upstream == PypiUpstream(pypi="hummingbot", version="20260922")


def test_an_exchange_may_be_read_by_an_earlier_release_of_ccxt(tmp_path: Path) -> None:
    text = GOOD.replace("    waivers:", "      ccxt: acme@1.2.3\n    waivers:", 1)
    assert (
        read_round_file(write(tmp_path, text), others_rows=False).candidates[0].exchange.ccxt == "acme@1.2.3"
    )


def test_numbers_and_words_stay_text(tmp_path: Path) -> None:
    round_ = load_round(write(tmp_path, GOOD.replace("v0.31.0", "1.10").replace("A vote", "no")))
    assert (round_.release, round_.title) == ("1.10", "no")


def test_offsets_become_utc(tmp_path: Path) -> None:
    round_ = load_round(write(tmp_path, GOOD.replace("23:59:59Z", "23:59:59+02:00")))
    assert round_.submissions_close == datetime(2020, 8, 19, 21, 59, 59, tzinfo=UTC)
    assert round_.submissions_close.tzinfo is UTC


def test_paths_count_from_the_files_folder(tmp_path: Path) -> None:
    text = GOOD.replace("https://github.com/acme/hummingbot", "../forks/acme")
    assert load_round(write(tmp_path, text)).candidates[0].repository == str(tmp_path.parent / "forks/acme")


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        ("contct: x", 'contact: "@ann"', "19: candidates[0].contct: unknown field"),
        ("", "release: v0.31.0\n", "1: release: missing — add `release: v0.31.0`"),
        ("23:59:59", "23:59:59Z", "4: submissions_close: the time has no zone — end it in Z for UTC: 2020"),
        ("1597881599", "2020-08-19T23:59:59Z", "4: submissions_close: '1597881599' is not a time"),
        ("closes: 2020-08-01", "closes: 2020-09-10", "7: voting.closes: voting closes before it opens"),
        ("opens: 2020-08-01", "opens: 2020-08-24", "4: submissions_close: submissions close after voting"),
        ("opens: 2020-08-19", "opens: 2020-08-24", "4: submissions_close: submissions close after voting"),
        ("opens: 2020-02-30", "opens: 2020-08-24", "6: voting.opens: '2020-02-30' is not a date"),
        ("opens: soon", "opens: 2020-08-24", "6: voting.opens: 'soon' is not a day — write"),
        ("channel:", 'channel: "#governance"', '8: voting.channel: empty — like "#governance"'),
        ("kind: exchnge", "kind: exchange", "18: candidates[0].kind: 'exchnge' is not allowed"),
        ("connectors: [acme, acme]", "connectors: [acme]", "17: candidates[0].connectors[1]: acme is"),
        ("title: [a]", "title: A vote", "2: title: not text — like Connector vote"),
        (f"title: {'a' * 301}", "title: A vote", "2: title: longer than 300 characters — shorten it"),
        ("  dialect: binnance\n    waivers:", "waivers:", "22: candidates[0].exchange.dialect: there is no"),
        ("  ccxt: krakken\n    waivers:", "waivers:", "22: candidates[0].exchange.ccxt: there is no"),
        ("  ccxt: a@../b\n    waivers:", "waivers:", "22: candidates[0].exchange.ccxt: 'a@../b' has"),
        ("connectors: acme", "connectors: [acme]", "17: candidates[0].connectors: not a list — like"),
        ("connectors: [A-B]", "connectors: [acme]", "17: candidates[0].connectors[0]: 'A-B' has"),
        ("name: ../x", "name: acme", "14: candidates[0].name: '../x' cannot be the name"),
        ("name: CON", "name: acme", "14: candidates[0].name: 'CON' cannot be the name"),
        ("[https://api.acme.com]", '[api.acme.com, "ws.acme.com:8443"]', "21: candidates[0].exchange"),
        ("usage-page-presnt", "usage-page-present", "23: candidates[0].waivers[0].requirement: no"),
        ("ref: a..b", "ref: feat/acme", "16: candidates[0].ref: 'a..b' is not a"),
        ("ref: --exec=x", "ref: feat/acme", "16: candidates[0].ref: '--exec=x' is not a branch"),
        ("connectors: []", "connectors: [acme]", "17: candidates[0].connectors: empty — like [my_"),
        ("title: \"a\\x1b[31m\"", "title: A vote", "2: title: line breaks, control"),
        ("title: &x A vote", "title: A vote", "2: an anchor or alias (`&`, `*`)"),
        ("title: !!python/name:os.system x", "title: A vote", "2: a tag (tag:yaml.org,2002:python"),
        ("title: A vote\ntitle: B", "title: A vote", "3: title: given twice, first in line 2"),
        ("title: [", "title: A vote", "4: not YAML: "),
    ],
)  # fmt: skip
def test_a_mistake_names_line_field_and_fix(wrong: str, right: str, said: str, tmp_path: Path) -> None:
    (found,) = mistakes(tmp_path, GOOD.replace(right, wrong, 1))
    assert found.startswith(said)
    assert " — " in found


@pytest.mark.parametrize(
    ("address", "fix"),
    [
        ("ext::sh -c touch", "use https://"),
        ("-u./payload", "use https://"),
        ("http://github.com/a/b", "use https://"),
        ("acme/hummingbot", "write https://github.com/acme/hummingbot"),
        ("github.com/acme/hummingbot", "write https://github.com/acme/hummingbot"),
        ("https://ann:token@github.com/a/b", "remove it"),
        ("https://token@github.com/a/b", "remove it"),
        ("https://github.com", "write https://host/owner/name"),
        ("javascript:alert(1)", "write https://"),
        ("https://github.com/a/b/tree/feat/x", "write https://github.com/a/b, and `ref: feat/x`"),
        ("https://github.com/a/b/commit/12ab?w=1", "write https://github.com/a/b, and `ref: 12ab`"),
        ("https://github.com/a/b/pull/12/files", "write https://github.com/a/b"),
    ],
)
def test_addresses_that_are_refused(address: str, fix: str, tmp_path: Path) -> None:
    (found,) = mistakes(tmp_path, GOOD.replace("https://github.com/acme/hummingbot", f'"{address}"'))
    assert found.startswith("15: candidates[0].repository: ")
    assert fix in found


@pytest.mark.parametrize(
    "address",
    [
        "https://gitlab.com/g/s/p.git",
        "ssh://git@h.org:22/a/b",
        "git@github.com:a/b.git",
        "git://h/a",
        "file:///a/b",
    ],
)
def test_addresses_that_are_taken(address: str, tmp_path: Path) -> None:
    text = GOOD.replace("https://github.com/acme/hummingbot", address)
    assert load_round(write(tmp_path, text)).candidates[0].repository == address


def test_every_mistake_is_named_at_once_in_the_order_of_lines(tmp_path: Path) -> None:
    text = GOOD.replace("title: A vote", "titel: A vote").replace("23:59:59Z", "23:59:59")
    text = text.replace("kind: exchange", "kind: x").replace("usage-page", "usage-pge")
    found = mistakes(tmp_path, text)

    assert [line.split(": ")[1] for line in found] == [
        "title",
        "titel",
        "submissions_close",
        "candidates[0].kind",
        "candidates[0].waivers[0].requirement",
    ]


def test_two_candidates_of_one_name(tmp_path: Path) -> None:
    entry = GOOD[GOOD.index("  - name: acme") :]
    (found,) = mistakes(tmp_path, GOOD + entry)
    assert found.startswith("27: candidates[1].name: 'acme' is already the name of an earlier candidate")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "empty"),
        (b"# only a comment\n", "empty"),
        (b"a: \xff\n", "1: not UTF-8"),
        (b"x" * 1_100_000, "larger than 1024 KiB"),
        (b"[" * 50_000, "nested"),
        (b"a: [" + b"1," * 70_000 + b"]", "more than 60000 values"),
        (b"a: &a [x]\nb: [*a, *a]\n", "anchor"),
        (b"id: a\n---\nid: b\n", "second document"),
        (b"- a\n", "not a group of fields"),
        (b"? [a]\n: b\n", "a key that is not plain text"),
        (b"<<: {a: b}\n", "merge key"),
        (b"just words\n", "not a group of fields"),
    ],
)
def test_files_that_are_no_rounds(content: bytes, what: str, tmp_path: Path) -> None:
    assert what in mistakes(tmp_path, content)[0]


def test_a_file_that_is_not_there_has_a_neighbour(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    with pytest.raises(UserError, match=r"No such file or directory\n→ did you mean .*candidates\.yml"):
        load_round(tmp_path / "candidate.yml")


def test_an_unknown_candidate_has_a_neighbour(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="did you mean `acme`"):
        load_round(write(tmp_path, GOOD)).candidate("acm")


def test_the_schema_says_what_the_models_say(tmp_path: Path) -> None:
    schema = json.loads(json.dumps(round_schema()))
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    data = yaml.load(GOOD, Loader=yaml.BaseLoader)  # noqa: S506 — a loader of plain text only
    validator.validate(data)

    del data["candidates"][0]["kind"]
    data["candidates"][0]["typo"] = "x"
    assert {error.validator for error in validator.iter_errors(data)} == {"required", "additionalProperties"}


@settings(max_examples=150, deadline=None)
@given(text=st.text(alphabet="ab:-[]{}&*!|>'\"#%? \n\t\\0~\x00\ud7ff", max_size=60))
def test_no_text_makes_the_reader_fail(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("any") / "round.yml"
    path.write_bytes(text.encode())
    located = read_located(path)
    assert located.mistakes or located.data is None or isinstance(located.data, (str, list, dict))


@pytest.mark.parametrize(
    "name", ["round.json", "round.csv", "ballot", "ballot.md", "index", "../up", "Upper", "con"]
)
def test_names_that_cannot_be_a_folder_of_reports(name: str, tmp_path: Path) -> None:
    taken = load_round(write(tmp_path, GOOD)).candidates[0].name
    (found,) = mistakes(tmp_path, GOOD.replace(f"name: {taken}", f'name: "{name}"'))
    assert "candidates[0].name: " in found
    assert "cannot be the name of a report's folder" in found


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("mode: replay", "no recording to replay"),
        ("recording: one.zst", "a recording is given, but not replayed"),
        ("mode: liv", "liv"),
    ],
)
def test_modes_that_do_not_fit_are_refused_with_their_line(lines: str, said: str, tmp_path: Path) -> None:
    text = GOOD.replace("    exchange:\n", f"    exchange:\n      {lines}\n")
    (found,) = mistakes(tmp_path, text)
    assert said in found
    assert found.startswith(f"{text.splitlines().index(f'      {lines}') + 1}: ")


def test_a_recording_counts_from_the_round_files_folder(tmp_path: Path) -> None:
    lines = "mode: replay\n      recording: kept/one.zst"
    text = GOOD.replace("    exchange:\n", f"    exchange:\n      {lines}\n", 1)
    exchange = load_round(write(tmp_path, text)).candidates[0].exchange
    assert (exchange.mode, exchange.recording) == ("replay", str(tmp_path / "kept/one.zst"))


def test_a_waiver_of_somebody_who_is_no_maintainer_is_refused_with_its_line(tmp_path: Path) -> None:
    (found,) = mistakes(tmp_path, GOOD.replace("granted_by: A. Maintainer", "granted_by: A. Maintainr"))
    assert "candidates[0].waivers[0].granted_by: 'A. Maintainr' is not among the round's maintainers" in found
    assert "did you mean `A. Maintainer`?" in found


def test_a_requirement_that_guards_money_cannot_be_waived(tmp_path: Path) -> None:
    (found,) = mistakes(tmp_path, GOOD.replace("usage-page-present", "secrets-stay-inside"))
    assert "candidates[0].waivers[0].requirement: 'secrets-stay-inside' cannot be waived" in found


HOSTS = 'hosts: [api.acme.com, "ws.acme.com:8443"]\n'


def test_a_row_says_what_the_fields_of_a_connector_hold(tmp_path: Path) -> None:
    row = HOSTS + "      credentials: {acme_signer: secret, acme_area: =www, acme_seed: base64-32}\n"
    (acme,) = load_round(write(tmp_path, GOOD.replace(HOSTS, row))).candidates
    assert acme.exchange.stated_credentials == {
        "acme_signer": Meaning.SECRET,
        "acme_area": Literal("www"),
        "acme_seed": Shape.BASE64_32,
    }


def test_a_row_that_says_nothing_of_a_field_is_refused(tmp_path: Path) -> None:
    row = HOSTS + "      credentials: {acme_signer: a real key}\n"
    (told,) = mistakes(tmp_path, GOOD.replace(HOSTS, row))
    assert "'a real key' is not a meaning or shape of a credential" in told
    assert "hex-32" in told
