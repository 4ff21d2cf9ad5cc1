"""Bad specimens. What code may not do, and what a reviewer must be able to read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from checks.static import test_security_code, test_security_funds, test_security_readable
from tests.checks.static.specimens import (
    AUTH,
    CONSTANTS,
    FOLDER,
    MAIN,
    NAME,
    OLD_MAIN,
    WEB,
    change,
    of_2020,
    today,
)
from tests.checks.static.spoiling import Bad, assert_found, named, spoilt

SCRIPT = "def main():\n    open('out', 'w').write('x')\n\n\nif __name__ == '__main__':\n    main()\n"
RIGHT_TO_LEFT = "\u202e"

CODE = [
    spoilt(
        "eval",
        test_security_code.test_no_dynamic_code,
        WEB,
        "def parse(text):\n    return eval(text)\n",
        "eval(text)",
        "generated or received",
    ),
    spoilt(
        "eval under another name",
        test_security_code.test_no_dynamic_code,
        WEB,
        "import builtins as b\nrun = b.exec\n",
        "run = b.exec",
    ),
    spoilt(
        "a function worked out",
        test_security_code.test_no_dynamic_code,
        WEB,
        "import os\n\n\ndef f(name):\n    return getattr(os, name)\n",
        "getattr(os, name)",
    ),
    spoilt(
        "a shell by its name in quotes",
        test_security_code.test_no_processes_or_files,
        WEB,
        "import os\n\nrun = getattr(os, 'system')\n",
        "getattr(os",
    ),
    spoilt(
        "a path opened for writing",
        test_security_code.test_no_processes_or_files,
        WEB,
        "def keep(path):\n    return path.open('w')\n",
        "path.open",
    ),
    Bad(
        "a script's main that the connector calls",
        test_security_code.test_no_processes_or_files,
        today()
        .adding({f"{FOLDER}/{NAME}_tool.py": SCRIPT})
        .appending(MAIN, f"from hummingbot.connector.exchange.acme.{NAME}_tool import main\n"),
        f"{FOLDER}/{NAME}_tool.py:2",
    ),
    spoilt(
        "pickle",
        test_security_code.test_no_dynamic_code,
        WEB,
        "from pickle import loads as read\n",
        "from pickle",
    ),
    spoilt(
        "foreign memory", test_security_code.test_no_dynamic_code, WEB, "import ctypes\n", "import ctypes"
    ),
    spoilt(
        "an import by a received name",
        test_security_code.test_no_dynamic_code,
        WEB,
        "import importlib\n\ndef load(name):\n    return importlib.import_module(name)\n",
        "importlib.import_module(name)",
    ),
    Bad(
        "2020: eval in Cython",
        test_security_code.test_no_dynamic_code,
        of_2020().appending(OLD_MAIN, "    def parse(self, str text):\n        return eval(text)\n"),
    ),
    spoilt(
        "a program",
        test_security_code.test_no_processes_or_files,
        WEB,
        "import subprocess as sp\n\ndef run():\n    sp.run(['ls'])\n",
        "sp.run",
    ),
    spoilt(
        "a shell",
        test_security_code.test_no_processes_or_files,
        WEB,
        "from os import system\n\nsystem('ls')\n",
        "system('ls')",
    ),
    *(
        spoilt(
            f"a shell by {call}",
            test_security_code.test_no_processes_or_files,
            WEB,
            f"\nX = {call}\n",
            "X = ",
        )
        for call in (
            "__import__('os').system('ls')",
            "importlib.import_module('os').system('ls')",
            "__import__('subprocess').run(['ls'])",
            "getattr(__import__('os'), 'system')('ls')",
        )
    ),
    spoilt(
        "a shell by a module that was called for",
        test_security_code.test_no_processes_or_files,
        WEB,
        "import importlib\n\nmod = importlib.import_module('os')\nmod.system('ls')\n",
        "mod.system",
    ),
    spoilt(
        "a module kept for later",
        test_security_code.test_no_dynamic_code,
        WEB,
        "class Kept:\n    reach = __import__('os')\n",
        "reach = ",
    ),
    spoilt(
        "an import by a name that is put together",
        test_security_code.test_no_dynamic_code,
        WEB,
        "X = __import__('o' + 's').system('ls')\n",
        "X = ",
    ),
    spoilt(
        "a program by asyncio",
        test_security_code.test_no_processes_or_files,
        WEB,
        "import asyncio\n\nx = asyncio.create_subprocess_shell\n",
        "x = asyncio",
    ),
    Bad(
        "2020: C's system",
        test_security_code.test_no_processes_or_files,
        of_2020().appending(OLD_MAIN, "from libc.stdlib cimport system\n"),
    ),
    spoilt(
        "a file that is written",
        test_security_code.test_no_processes_or_files,
        WEB,
        "def keep(x):\n    open('x', 'w').write(x)\n",
        "open('x', 'w')",
    ),
    spoilt(
        "a file that is written, by path",
        test_security_code.test_no_processes_or_files,
        WEB,
        "def keep(path, x):\n    path.write_text(x)\n",
        "write_text",
    ),
    spoilt(
        "the user's own files",
        test_security_code.test_no_processes_or_files,
        WEB,
        "KEY = open('/root/.ssh/id_rsa').read()\n",
        "id_rsa",
    ),
    spoilt(
        "a signed message that sends",
        test_security_funds.test_no_fund_movement,
        WEB,
        "ACTION = {'type': 'usdSend'}\n",
        "usdSend",
    ),
    spoilt(
        "a function that withdraws",
        test_security_funds.test_no_fund_movement,
        MAIN,
        "    async def withdraw_funds(self, asset):\n        return asset\n",
        "withdraw_funds",
    ),
    spoilt(
        "a call that transfers",
        test_security_funds.test_no_fund_movement,
        MAIN,
        "    def x(self):\n        self._client.transfer('me', 1)\n",
        ".transfer(",
    ),
]


READABLE = [
    Bad(
        "a compiled file",
        test_security_readable.test_everything_can_be_read,
        replace(today(), more_changes=(change(f"{FOLDER}/fast.so", binary=True),)),
        f"{FOLDER}/fast.so: compiled",
    ),
    Bad(
        "a file that is not text",
        test_security_readable.test_everything_can_be_read,
        replace(today(), more_changes=(change(f"{FOLDER}/data.dat", binary=True),)),
        f"{FOLDER}/data.dat: not text",
    ),
    Bad(
        "a link",
        test_security_readable.test_everything_can_be_read,
        replace(today(), more_changes=(change(f"{FOLDER}/x", mode=0o120000),)),
        f"{FOLDER}/x: a link to another place",
    ),
    spoilt(
        "letters that turn around",
        test_security_readable.test_everything_can_be_read,
        WEB,
        f"X = 1  # {RIGHT_TO_LEFT}x\n",
        "X = 1",
    ),
    spoilt(
        "a packed string",
        test_security_readable.test_everything_can_be_read,
        WEB,
        "X = '" + "kT9vQ2mZx7LpR4wN8sYbE1uHcD3fG5jA" * 8 + "'\n",
        "X = ",
    ),
    spoilt(
        "a constant that is unpacked",
        test_security_readable.test_everything_can_be_read,
        WEB,
        "import base64\n\nX = base64.b64decode('ZXZhbA==')\n",
        "X = base64",
    ),
    spoilt(
        "Python's inside",
        test_security_readable.test_everything_can_be_read,
        WEB,
        "X = ().__class__.__base__.__subclasses__()\n",
        "__subclasses__",
    ),
    spoilt(
        "a name that looks like another",
        test_security_readable.test_everything_can_be_read,
        WEB,
        "def еval(x):\n    return x\n",
        "(x):",
    ),
    spoilt(
        "a nonce by chance",
        test_security_readable.test_randomness,
        AUTH,
        "    def nonce(self):\n        import random\n        return random.randint(0, 9)\n",
        "random.randint",
    ),
    spoilt(
        "a salt by chance",
        test_security_readable.test_randomness,
        WEB,
        "from random import getrandbits\n\nsalt = getrandbits(32)\n",
        "salt = ",
    ),
]


OUT = "OUT = '/api/v3/{}'\n"
IN_A_METHOD = "    async def move(self):\n        {}\n"
SENT = {
    "by post": "await self._api_post(path_url=CONSTANTS.OUT)",
    "by a url that somebody forms": "await self.go(web_utils.private_rest_url(CONSTANTS.OUT))",
    "by a request that says two methods": "await self.go(CONSTANTS.OUT, RESTMethod.GET, RESTMethod.POST)",
    "by a name that is worked out": "await self._api_post(path_url=getattr(CONSTANTS, 'O' + self.rest))",
    "by its name in quotes": "await self._api_post(path_url=getattr(CONSTANTS, 'OUT'))",
    "by all there is": "await self._api_post(path_url=vars(CONSTANTS)[self.rest])",
    "by another name": "path = CONSTANTS.OUT\n        await self._api_post(path_url=path)",
    "in a message": "await self.send({'op': CONSTANTS.OUT, 'note': 'subscribe'})",
    "in a message that does two things": (
        "await self.send({'op': 'subscribe', 'path': '/wallet', 'x': CONSTANTS.OUT})"
    ),
    "in a list": "for path in [CONSTANTS.OUT]: await self._api_post(path_url=path)",
    "given back": "return CONSTANTS.OUT",
}
NOT_SENT = {
    "nowhere": "pass",
    "by get": "await self._api_get(path_url=CONSTANTS.OUT)",
    "compared": "return self.topic == CONSTANTS.OUT",
    "looked up": "return self.handlers[CONSTANTS.OUT]",
    "subscribed to": "await self.send({'op': 'subscribe', 'args': [CONSTANTS.OUT.format(user=1)]})",
    "subscribed to by a library": "await self.send(stomper.subscribe(CONSTANTS.OUT, 1))",
}


@pytest.mark.parametrize("step", ["withdraw", "sub-transfer", "transfers"])
@pytest.mark.parametrize("how", SENT)
def test_a_path_that_moves_money_is_sent(how: str, step: str) -> None:
    world = today().appending(CONSTANTS, OUT.format(step)).appending(MAIN, IN_A_METHOD.format(SENT[how]))
    assert world.run(test_security_funds.test_no_fund_movement).status == "failed"


@pytest.mark.parametrize("how", NOT_SENT)
def test_a_path_that_is_not_sent_moves_nothing(how: str) -> None:
    world = today().appending(CONSTANTS, OUT.format("transfers"))
    result = world.appending(MAIN, IN_A_METHOD.format(NOT_SENT[how])).run(
        test_security_funds.test_no_fund_movement
    )
    assert result.status == "passed", result.places


@pytest.mark.parametrize(
    "pretender",
    [
        "    async def _api_get(self, path_url):\n        return await self.http.post(path_url)\n",
        "    async def subscribe_to(self, url):\n        return await self.http.request('POST', url)\n",
        "    async def subscribe_to(self, path_url):\n        await self.ws.send({'op': path_url})\n",
    ],
)
def test_a_harmless_name_must_be_deserved(pretender: str) -> None:
    name = pretender.split("async def ")[1].split("(")[0]
    world = today().appending(CONSTANTS, OUT.format("transfers")).appending(MAIN, pretender)
    world = world.appending(MAIN, IN_A_METHOD.format(f"await self.{name}(CONSTANTS.OUT)"))
    assert world.run(test_security_funds.test_no_fund_movement).status == "failed"


def test_what_is_in_a_class_that_is_gone_through_is_sent() -> None:
    paths = "class Paths(Enum):\n    OUT = '/api/v3/withdraw'\n\n\n"
    world = today().appending(CONSTANTS, paths)
    assert world.run(test_security_funds.test_no_fund_movement).status == "passed"
    all_of_them = "for path in CONSTANTS.Paths: await self._api_post(path_url=path.value)"
    found = world.appending(MAIN, IN_A_METHOD.format(all_of_them)).run(
        test_security_funds.test_no_fund_movement
    )
    assert found.status == "failed"


def test_leaves_a_script_alone_that_nothing_calls() -> None:
    world = today().adding({f"{FOLDER}/{NAME}_tool.py": SCRIPT})
    assert world.run(test_security_code.test_no_processes_or_files).status == "passed"


def test_reading_how_much_could_be_withdrawn_is_fine() -> None:
    world = today().appending(CONSTANTS, "FREE_URL = 'v5/account/withdrawal'\n")
    request = "    async def free(self):\n        return await self._api_{}(path_url=CONSTANTS.FREE_URL)\n"
    assert (
        world.appending(MAIN, request.format("get")).run(test_security_funds.test_no_fund_movement).status
        == "passed"
    )
    assert (
        world.appending(MAIN, request.format("post")).run(test_security_funds.test_no_fund_movement).status
        == "failed"
    )


TABLE = "LINEAR = 'linear'\nFREE_URL = {LINEAR: 'v5/account/withdrawal'}\n"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("await self._api_get(path_url=CONSTANTS.FREE_URL)", "passed"),
        ("RateLimit(limit_id=CONSTANTS.FREE_URL[CONSTANTS.LINEAR], limit=1)", "passed"),
        ("await self._api_post(path_url=CONSTANTS.FREE_URL[CONSTANTS.LINEAR])", "failed"),
        ("path = CONSTANTS.FREE_URL[self.market]\n        await self._api_post(path_url=path)", "failed"),
        ("[self._api_post(path) for path in CONSTANTS.FREE_URL.values()]", "failed"),
        ("for path in CONSTANTS.FREE_URL.values(): await self._api_post(path_url=path)", "failed"),
        ("all_of_them = {**CONSTANTS.FREE_URL}\n        return all_of_them", "failed"),
    ],
)
def test_a_path_in_a_table_by_market_is_followed(body: str, status: str) -> None:
    """Bybit's connector asks what may be withdrawn, and so does what is copied from it."""
    world = today().appending(CONSTANTS, TABLE).appending(MAIN, IN_A_METHOD.format(body))
    assert world.run(test_security_funds.test_no_fund_movement).status == status


CLOCK = """\
    def now(self):
        for name in {names}:
            if hasattr(self.clock, name):
                return getattr(self.clock, name)()
"""


@pytest.mark.parametrize(
    ("clock", "status"),
    [
        (CLOCK.format(names="('time', 'now')"), "passed"),
        (CLOCK.format(names="('time', 'FREE_URL')"), "failed"),
        (CLOCK.format(names="self.names"), "failed"),
        (CLOCK.format(names="('time', 'now')").replace("return", "name = self.x; return"), "failed"),
        (
            "    def level(self, text):\n        import logging\n        return getattr(logging, text)\n",
            "passed",
        ),
    ],
)
def test_names_of_a_loop_over_texts_are_known(clock: str, status: str) -> None:
    """A fork asks its clock for one of four names; that works out no name of a constant."""
    world = today().appending(CONSTANTS, "FREE_URL = 'v5/account/withdrawal'\n").appending(MAIN, clock)
    world = world.appending(MAIN, IN_A_METHOD.format("await self._api_get(path_url=CONSTANTS.FREE_URL)"))
    assert world.run(test_security_funds.test_no_fund_movement).status == status


def test_an_import_in_a_line_is_an_import() -> None:
    world = today().appending(WEB, "NOW = __import__('time').time()\n")
    assert world.run(test_security_code.test_no_dynamic_code).status == "passed"


LONG = "[" + ", ".join(['{"name": "Executed", "type": "event"}'] * 200) + "]"
INVISIBLE = "\u200b"


@pytest.mark.parametrize(
    "text",
    [f"ABI = '{LONG}'\n", f"X = 1  # copied from{INVISIBLE} a page\n", f"ABI = '{LONG}'  # of the router\n"],
    ids=lambda text: text[-30:],
)
def test_what_a_reviewer_can_read_is_no_trick(text: str) -> None:
    result = today().appending(WEB, text).run(test_security_readable.test_everything_can_be_read)
    assert result.status == "passed", result.places


@pytest.mark.parametrize(
    "text",
    [
        f"ABI = '{LONG}'; import os\n",
        f"import os; ABI = '{LONG}'\n",
        f"ABI = '{LONG[:-1]}'\n",
        f"ABI = f('{LONG}')\n",
        f"ABI = '{LONG}' {' ' * 200} # and more\n",
        f"X = 'a{INVISIBLE}b'\n",
        f"X = 1  # {RIGHT_TO_LEFT}x\n",
        f'X = """\n# a{INVISIBLE}b\n"""\n',
    ],
    ids=lambda text: text[-30:],
)
def test_what_a_reviewer_cannot_read_is(text: str) -> None:
    assert (
        today().appending(WEB, text).run(test_security_readable.test_everything_can_be_read).status
        == "failed"
    )


BAD = [*CODE, *READABLE]


@pytest.mark.parametrize("bad", BAD, ids=named)
def test_finds_what_was_spoilt(bad: Bad) -> None:
    assert_found(bad)


def test_the_seed_of_a_delay_is_no_secret() -> None:
    delay = "def retry_sleep_time(tries):\n    random.seed()\n    return tries + random.randint(1, 9) / 100\n"
    world = today().appending(WEB, f"import random\n\n\n{delay}")
    assert world.run(test_security_readable.test_randomness).status == "passed"
    nonce = delay.replace("retry_sleep_time", "nonce")
    world = today().appending(WEB, f"import random\n\n\n{nonce}")
    assert world.run(test_security_readable.test_randomness).status == "failed"
