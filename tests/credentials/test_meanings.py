"""Names of merged connectors, and of others, told apart."""

from __future__ import annotations

import pytest

from harness.credentials.meanings import Meaning, meaning_of, meaning_of_name
from tests.credentials.fields import field


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("one_api_key", Meaning.KEY),
        ("oneApiKey", Meaning.KEY),
        ("one_api_secret", Meaning.SECRET),
        ("one_secret_key", Meaning.SECRET),
        ("one_api_wallet_private_key", Meaning.SECRET),
        ("one_signing_key", Meaning.SECRET),
        ("one_secret_phrase", Meaning.SECRET),
        ("one_passphrase", Meaning.PASSPHRASE),
        ("one_memo", Meaning.PASSPHRASE),
        ("one_account_address", Meaning.ADDRESS),
        ("one_user_wallet_public_key", Meaning.ADDRESS),
        ("subacct_id", Meaning.ACCOUNT),
        ("one_uid", Meaning.ACCOUNT),
        ("one_account_type", Meaning.MODE),
        ("one_registration_sub_domain", Meaning.MODE),
        ("use_vault", Meaning.MODE),
        ("one_thing", None),
    ],
)
def test_names_tell(name: str, meaning: Meaning | None) -> None:
    assert meaning_of_name(name, "one") is meaning


def test_types_and_prompts_tell_where_names_do_not() -> None:
    assert meaning_of(field("one_thing", "Enter your secret"), "one") is Meaning.SECRET
    assert meaning_of(field("one_key_index", kind="int"), "one") is Meaning.ACCOUNT
    assert meaning_of(field("one_vault", kind="bool"), "one") is Meaning.MODE
    assert meaning_of(field("one_wallet", kind="typing.Literal['a', 'b']"), "one") is Meaning.MODE
    assert meaning_of(field("one_thing"), "one") is None


def test_the_connectors_own_name_tells_nothing() -> None:
    assert meaning_of_name("wallet_exchange_api_key", "wallet_exchange") is Meaning.KEY
