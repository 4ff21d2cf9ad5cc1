# ruff: noqa: RUF012
"""A framework of a few dozen lines with the names that the adapter uses: enough to test the driver itself."""

from types import SimpleNamespace


class Field(SimpleNamespace):
    def is_required(self):
        return self.required

    def get_default(self, call_default_factory=False):
        return self.default


class Keys:
    model_fields = {
        "tiny_api_key": Field(
            required=True,
            default=None,
            json_schema_extra={"prompt": lambda keys: "Enter it", "is_secure": True, "is_connect_key": True},
        ),
        "tiny_region": Field(required=False, default="www", json_schema_extra={"is_connect_key": True}),
    }


class Setting:
    config_keys = Keys()

    def __init__(self, name):
        self.name = name

    def module_path(self):
        return f"hummingbot.connector.exchange.tiny.{self.name}_exchange"

    def class_name(self):
        return "TinyExchange"

    def conn_init_parameters(self, trading_pairs, trading_required, api_keys):
        return dict(api_keys, trading_pairs=trading_pairs, trading_required=trading_required)


class AllConnectorSettings:
    @classmethod
    def get_connector_settings(cls):
        return {name: Setting(name) for name in ("tiny", "broken", "absent")}
