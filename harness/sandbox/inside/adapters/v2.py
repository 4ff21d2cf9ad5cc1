"""Today's generation, `hummingbot.connector.{exchange,derivative}.<name>`, driven as the application does."""

import asyncio
import contextlib
import importlib
import inspect
from decimal import Decimal
from typing import Any, Dict, Iterable, List, Tuple

from .. import application, config_map, virtual_time
from .account_commands import AccountCommands
from .listening import Listening
from .market_commands import MarketCommands
from .ticking import Ticking

# How often conditions are looked at, in virtual seconds.
STEP = 0.05


class Adapter(Listening, Ticking, MarketCommands, AccountCommands):
    """One connector and the clock that turns it. Times are virtual seconds, amounts and prices strings."""

    NEEDED: Tuple[str, ...] = (
        "core.clock",
        "core.event.event_forwarder",
        "core.event.events",
        "core.data_type.common",
    )
    COMMANDS = frozenset(
        "construct wait_ready status book trades pairs rules balances quantize buy sell cancel cancel_all"
        " orders events prices last_prices fee order_types config tick save_state restore_state stop"
        " positions set_leverage set_position_mode position_modes funding".split()
    )

    def __init__(self) -> None:
        super().__init__()
        self._name = ""
        self._settings: Any = None
        self._module: Any = None

    def warm(self, connector: str) -> Dict[str, Any]:
        """Import the framework and the connector. Raises what the import does, KeyError if not registered."""
        with contextlib.suppress(ModuleNotFoundError):  # an upstream may do without it
            importlib.import_module("pandas")
        virtual_time.install_datetime()
        application.install()
        known = self._known()
        if connector not in known:
            raise KeyError("the framework does not know a connector named {}".format(connector))
        self._name = connector
        self._settings = known[connector]
        self._module = importlib.import_module(self._settings.module_path())
        for needed in self.NEEDED:
            importlib.import_module("hummingbot." + needed)
        return self._warmed(self._settings.class_name(), known)

    def _warmed(self, kind: str, known: Iterable[str]) -> Dict[str, Any]:
        """What was imported: the connector's class, and the names of all that there are."""
        return {
            "module": self._module.__name__,
            "class": kind,
            "file": getattr(self._module, "__file__", ""),
            "connectors": sorted(known),
            "config": self.config(),
        }

    def _known(self) -> Any:
        """The settings of every connector there is, by its name."""
        settings = importlib.import_module("hummingbot.client.settings").AllConnectorSettings
        return settings.get_connector_settings()

    def config(self) -> List[Dict[str, Any]]:
        """What the user is asked for before the connector can be used, in order."""
        return config_map.asked(self._settings.config_keys)

    def construct(
        self,
        pairs: List[str],
        credentials: Dict[str, str],
        trading_required: bool = True,
        tick_size: float = 1.0,
    ) -> Dict[str, Any]:
        """Make the connector as the application does, from the fields that its configuration declares."""
        offered: Dict[str, Any] = {
            "trading_pairs": list(pairs),
            "trading_required": trading_required,
            "api_keys": config_map.complete(self._settings.config_keys, credentials),
            "balance_asset_limit": {},
            "rate_limits_share_pct": Decimal(100),
        }
        kind = getattr(self._module, self._settings.class_name())
        self._connector = kind(**self._init_parameters(kind, offered))
        self._begin(tick_size)
        return {"name": self._connector.name, "display_name": getattr(self._connector, "display_name", "")}

    def _begin(self, tick_size: float) -> None:
        """Give the connector a clock and listen to it."""
        self._take_clock(tick_size)
        self._listen()

    def _init_parameters(self, kind: Any, offered: Dict[str, Any]) -> Dict[str, Any]:
        """As the framework makes them of what it takes, with what older ones leave to their caller.

        Those of 2022 to 2025 hand every connector the client's configuration as well; those of before 2023
        leave it to the caller to add the pairs.
        """
        if "client_config_map" in _parameters(kind):
            running = application.HummingbotApplication.main_application()
            offered = {**offered, "client_config_map": running.client_config_map}
        build = self._settings.conn_init_parameters
        made = dict(build(**_fitting(build, offered)))
        rest = {name: value for name, value in offered.items() if name not in made and name != "api_keys"}
        return {**made, **_fitting(kind, rest)}

    async def wait_ready(self, seconds: float) -> Dict[str, Any]:
        """Wait until the connector says it is ready; gives the parts of its status either way."""
        began = virtual_time.now()
        while not self._connector.ready and virtual_time.now() - began < seconds:  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(STEP)
        ready = bool(self._connector.ready)
        if ready:
            self._listen_to_trades()
        return {"ready": ready, "seconds": virtual_time.now() - began, "parts": self._parts()}

    def _parts(self) -> Dict[str, bool]:
        """Its own status, one entry a component; none where it keeps no such thing."""
        said = getattr(self._connector, "status_dict", None)
        return {str(name): bool(done) for name, done in said.items()} if isinstance(said, dict) else {}

    def status(self) -> Dict[str, Any]:
        return {
            "ready": bool(self._connector.ready),
            "parts": self._parts(),
            "network": self._connector.network_status,
            "timestamp": self._connector.current_timestamp,
        }

    def save_state(self) -> Any:
        return self._connector.tracking_states

    def restore_state(self, state: Dict[str, Any]) -> None:
        self._connector.restore_tracking_states(state)


def _parameters(function: Any) -> Any:
    return inspect.signature(function).parameters


def _fitting(function: Any, offered: Dict[str, Any]) -> Dict[str, Any]:
    """Those that it has a parameter for."""
    accepted = _parameters(function)
    return {name: value for name, value in offered.items() if name in accepted}
