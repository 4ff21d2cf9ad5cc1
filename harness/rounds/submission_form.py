"""The text that GitHub makes of the issue form and the pull request template in `templates/`. Pure.

An issue form comes as a heading `### LABEL` for each field with the answer below it, `_No response_` where
there is none (docs.github.com, "Syntax for issue forms"). The pull request template has the same headings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from harness.errors import UserError
from harness.rounds.mistakes import did_you_mean

SIZE_LIMIT = 64 * 1024  # characters; what GitHub takes as the body of an issue
REPOSITORY = "Repository"
REF = "Branch, tag or commit"
CONNECTORS = "Connectors"
HOSTS = "Hosts"
CCXT = "Id in ccxt"
CONTACT = "Contact"
MAINTENANCE = "Maintenance"
LABELS = (REPOSITORY, REF, CONNECTORS, HOSTS, CCXT, CONTACT, MAINTENANCE)

_HEADING = re.compile(r"#{2,3}[ \t]+(\S.*?)[ \t#]*")
_NO_ANSWER = frozenset({"", "_No response_", "None"})


@dataclass(frozen=True)
class Form:
    """What a submitter wrote, unchecked; None or empty where there is no answer."""

    repository: str
    ref: str | None = None
    connectors: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    ccxt: str | None = None
    contact: str | None = None
    maintenance: str | None = None


def read_form(text: str, where: str) -> Form:
    """Read the form's text; raises UserError for one too long, without a repository, or with two of one."""
    if len(text) > SIZE_LIMIT:
        hint = "save the text of the issue or pull request alone"
        raise UserError(f"longer than {SIZE_LIMIT // 1024} KiB", where=where, hint=hint)
    answers = _answers(_without_comments(text), where)
    repository = _line(answers, REPOSITORY, where)
    if repository is None:
        raise _without_repository(text, where)
    return Form(
        repository=repository.strip("<>"),
        ref=_line(answers, REF, where),
        connectors=_words(answers.get(CONNECTORS, "")),
        hosts=_words(answers.get(HOSTS, "")),
        ccxt=_line(answers, CCXT, where),
        contact=_line(answers, CONTACT, where),
        maintenance=_line(answers, MAINTENANCE, where),
    )


def _without_comments(text: str) -> str:
    kept = []
    opened = "<!--"
    while opened:
        before, opened, rest = text.partition("<!--")
        _, _, text = rest.partition("-->")
        kept.append(before)
    return "".join(kept)


def _answers(text: str, where: str) -> dict[str, str]:
    """Answer by label; other headings end an answer and are left out."""
    found: dict[str, list[str]] = {}
    label = ""
    for line in text.splitlines():
        heading = _HEADING.fullmatch(line.strip())
        if heading is None:
            found.setdefault(label, []).append(line)
            continue
        label = heading[1]
        if label in LABELS and label in found:
            raise UserError(f"`{label}` is answered twice", where=where, hint="keep one of the two headings")
        found.setdefault(label, [])
    answers = {label: "\n".join(lines).strip() for label, lines in found.items() if label in LABELS}
    return {label: "" if answer in _NO_ANSWER else answer for label, answer in answers.items()}


def _line(answers: Mapping[str, str], label: str, where: str) -> str | None:
    lines = [line.strip() for line in answers.get(label, "").splitlines() if line.strip()]
    if len(lines) > 1:
        hint = "leave one line below its heading"
        raise UserError(f"`{label}` has {len(lines)} lines of answer instead of one", where=where, hint=hint)
    return lines[0].strip("`") if lines else None


def _words(answer: str) -> tuple[str, ...]:
    """Words between commas, spaces and lines, without the marks of a Markdown list or code."""
    words = (word.strip("`") for word in re.split(r"[\s,]+", answer))
    return tuple(dict.fromkeys(word for word in words if word not in ("", "-", "*")))


def _without_repository(text: str, where: str) -> UserError:
    headings = (_HEADING.fullmatch(line.strip()) for line in text.splitlines())
    near = next((each[1] for each in headings if each and did_you_mean(REPOSITORY, [each[1]])), None)
    hint = f"write an address below a heading `### {REPOSITORY}`"
    if near and near != REPOSITORY:
        hint += f"; there is one `{near}`"
    return UserError("it gives no repository", where=where, hint=hint)
