"""The framework finds an application that runs, and nothing says that this is a test."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType, SimpleNamespace

import pytest

from harness.sandbox.inside import application

# `HummingbotLogger.is_testing_mode` looks for these in every argument.
TESTING_TOOLS = ("unittest", "pytest", "nose")


def test_no_argument_names_a_tool_for_tests() -> None:
    assert not any(tool in argument for tool in TESTING_TOOLS for argument in application.ARGV)


def test_messages_find_the_application(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, application.NAME, ModuleType("taken back in the end"))
    application.install()
    found = importlib.import_module(application.NAME).HummingbotApplication
    running = found.main_application()
    running.notify("a message")
    running.add_application_warning("a warning")
    assert running is found.main_application(client_config_map=None)
    assert running.strategy is None


def test_it_has_the_clients_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = {
        "hummingbot.client.config.client_config_map": SimpleNamespace(ClientConfigMap=dict),
        "hummingbot.client.config.config_helpers": SimpleNamespace(
            ClientConfigAdapter=lambda kept: ("map", kept)
        ),
    }
    monkeypatch.setattr(importlib, "import_module", kinds.__getitem__)
    assert application.HummingbotApplication().client_config_map == ("map", {})


def test_no_connector_tells_the_frameworks_makers_what_it_traded(monkeypatch: pytest.MonkeyPatch) -> None:
    """`only-declared-hosts` would be the framework's doing: `api.coinalpha.com`, and the rates' exchanges."""
    made = SimpleNamespace(anonymized_metrics_mode="anonymized_metrics_enabled")
    kinds = {
        "hummingbot.client.config.client_config_map": SimpleNamespace(ClientConfigMap=dict),
        "hummingbot.client.config.config_helpers": SimpleNamespace(ClientConfigAdapter=lambda _: made),
    }
    monkeypatch.setattr(importlib, "import_module", kinds.__getitem__)
    assert application.default_configuration() is made
    assert made.anonymized_metrics_mode == "anonymized_metrics_disabled"


def test_a_framework_that_keeps_none_is_borne() -> None:
    assert application.HummingbotApplication().client_config_map is None
