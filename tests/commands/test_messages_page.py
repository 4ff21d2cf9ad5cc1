"""The page of messages is what the source says, and lists each kind."""

from __future__ import annotations

import ast

from harness.commands import messages_page
from harness.commands.generate import MESSAGES_PAGE


def test_the_page_is_up_to_date() -> None:
    assert MESSAGES_PAGE.read_text(encoding="utf-8") == messages_page.page(), "run `harness generate`"


def texts(source: str) -> list[str]:
    return list(messages_page._texts(ast.parse(source, mode="eval").body))


def test_what_is_filled_in_stands_in_braces() -> None:
    assert texts('f"A {life.name} order ended {len(ends)} times."') == [
        "A {life.name} order ended {len(ends)} times."
    ]
    assert texts('f"Costs {fee:f}." if paid else "Costs nothing."') == ["Costs {fee}.", "Costs nothing."]
    assert texts('"One half, " + other') == ["One half,{other}"]
    assert texts("sentence") == []


def test_errors_of_subclasses_are_listed() -> None:
    module = ast.parse(
        "class UserError(HarnessError): ...\n"
        "class Gone(UserError):\n"
        "    def __init__(self, name): super().__init__(f'there is no {name}', hint='look again, please')\n"
        "raise Other('not one of ours')\n"
        "raise Gone('x')\n"
    )
    errors = messages_page._errors([module])
    assert errors == {"HarnessError", "UserError", "Gone"}
    said = [text for node in ast.walk(module) for text in messages_page._error(node, errors)]
    assert said == ["there is no {name}", "look again, please", "x"]
