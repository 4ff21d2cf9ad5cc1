"""The generation between autumn 2020 and mid 2022, driven as the application of those years does.

It differs from today's in five ways (upstream's tags v0.40.0 and v1.0.0): settings may be a plain table,
order types may stand beside the events, fees may be a `TradeFee`, a clock's tick is out of reach, and every
connector is given its keys, its pairs and whether it trades.
"""

import importlib
import importlib.util
from typing import Any, Dict

from . import older, v2

TODAY = v2.Adapter.WORDS


class Adapter(older.Adapter):
    """One connector and the clock that turns it."""

    NEEDED = v2.Adapter.NEEDED[:-1]

    def warm(self, connector: str) -> Dict[str, Any]:
        warmed = super().warm(connector)
        if importlib.util.find_spec(TODAY) is not None:
            self._words_lie_in = TODAY
        return warmed

    def _known(self) -> Any:
        settings = importlib.import_module("hummingbot.client.settings")
        if hasattr(settings, "AllConnectorSettings"):
            return super()._known()
        return settings.CONNECTOR_SETTINGS

    def _init_parameters(self, kind: Any, offered: Dict[str, Any]) -> Dict[str, Any]:
        """As the application of those years makes them; a compiled class tells nobody what it takes."""
        del kind
        keys = self._settings.conn_init_parameters(offered["api_keys"])
        return {**keys, **{name: offered[name] for name in ("trading_pairs", "trading_required")}}
