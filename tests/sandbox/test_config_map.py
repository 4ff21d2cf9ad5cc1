"""What users are asked for, in each of the three forms that frameworks have kept it in."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import BaseModel, Field, SecretStr, field_validator, v1

from harness.driving import claims
from harness.driving.connector import parse
from harness.sandbox.inside import config_map


class Today(BaseModel):
    connector: str = "one"
    one_api_key: SecretStr = Field(
        default=...,
        json_schema_extra={
            "prompt": lambda cm: f"Enter the key of {cm.connector}",  # type: ignore[dict-item]
            "is_secure": True,
            "is_connect_key": True,
            "prompt_on_new": True,
        },
    )
    one_testnet: bool = Field(default=False, json_schema_extra={"prompt": "Testnet?", "is_connect_key": True})
    one_account: int = Field(
        default=0,
        json_schema_extra={
            "prompt": lambda: "?",  # type: ignore[dict-item]
            "is_connect_key": True,
        },
    )

    @field_validator("one_testnet", mode="before")
    @classmethod
    def _yes(cls, value: object) -> object:
        return value == "yes" if isinstance(value, str) else value


def client_data(prompt: str, **more: bool) -> SimpleNamespace:
    return SimpleNamespace(prompt=lambda cm: prompt, is_secure=True, is_connect_key=True, **more)


class Of2023(v1.BaseModel):  # type: ignore[misc, unused-ignore]
    connector: str = v1.Field(default="one", const=True, client_data=None)
    one_api_key: v1.SecretStr = v1.Field(default=..., client_data=client_data("Enter it", prompt_on_new=True))


OF_2021: dict[str, Any] = {
    "one_api_key": SimpleNamespace(prompt="Enter it", is_secure=True, is_connect_key=True, default=None),
    "one_domain": SimpleNamespace(
        prompt=lambda: "Where?", is_secure=False, is_connect_key=True, default="com"
    ),
}


@pytest.mark.parametrize("keys", [Today.model_construct(), Of2023.construct(), OF_2021])
def test_the_key_is_asked_for_in_every_form(keys: object) -> None:
    fields = parse(tuple[claims.ConfigField, ...], [*config_map.asked(keys)], "config")
    (key,) = [each for each in fields if each.name == "one_api_key"]
    assert (key.connect_key, key.secure, key.required, key.default) == (True, True, True, None)
    assert key.prompt.startswith("Enter")


def test_defaults_and_types_are_told() -> None:
    fields = {each["name"]: each for each in config_map.asked(Today.model_construct())}
    assert (fields["one_account"]["default"], fields["one_account"]["kind"]) == ("0", "int")
    assert (fields["one_api_key"]["kind"], fields["one_account"]["prompt"]) == ("SecretStr", "")
    assert not fields["connector"]["connect_key"]


def test_what_is_not_given_is_the_default_and_texts_are_read() -> None:
    given = {"one_api_key": "k", "one_testnet": "yes", "one_account": "7"}
    read = {"one_api_key": "k", "one_testnet": True, "one_account": 7}
    assert config_map.complete(Today.model_construct(), given) == read
    assert config_map.complete(Today, {"one_api_key": "k"}) == {
        "one_api_key": "k",
        "one_testnet": False,
        "one_account": 0,
    }
    assert config_map.complete(OF_2021, {"one_api_key": "k"}) == {"one_api_key": "k", "one_domain": "com"}


def test_what_a_validator_refuses_goes_to_the_constructor() -> None:
    given = {"one_api_key": "k", "one_account": "seven"}
    assert config_map.complete(Today.model_construct(), given)["one_account"] == "seven"


@pytest.mark.parametrize("keys", [None, {}, object(), 5])
def test_a_connector_may_ask_for_nothing(keys: object) -> None:
    assert config_map.asked(keys) == []
    assert config_map.complete(keys, {"a": "b"}) == {"a": "b"}
