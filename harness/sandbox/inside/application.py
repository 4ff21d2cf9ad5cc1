"""What the framework's own code asks of the running application, which is not here.

`HummingbotLogger.network` and `notify` import the whole application on error paths and hand it a message,
unless they believe that they are under test; throttlers and old settings ask it for the client's settings. In
production it is there and runs, so here stands one that takes the messages and has the configuration that
nobody changed. Importing the real one would hold the connector up for seconds, and start a user interface.
"""

import importlib
import importlib.util
import sys
import types
from typing import Any, Dict, List

NAME = "hummingbot.client.hummingbot_application"
# As the application is started (`bin/hummingbot_quickstart.py` in the framework's Dockerfile).
ARGV = ["./bin/hummingbot_quickstart.py"]
MAX_WARNINGS = 1000


class HummingbotApplication:
    """The one application, before any strategy was started."""

    _main_app: Any = None

    def __init__(self) -> None:
        self.strategy = None
        self.strategy_name = None
        self.markets: Dict[str, Any] = {}
        self._app_warnings: List[Any] = []
        self._client_config_map: Any = None

    @classmethod
    def main_application(cls, *_: Any, **__: Any) -> Any:
        if cls._main_app is None:
            cls._main_app = cls()
        return cls._main_app

    @property
    def client_config_map(self) -> Any:
        if self._client_config_map is None:
            self._client_config_map = default_configuration()
        return self._client_config_map

    def notify(self, msg: str) -> None:
        """It was logged before; the application shows it besides."""

    def add_application_warning(self, app_warning: Any) -> None:
        if len(self._app_warnings) < MAX_WARNINGS:
            self._app_warnings.append(app_warning)


def default_configuration() -> Any:
    """The client's configuration, as it is but for metrics; None where the framework keeps it otherwise.

    Connectors of frameworks until the beginning of 2025 tell the framework's makers what was traded, and ask
    other exchanges for rates to work it out: that is nobody's fork's.
    """
    try:
        kind = importlib.import_module("hummingbot.client.config.client_config_map").ClientConfigMap
        adapter = importlib.import_module("hummingbot.client.config.config_helpers").ClientConfigAdapter
    except (ImportError, AttributeError):
        return None
    made = adapter(kind())
    if hasattr(made, "anonymized_metrics_mode"):
        made.anonymized_metrics_mode = "anonymized_metrics_disabled"
    return made


def source() -> str:
    """The text of the application that is not run. Raises FileNotFoundError where the framework has none."""
    found = importlib.util.find_spec(NAME)
    if found is None or found.origin is None:
        raise FileNotFoundError("the framework has no {}".format(NAME))
    with open(found.origin, encoding="utf-8") as file:
        return file.read()


def install() -> None:
    """Be there for whoever imports it from now on."""
    module = types.ModuleType(NAME, "The running application.")
    module.HummingbotApplication = HummingbotApplication  # type: ignore[attr-defined]
    sys.modules[NAME] = module
