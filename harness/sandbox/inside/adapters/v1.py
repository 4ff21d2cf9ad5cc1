"""The generation between autumn 2020 and mid 2022, driven as the application of those years does.

It differs from today's in four ways (upstream's tags v0.40.0 and v1.0.0): settings may be a plain table,
order types may stand beside the events, fees may be a `TradeFee`, and a clock's tick is out of reach.
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
            self.WORDS = TODAY
        return warmed

    def _known(self) -> Any:
        settings = importlib.import_module("hummingbot.client.settings")
        if hasattr(settings, "AllConnectorSettings"):
            return super()._known()
        return settings.CONNECTOR_SETTINGS
