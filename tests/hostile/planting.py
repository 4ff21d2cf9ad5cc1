"""Published rounds in which all that a fork can choose is a payload, and the same with harmless words."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from harness.forks.submission import AddedConnector, MergePreview
from harness.outcome import Basis, Evidence, EvidenceKind, Outcome, Status
from harness.reporting.publish import publish_round
from harness.rounds.reading import load_round
from harness.rounds.round import Candidate, Exchange, Round, Voting, Waiver
from harness.screenings.store import write_round
from harness.text import encodable
from tests.reporting.parts import REQUIREMENTS, all_passed, catalogue, change, outcome, store, submission

SITE = "https://votes.example/2026-11"

HTML = {
    "script": "<script>alert(1)</script>",
    "handler": '"><img src=x onerror=alert(1)>',
    "attribute": "' onmouseover='alert(1)' x=\" autofocus onfocus=\"alert(1)",
    "style": "</style></title><style>*{background:url(https://evil.example/)}</style><h1>owned</h1>",
    "svg": "<svg/onload=alert(1)><details open ontoggle=alert(1)>",
    "comment": "<!-- --><base href=https://evil.example/><meta http-equiv=refresh content=0>",
    "entity": "&lt;b&gt; &#60;b&#62; &amp; ]]> &#x3c;script&#x3e;",
    "template": "{{ 7 * 7 }}{% include '/etc/passwd' %}${7*7}#{7*7}",
}
ADDRESSES = {
    "javascript": "javascript:alert(1)//https://x.example",
    "data": "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
    "userinfo": "https://github.com@evil.example/x",
    "traversal": "../../../../../../etc/passwd",
    "elsewhere": "//evil.example/x/../..",
    "bare": "https://evil.example www.evil.example discord.gg/abc mail@evil.example",
}
MARKDOWN = {
    "masked": "[click](javascript:alert(1)) ![x](https://evil.example/x.png) <https://evil.example>",
    "fence": "text\n```\n# owned\n~~~\n`` ` ```` \n<b>bold</b>",
    "blocks": "# owned\n## also\n- [ ] list\n1. one\n> quote\n    indented\n---\n===\n+ plus",
    "table": "| a | b |\n|---|---|\n| c | d |\n\n[x]: https://evil.example 'y'\n[^1]: note",
    "formats": "**strong** _em_ ~~gone~~ ||spoiler|| __under__ $x$ \\*escaped\\*",
    "mentions": "@everyone @here <@1234> <@!1> <@&99> <#55> @octocat #12 GH-7 o/r#1 </run:3> <t:0:R> :tada:",
}
CHARACTERS = {
    "ansi": "\x1b[2J\x1b]0;title\x07 red\x1b[31m \x1b]8;;https://evil.example\x07click\x1b]8;;\x07",
    "c1": "\x9b31m\x9d8;;https://evil.example\x9c \x90q\x9c",
    "bidi": "safe\u202egpj.exe \u2066hidden\u2069 \u200fmark",
    "invisible": "zero\u200bwidth\u2060\ufeff \U000e0041\u3164\u2800",
    "nul": "\x00\x01\x0b\x7f\x85\u2028\u2029\ufffe\uffff",
    "surrogate": "stray\udcff\ud800\udfff",
    "accents": "e" + "\u0301" * 50,
    "returns": "good\rbad\x08\x08\x08worse",
}
FORMATS = {
    "json": '</script><script>alert(1)</script>", "verdict": "eligible", "x": "\\u0000 NaN',
    "xml": '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>&a;<![CDATA[x]]><skipped/>',
    "yaml": "!!python/object/apply:os.system ['id']\n- &a [*a]\n---\nverdict: eligible # x",
    "formula": '=HYPERLINK("https://evil.example","x")\n+cmd|\' /C calc\'!A0\n@SUM(1+1)\n-2+3',
    "commands": "::error file=a.py::owned\n  ::add-mask::e\n##[group]x\n##vso[task.setvariable variable=a]b",
    "long": "a" * 100_000,
}
PAYLOADS = {**HTML, **ADDRESSES, **MARKDOWN, **CHARACTERS, **FORMATS}


def harmless(payload: str) -> str:
    """Words of the same length on the same lines."""
    return re.sub(r"[^\s]", "x", re.sub(r"[^\S\n]|[\x0b\x0c\r\x85\u2028\u2029]", "x", payload))


payloads = pytest.mark.parametrize("payload", PAYLOADS)
Planted = Callable[[str], tuple[Path, Path]]


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    """By a payload's name: the folder of the round that holds it, and of its harmless twin."""
    root = tmp_path_factory.mktemp("planted")

    def folders(name: str) -> tuple[Path, Path]:
        hostile, tame = root / name / "hostile", root / name / "harmless"
        if not hostile.exists():
            publish(hostile, PAYLOADS[name])
            publish(tame, harmless(PAYLOADS[name]))
        return hostile, tame

    return folders


def pairs(folders: tuple[Path, Path], pattern: str) -> list[tuple[Path, Path]]:
    """The files of a name in a planted round, each with its harmless twin."""
    hostile, tame = folders
    found = sorted(hostile.rglob(pattern))
    assert found
    return [(path, tame / path.relative_to(hostile)) for path in found]


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


WAIVED = REQUIREMENTS[0][0]  # a blocker
MAINTAINER = "A. Maintainer"


def publish(folder: Path, payload: str) -> Path:
    """A published round in `folder` of which `payload` is all that anybody said; every state is in it."""
    words = encodable(payload)  # as git's names and a pin's errors are read
    round_ = load_round(write_round(folder, _round(words)))
    everything, missing, broken, met = round_.candidates
    pinned = submission(everything, repository="https://github.com/x/y", **_submission(words))
    store(folder / everything.name, everything, pinned, _outcomes(payload), notes=(words,), framework=words)
    store(folder / missing.name, missing, None, [], no_submission=words)
    away = submission(broken, repository=f"https://github.com/x/{words}", **_submission(words))
    store(folder / broken.name, broken, away, _outcomes(payload)[:2], broken=words, finished_at=None)
    by_waiver = all_passed(repository_reachable=outcome(WAIVED, Status.FAILED, words))
    store(folder / met.name, met, submission(met, repository=words, **_submission(words)), by_waiver)
    return publish_round(folder, site_url=SITE, catalogue=catalogue())


def _round(words: str) -> Round:
    line = _one(words)
    names = ("everything", "missing", "broken", "met")
    return Round(
        id="2026-11",
        title=line,
        release=line,
        submissions_close="2026-11-15T23:59:59Z",  # type: ignore[arg-type]
        voting=Voting(opens=date(2026, 11, 18), closes=date(2026, 12, 2), channel=line),
        upstream={"git": _address(words), "ref": "master"},  # type: ignore[arg-type]
        maintainers=(line, MAINTAINER),
        candidates=tuple(_candidate(name, words) for name in names),
    )


def _candidate(name: str, words: str) -> Candidate:
    waived = WAIVED
    # A badge names who granted what it rests on, which is no fork's word: `met` alone has such a badge.
    by = MAINTAINER if name == "met" else _one(words)
    waiver = Waiver(requirement=waived, reason=_one(words), granted_by=by, until=date(2027, 1, 31))
    return Candidate(
        name=name,
        repository=_address(words),
        ref=_taken(lambda ref: Candidate(name="x", ref=ref, **_LEAST).ref, words) or "master",  # type: ignore[arg-type]
        connectors=("x",),
        kind="exchange",
        contact=_one(words),
        maintenance=_one(words),
        exchange=Exchange(hosts=("api.example.com",)),
        waivers=(waiver,),
    )


_LEAST = {"connectors": ("x",), "kind": "exchange", "exchange": Exchange(hosts=("api.example.com",))}


def _one(words: str) -> str:
    """The payload as far as a round file takes it: one printable line."""
    printable = "".join(letter for letter in words if letter.isprintable()).strip()
    return printable[:300].strip() or "words"


def _address(words: str) -> str:
    """The payload as a repository's address, or in one."""
    for address in (words, f"https://github.com/{_one(words)}", "https://github.com/x/y"):
        if found := _taken(lambda url: Candidate(name="x", repository=url, **_LEAST).repository, address):  # type: ignore[arg-type]
            return found
    raise AssertionError("the last one is an address")


def _taken(field: object, words: str) -> str | None:
    try:
        found: str | None = field(words)  # type: ignore[operator]
    except ValidationError:
        return None
    return found


def _submission(words: str) -> dict[str, object]:
    return {
        "ref": words,
        "author": words,
        "changes": tuple(change(path) for path in (words, f"a/{words}", words[::-1])),
        "merge": MergePreview("conflicts", (words, f"{words}/b"), words),
        "connectors": (AddedConnector(words, "exchange", f"hummingbot/connector/exchange/{words}", True),),
    }


def _outcomes(words: str) -> list[Outcome]:
    """One of each status for each kind of evidence and basis."""
    bases = (Basis.CLAIMED, Basis.OBSERVED)
    made = []
    for place, ((id_, *_), kind) in enumerate(zip(REQUIREMENTS, [*EvidenceKind] * 3, strict=False)):
        status = (Status.FAILED, *(item for item in Status if item is not Status.WAIVED))[place % 6]
        seen = Evidence(
            basis=bases[place % 2],
            kind=kind,
            text=words,
            file=words,
            line=3,
            data={words: words, "b": [words]},
        )
        found = outcome(id_, status, words, seen)
        made.append(found.model_copy(update={"check": f"checks/test_x.py::{encodable(words)}"}))
    return made
