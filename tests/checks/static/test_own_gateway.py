"""Unencrypted addresses of a program that the user runs beside Hummingbot, and others that look like them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from checks.static.test_security_network import test_tls_is_verified as check
from tests.checks.static.specimens import CONSTANTS, MAIN, UTILS, World, today

CONFIG = "acme_gateway_host: str = Field(default='127.0.0.1', json_schema_extra={})\n"
PARAMETER = "class Gateway:\n    def __init__(self, acme_gateway_host='127.0.0.1', port=8080):\n"
KEPT = "        self._gateway_host = acme_gateway_host\n        self._port = port\n\n    def url(self):\n"
URL = "        return f'http://{self._gateway_host}:{self._port}/v2'\n"


def gateway(url: str = URL, config: str = CONFIG, parameter: str = PARAMETER, kept: str = KEPT) -> World:
    return today().appending(UTILS, config).appending(MAIN, parameter + kept + url)


@pytest.mark.parametrize(
    "world",
    [
        gateway(),
        gateway(config=""),
        gateway(parameter=PARAMETER.replace("'127.0.0.1'", "CONSTANTS.HOST")).appending(
            CONSTANTS, "HOST = 'localhost'\n"
        ),
        today().appending(
            CONSTANTS, "HOST = '127.0.0.1'\nURL = 'ws://{host}:{port}'.format(host=HOST, port=1)\n"
        ),
        today().appending(CONSTANTS, "HOST = '127.0.0.1'\nURL = 'ws://{}:{}'.format(HOST, 1)\n"),
    ],
    ids=["a parameter and a setting", "a parameter alone", "a constant", "named", "by place"],
)
def test_a_program_beside_hummingbot_may_be_spoken_to_openly(world: World) -> None:
    assert world.run(check).status == "passed"


@pytest.mark.parametrize(
    "world",
    [
        gateway(config=CONFIG.replace("127.0.0.1", "gateway.acme.com")),
        gateway(parameter=PARAMETER.replace("'127.0.0.1'", "'203.0.113.9'")),
        gateway(parameter=PARAMETER.replace("'127.0.0.1'", "read()")),
        gateway(parameter=PARAMETER.replace("='127.0.0.1'", ""), config=""),
        gateway(url=URL.replace("http://{", "http://api.{")),
        gateway(url="        return f'http://{self.addresses[0]}/v2'\n"),
        today().appending(CONSTANTS, "HOST = 'api.acme.com'\nURL = 'ws://{host}'.format(host=HOST)\n"),
        today().appending(CONSTANTS, "URL = 'ws://{host}'.format(**SETTINGS)\n"),
        today().appending(CONSTANTS, "URL = 'ws://{}/ws'\n"),
        today().adding({"hummingbot/core/gateway.py": "HOST = 'localhost'\nURL = f'http://{HOST}:1'\n"}),
    ],
    ids=["another by default", "a number", "computed", "without a default", "a part of a host",
         "a host of a list", "written out", "given as a whole", "never filled in", "outside the connector"],
)  # fmt: skip
def test_any_other_host_is_spoken_to_with_tls(world: World) -> None:
    assert world.run(check).status == "failed"


CLIENT = "hummingbot/core/gateway.py"
UNCHECKED = "def connect(context):\n    context.check_hostname = False\n    return get(ssl=False)\n"


def test_what_upstream_leaves_unchecked_is_not_the_forks() -> None:
    world = today()
    changed = replace(
        world.adding({CLIENT: f"TIMEOUT = 3\n{UNCHECKED}"}), base={**world.base, CLIENT: UNCHECKED}
    )
    assert changed.run(check).status == "passed"


@pytest.mark.parametrize(
    "base", ["", UNCHECKED.replace("ssl=False", "ssl=True"), UNCHECKED.replace("= False", "= True", 1)]
)
def test_what_the_fork_leaves_unchecked_is(base: str) -> None:
    world = today()
    changed = replace(world.adding({CLIENT: UNCHECKED}), base={**world.base, CLIENT: base})
    assert changed.run(check).status == "failed"
