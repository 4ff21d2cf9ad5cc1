"""An exchange's keys find the fields of a connector that calls them otherwise."""

from __future__ import annotations

import pytest

from harness.credentials.matching import matched, unmatched, usual_option
from harness.credentials.shapes import Shape, shape_of
from harness.credentials.stated import stated
from tests.credentials.fields import field

WALLET = {"one_address": "0xabc", "one_secret_key": "0xsecret"}
THREE = {"one_api_key": "k", "one_secret_key": "s", "one_passphrase": "p"}


def test_the_names_of_the_merged_connector_are_matched_as_they_are() -> None:
    asked = [field(name) for name in THREE]
    assert matched(asked, THREE, "one").credentials == THREE


def test_other_names_are_matched_by_meaning() -> None:
    asked = [field("one_apikey_id"), field("one_api_secret"), field("one_api_password")]
    found = matched(asked, THREE, "one")
    assert found.credentials == {"one_apikey_id": "k", "one_api_secret": "s", "one_api_password": "p"}
    assert not found.missing


@pytest.mark.parametrize("prompt", ["Enter your wallet public key", "Enter your address", "Enter it"])
def test_a_key_that_is_an_address_gets_the_address(prompt: str) -> None:
    """A connector of 2025 called its wallet's address `…_api_key`."""
    asked = [
        field("one_api_key", prompt),
        field("one_api_secret", "Enter your wallet private key"),
        field("use_vault", "Use the vault?", kind="bool", default="False", required=False),
    ]
    assert matched(asked, WALLET, "one").credentials == {"one_api_key": "0xabc", "one_api_secret": "0xsecret"}


def test_an_address_and_a_key_are_not_mixed_up() -> None:
    offered = {"one_api_key": "k", "one_address": "a", "one_secret_key": "s"}
    asked = [field("one_wallet"), field("one_token"), field("one_private_key")]
    assert matched(asked, offered, "one").credentials == {
        "one_wallet": "a",
        "one_token": "k",
        "one_private_key": "s",
    }


def test_a_default_is_kept_and_an_empty_one_is_none() -> None:
    asked = [
        field("one_api_key", default="", required=False),
        field("one_tier", default="Starter", required=False),
        field("one_secret_key", default=None, required=False),
    ]
    found = matched(asked, {**THREE, "another_tier": "Pro"}, "one")
    assert found.credentials == {"one_api_key": "k", "one_secret_key": "s"}


def test_a_choice_without_default_is_its_first_option() -> None:
    asked = [field("one_mode", kind="typing.Literal['main', 'sub']"), field("use_vault", kind="bool")]
    assert matched(asked, {}, "one").credentials == {"one_mode": "main", "use_vault": "no"}
    told = field("account_type", "Enter your account type (trader/market_maker)")
    assert matched([told], {}, "one").credentials == {"account_type": "trader"}
    assert usual_option(field("one_is_testnet", "On the testnet? (Yes/No)")) == "no"
    assert usual_option(field("one_auth_method", "Authentication method (RSA/HmacSHA256)")) == "RSA"
    assert usual_option(field("one_api_key", "Enter your API key (main/sub account)")) is None


def test_what_cannot_be_matched_is_asked_for() -> None:
    asked = [field("one_secret_key"), field("one_other_secret"), field("one_account_id")]
    found = matched(asked, THREE, "one")
    assert found.credentials == {"one_secret_key": "s"}
    assert [each.name for each in found.missing] == ["one_other_secret", "one_account_id"]
    assert "exchange: credentials: {one_other_secret: secret}" in unmatched(found.missing, "one")


def test_an_exchange_without_passphrases_takes_any() -> None:
    """A connector copied from another exchange's still asks for a memo."""
    two = {"one_api_key": "k", "one_secret_key": "s"}
    found = matched([field("one_key"), field("one_secret"), field("one_memo")], two, "one")
    assert not found.missing
    assert found.credentials["one_memo"]


def test_a_passphrase_is_asked_for_where_the_secret_found_no_field() -> None:
    two = {"one_api_key": "k", "one_secret_key": "s"}
    found = matched([field("one_key"), field("one_password")], two, "one")
    assert [each.name for each in found.missing] == ["one_password"]


def test_a_row_has_the_last_word() -> None:
    asked = [field("one_thing"), field("one_api_key"), field("one_account_id"), field("one_area")]
    said = {
        "one_thing": stated("secret"),
        "one_api_key": stated("passphrase"),
        "one_account_id": stated("uuid"),
        "one_area": stated("=www"),
    }
    found = matched(asked, THREE, "one", said).credentials
    assert (found["one_thing"], found["one_api_key"], found["one_area"]) == ("s", "p", "www")
    assert shape_of(found["one_account_id"]) is Shape.UUID


@pytest.mark.parametrize("text", ["", "Secret", "hex", "value", "key secret"])
def test_a_row_says_nothing_else(text: str) -> None:
    with pytest.raises(ValueError, match=text or ".*"):
        stated(text)
