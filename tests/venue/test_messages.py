"""Requests as they come: forms in both of their encodings."""

from __future__ import annotations

import pytest

from harness.venue.dialects.messages import Request

PARTS = (
    b'--b0\r\nContent-Disposition: form-data; name="tx_type"\r\n\r\n14\r\n'
    b'--b0\r\nContent-Disposition: form-data; name="tx_info"\r\nContent-Type: text/plain\r\n\r\n'
    b'{"Price": 7, "of": "\xc3\xa9"}\r\n--b0--\r\n'
)


@pytest.mark.parametrize(
    ("kind", "body", "form"),
    [
        ("application/x-www-form-urlencoded", b"a=1&b=%7B%7D&c=", [("a", "1"), ("b", "{}"), ("c", "")]),
        (None, b"a=1", [("a", "1")]),
        (
            "multipart/form-data; boundary=b0",
            PARTS,
            [("tx_type", "14"), ("tx_info", '{"Price": 7, "of": "é"}')],
        ),
        ("multipart/form-data; boundary=other", PARTS, []),
        ("multipart/form-data", PARTS, []),
    ],
)
def test_a_form_is_read_as_it_is_encoded(kind: str | None, body: bytes, form: list[tuple[str, str]]) -> None:
    headers = {} if kind is None else {"Content-Type": kind}
    assert Request("POST", "x.test", "/orders", headers=headers, body=body).form == form
