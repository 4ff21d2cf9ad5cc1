from __future__ import annotations

import pytest

from harness.forks.connectors import connectors, generation
from harness.forks.submission import Change


def changed(path: str, status: str = "added") -> Change:
    return Change(status, path, None, 0o100644, 1, "0" * 40, binary=False)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("hummingbot/connector/exchange/acme/acme_exchange.py", ("acme", "exchange")),
        (
            "hummingbot/connector/derivative/acme_perpetual/acme_perpetual_derivative.py",
            ("acme_perpetual", "derivative"),
        ),
        ("hummingbot/market/acme/acme_market.pyx", ("acme", "market")),
        ("hummingbot/connector/exchange/acme/acme_exchange.pyx", ("acme", "exchange")),
        ("hummingbot/connector/exchange/acme/deeper/part.py", ("acme", "exchange")),
    ],
)
def test_code_in_a_connectors_folder_is_a_connector(path: str, expected: tuple[str, str]) -> None:
    (found,) = connectors([changed(path)], [])
    assert (found.name, found.kind) == expected
    assert found.new
    assert path.startswith(found.path + "/")


@pytest.mark.parametrize(
    "path",
    [
        "hummingbot/connector/exchange/acme/README.md",
        "hummingbot/connector/exchange/__init__.py",
        "hummingbot/connector/exchange_py_base.py",
        "hummingbot/connector/utilities/acme/x.py",
        "hummingbot/market/market_base.pyx",
        "test/hummingbot/connector/exchange/acme/test_acme.py",
        "hummingbot/connector/exchange/__pycache__/acme.py",
    ],
)
def test_other_files_are_none(path: str) -> None:
    assert connectors([changed(path)], []) == ()


def test_upstreams_own_connectors_are_not_new_and_come_last() -> None:
    upstream = ["hummingbot/connector/exchange/merged/merged_exchange.py"]
    changes = [
        changed("hummingbot/connector/exchange/merged/more.py"),
        changed("hummingbot/connector/exchange/zed/z.py"),
    ]

    assert [(item.name, item.new) for item in connectors(changes, upstream)] == [
        ("zed", True),
        ("merged", False),
    ]


def test_removing_a_connector_adds_none() -> None:
    assert (
        connectors([changed("hummingbot/connector/exchange/merged/merged_exchange.py", "deleted")], []) == ()
    )


def test_the_generation_is_told_by_its_base_class() -> None:
    assert generation({"hummingbot/connector/exchange_py_base.py"}) == "v2"
    assert generation({"hummingbot/market/market_base.pyx"}) == "v0"


def test_connectors_between_the_two_are_a_generation_of_their_own() -> None:
    between = {"hummingbot/market/market_base.pyx", "hummingbot/connector/exchange_base.pyx"}
    assert generation(between) == "v1"
    assert generation({*between, "hummingbot/connector/exchange_py_base.py"}) == "v1"
    today = {
        *between,
        "hummingbot/connector/exchange_py_base.py",
        "hummingbot/client/config/config_data_types.py",
    }
    assert generation(today) == "v2"
