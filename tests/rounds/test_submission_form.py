"""What people hand in: the issue form and the pull request template, and what is done with bad ones."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from harness.errors import UserError
from harness.rounds.submission_form import CONTACT, HOSTS, LABELS, REPOSITORY, SIZE_LIMIT, Form, read_form

TEMPLATES = Path(__file__).parents[2] / "templates"
ANSWERS = {
    "Repository": "https://github.com/owner/hummingbot",
    "Branch, tag or commit": "feat/acme",
    "Connectors": "acme, acme_pro",
    "Hosts": "- api.acme.com\n- `ws.acme.com`",
    "Id in ccxt": "_No response_",
    "Contact": "@someone on Discord",
    "Maintenance": "The exchange, for 2027",
}
FORM = Form(
    "https://github.com/owner/hummingbot",
    "feat/acme",
    ("acme", "acme_pro"),
    ("api.acme.com", "ws.acme.com"),
    None,
    "@someone on Discord",
    "The exchange, for 2027",
)


def from_issue() -> str:
    """As GitHub writes an issue: every label of the form as a heading, the answer below it."""
    form = yaml.safe_load((TEMPLATES / "submission.yml").read_text())
    labels = [field["attributes"]["label"] for field in form["body"]]
    return "\n\n".join(f"### {label}\n\n{ANSWERS[label]}" for label in labels)


def from_pull_request() -> str:
    lines = []
    for line in (TEMPLATES / "PULL_REQUEST_TEMPLATE.md").read_text().splitlines():
        lines.append(line)
        if line.startswith("### "):
            answer = ANSWERS[line.removeprefix("### ")]
            lines += ["", *([] if answer == "_No response_" else [answer])]
    return "\r\n".join(lines)


def test_both_templates_yield_the_same() -> None:
    assert read_form(from_issue(), "x") == FORM
    assert read_form(from_pull_request(), "x") == FORM


def test_the_form_asks_for_every_field() -> None:
    assert all(f"### {label}\n" in from_issue() for label in LABELS)


def test_what_is_said_elsewhere_is_left_out() -> None:
    said = read_form(f"Hello!\n\n{from_issue()}\n\n## Checklist\n\n- [x] tests\n", "x")
    assert said == FORM


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "gives no repository"),
        ("### Repositry\n\nhttps://x.example/a/b", "there is one `Repositry`"),
        (f"### {REPOSITORY}\n\n_No response_", "gives no repository"),
        (f"### {REPOSITORY}\n\n<!-- https://x.example/a/b -->", "gives no repository"),
        (f"### {REPOSITORY}\n\na\n\n### {CONTACT}\n\nb\n\n### {CONTACT}\n\nc", "answered twice"),
        (f"### {REPOSITORY}\n\na\nb", "has 2 lines of answer"),
        ("x" * (SIZE_LIMIT + 1), "longer than 64 KiB"),
    ],
)
def test_a_form_that_cannot_be_used(text: str, told: str) -> None:
    with pytest.raises(UserError) as refused:
        read_form(text, "issue.md")
    assert told in f"{refused.value.message} {refused.value.hint}"
    assert refused.value.where == "issue.md"


def test_a_comment_without_an_end_hides_the_rest() -> None:
    assert read_form(f"### {REPOSITORY}\n\na\n<!-- ### {HOSTS}\n\nb", "x") == Form("a")
