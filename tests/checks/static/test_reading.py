"""Sources are read as Python reads them: what would run is what the checks see."""

from __future__ import annotations

import ast

import pytest

from checks.static import (
    test_files,
    test_security_code,
    test_security_readable,
    test_usability,
)
from checks.static.decoding import UnreadableEncodingError, decoded
from harness.frameworks import syntax
from harness.frameworks.newer_syntax import newer_pythons
from harness.frameworks.syntax import parse
from tests.checks.static.specimens import MAIN, OLD_MAIN, WEB, of_2020, today

HIDDEN = "+AGUAdgBhAGw-('1')"  # eval('1') in UTF-7


def test_a_lone_carriage_return_ends_a_line() -> None:
    world = today().appending(WEB, "X = 1  # nothing here\rimport pickle\n")
    assert world.run(test_security_code.test_no_dynamic_code).status == "failed"


def test_code_after_many_of_them_is_still_counted_as_new() -> None:
    world = today().appending(WEB, "# a\r# b\r# c\r\n\rX = eval('1')\n")
    assert world.run(test_security_code.test_no_dynamic_code).status == "failed"


def test_a_lone_carriage_return_ends_a_line_of_cython() -> None:
    world = of_2020().appending(OLD_MAIN, "    # nothing here\r    x = eval('1')\n")
    assert world.run(test_security_code.test_no_dynamic_code).status == "failed"


@pytest.mark.parametrize(
    "cookie",
    [
        "# coding: utf-7\n",
        "# -*- coding: raw_unicode_escape -*-\n",
        "\r# coding: utf_7\n",
        "#\r#vim: coding=U7\n",
    ],
)
def test_an_encoding_that_hides_code_cannot_be_read(cookie: str) -> None:
    world = today().adding({WEB: f"{cookie}{HIDDEN}\n"})
    for check in (test_files.test_files_parse, test_security_readable.test_everything_can_be_read):
        result = world.run(check)
        assert result.status == "failed"
        assert WEB in result.places


def test_cython_finds_a_cookie_in_a_string_too() -> None:
    with pytest.raises(UnreadableEncodingError):
        decoded(b"'coding: utf-7'\n", cython=True)
    assert decoded(b"'coding: utf-7'\n", cython=False) == "'coding: utf-7'\n"


@pytest.mark.parametrize(
    "content",
    [
        b"# coding: latin-1\nx = '\xe9'\n",
        b"x = '\xe9'\n",
        b"# coding: unheard-of\n",
        b"x = 1\0\n",
        b"\xef\xbb\xbf# coding: latin-1\n",
    ],
)
def test_what_is_not_utf_8_cannot_be_read(content: bytes) -> None:
    with pytest.raises(UnreadableEncodingError):
        decoded(content, cython=False)


@pytest.mark.parametrize(
    "content",
    [
        b"# coding: utf-8\n",
        b"#!/usr/bin/env python\n# coding: UTF8\n",
        b"# coding: latin-1\nx = 1\n",
        b"\n\n# coding: utf-7\n",
        b"# coding: ascii\n",
    ],
)
def test_what_looks_like_utf_8_and_is_it_can_be_read(content: bytes) -> None:
    assert decoded(content, cython=False) == content.decode()


def test_a_mark_of_utf_8_and_windows_lines_are_no_text() -> None:
    assert decoded(b"\xef\xbb\xbfx = 1\r\ny = 2\r\n", cython=False) == "x = 1\ny = 2\n"


needs_newer = pytest.mark.skipif(not newer_pythons(), reason="no Python newer than the one running")


@needs_newer
@pytest.mark.parametrize(
    "text",
    [
        "type Pair[T] = tuple[T, T]\n",
        "def first[T: (int, str)](items: list[T]) -> T:\n    return items[0]\n",
        "class Box[T]:\n    pass\n",
        "x = f'{a['b']}'\n",
        "x = f'{'\\n'.join(a)}'\n",
    ],
)
def test_newer_syntax_says_which_python_it_needs(text: str) -> None:
    parsed = parse(text, cython=False)
    assert (parsed.error, parsed.needs) == (None, (3, 12))
    assert isinstance(parsed.tree, ast.Module)
    result = today().appending(WEB, text).run(test_files.test_files_parse)
    assert result.status == "passed"
    assert any("needs Python 3.12" in item.text for item in result.attached)


@needs_newer
@pytest.mark.parametrize(
    "hidden",
    [
        "type X = eval('1')\n",
        "type X[T: eval('1')] = int\n",
        "def f[T: eval('1')]():\n    pass\n",
        "x = f'{a['b']}{eval('1')}'\n",
        "class Box[T]:\n    x = eval('1')\n",
    ],
)
def test_newer_syntax_hides_nothing(hidden: str) -> None:
    result = today().appending(WEB, f"\n{hidden}").run(test_security_code.test_no_dynamic_code)
    assert result.status == "failed"
    line = next(
        n
        for n, text in enumerate(today().appending(WEB, f"\n{hidden}").files[WEB].split("\n"), 1)
        if "eval" in text
    )
    assert result.places == [f"{WEB}:{line}"]


def test_what_no_python_reads_is_no_code() -> None:
    parsed = parse("def broken(:\n    pass\n", cython=False)
    assert (parsed.tree, parsed.needs) == (None, None)
    assert parsed.error


def test_without_a_newer_python_it_is_open_whether_newer_syntax_is_right(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(syntax, "newer_pythons", lambda: ())
    monkeypatch.setattr(syntax, "parse_with_newer", lambda _: None)
    result = today().appending(WEB, "\ntype Pair = int\n").run(test_files.test_files_parse)
    assert result.status == "undetermined"
    assert "uv python install 3.12" in result.summary


def test_a_message_may_be_given_by_its_name() -> None:
    said = "    def f(self):\n        self.logger().exception(msg='No prices came.', exc_info=True)\n"
    assert today().appending(MAIN, said).run(test_usability.test_log_messages).status == "passed"
    nothing = said.replace("No prices came.", "")
    assert today().appending(MAIN, nothing).run(test_usability.test_log_messages).status == "failed"
