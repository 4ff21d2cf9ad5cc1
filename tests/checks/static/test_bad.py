"""The bad specimens: the good connector, spoilt one way, is found out by the check meant for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from checks.static import (
    test_code,
    test_craft,
    test_dependencies,
    test_docs,
    test_files,
    test_funds,
    test_limits,
    test_manners,
    test_network,
    test_readable,
    test_secrets,
    test_settings,
    test_submission,
    test_unit_tests,
)
from harness.forks.submission import AddedConnector, MergePreview
from tests.checks.static.specimens import (
    APPLICATION,
    AUTH,
    BOOK,
    CONSTANTS,
    FEE_TEMPLATE,
    FOLDER,
    GLOBAL_MAP,
    GLOBAL_TEMPLATE,
    MAIN,
    NAME,
    OLD_FOLDER,
    OLD_MAIN,
    PAGE,
    STREAM,
    TESTS,
    UTILS,
    WEB,
    World,
    change,
    of_2020,
    today,
)
from tests.checks.static.test_good import all_checks

LATE = datetime(2026, 10, 1, tzinfo=UTC)
# Put together here, so that this file does not hold what it plants.
AWS_KEY = "AKIA" + "Q4XN7WBKZ2TPLJ5D"
RANDOM_KEY = "kT9vQ2mZ" + "x7LpR4wN8sYbE1uH"
PEM = "-----BEGIN PRIVATE" + " KEY-----"
RIGHT_TO_LEFT = "\u202e"


@dataclass(frozen=True)
class Bad:
    """A spoilt connector; `where` must be among the places that the finding names."""

    what: str
    check: Callable[..., None]
    world: World
    where: str | None = None
    says: str = ""
    status: str = "failed"


def line_of(world: World, path: str, text: str) -> str:
    lines = world.files[path].split("\n")
    return f"{path}:{next(number for number, line in enumerate(lines, 1) if text in line)}"


def spoilt(what: str, check: Callable[..., None], path: str, text: str, mark: str, says: str = "") -> Bad:
    """`text` is appended to a file of the connector; the finding must point at the line with `mark`."""
    world = today().appending(path, text)
    return Bad(what, check, world, line_of(world, path, mark), says)


def extra(**fields: object) -> World:
    return replace(today(), extra=fields)


SUBMISSION = [
    Bad(
        "after the deadline",
        test_submission.test_submitted_before_deadline,
        extra(committed_at=LATE),
        says="after submissions closed",
    ),
    Bad(
        "nobody to ask", test_submission.test_point_of_contact, replace(today(), contact=None), says="Nobody"
    ),
    Bad(
        "no connector",
        test_submission.test_adds_the_connector,
        extra(connectors=()),
        says="no connector acme",
    ),
    Bad(
        "changes one that exists",
        test_submission.test_adds_the_connector,
        extra(connectors=(AddedConnector(NAME, "exchange", FOLDER, False),)),
        status="undetermined",
    ),
    Bad(
        "no shared history",
        test_submission.test_based_on_recent_upstream,
        extra(merge_base=None),
        says="no history",
    ),
    Bad(
        "an old base",
        test_submission.test_based_on_recent_upstream,
        extra(behind=40, merge_base_at=datetime(2026, 9, 30, tzinfo=UTC) - timedelta(days=200)),
        says="200 days",
    ),
    Bad(
        "conflicts",
        test_submission.test_merges_cleanly,
        extra(merge=MergePreview("conflicts", ("setup.py",), "")),
        "conflict in setup.py",
    ),
    Bad(
        "no trial merge",
        test_submission.test_merges_cleanly,
        extra(merge=MergePreview("unknown", (), "no git")),
        status="undetermined",
    ),
    Bad(
        "a change elsewhere",
        test_submission.test_change_is_limited,
        today().adding({"hummingbot/core/clock.py": "x = 1\n"}),
        "added: hummingbot/core/clock.py",
    ),
    Bad(
        "another connector changed on the way",
        test_submission.test_change_is_limited,
        today().adding(
            {"hummingbot/connector/exchange/binance/binance_exchange.py": "class BinanceExchange: x = 1\n"}
        ),
        "modified: hummingbot/connector/exchange/binance/binance_exchange.py",
    ),
    Bad(
        "another version",
        test_submission.test_identity_is_untouched,
        today().adding({"hummingbot/VERSION": "acme-1\n"}),
        "modified: hummingbot/VERSION",
    ),
    Bad(
        "another place to clone from",
        test_submission.test_identity_is_untouched,
        today().adding({"README.md": "# Hummingbot\n\ngit clone https://github.com/acme/hummingbot.git\n"}),
        "README.md:3",
    ),
    Bad(
        "another title",
        test_submission.test_identity_is_untouched,
        today().adding({"README.md": "# Acme Trader\n"}),
        "README.md:1",
    ),
    Bad(
        "a log file",
        test_submission.test_no_stray_files,
        today().adding({"logs/run.log": "x"}),
        "logs/run.log: log",
    ),
    Bad(
        "settings of an editor",
        test_submission.test_no_stray_files,
        today().adding({".idea/x.xml": "x"}),
        ".idea/x.xml: editor settings",
    ),
    Bad("generated code", test_submission.test_no_stray_files, today().adding({f"{FOLDER}/dummy.cpp": "x"})),
]

FILES = [
    Bad("no folder at all", test_files.test_connector_files_complete, World({}), says="no connector in"),
    Bad(
        "no order book source",
        test_files.test_connector_files_complete,
        today().without(BOOK),
        f"no file {BOOK}",
    ),
    Bad(
        "no user stream",
        test_files.test_connector_files_complete,
        today().without(STREAM),
        f"no file {STREAM}",
    ),
    Bad("no signing", test_files.test_connector_files_complete, today().without(AUTH), f"no file {AUTH}"),
    Bad(
        "no package file", test_files.test_connector_files_complete, today().without(f"{FOLDER}/__init__.py")
    ),
    Bad(
        "2020: no in-flight order",
        test_files.test_connector_files_complete,
        of_2020().without(f"{OLD_FOLDER}/{NAME}_in_flight_order.pyx"),
    ),
    spoilt("not Python", test_files.test_files_parse, WEB, "def broken(:\n    pass\n", "def broken("),
    spoilt(
        "an unfinished merge",
        test_files.test_files_parse,
        WEB,
        "<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> theirs\n",
        "<<<<<<< HEAD",
    ),
    Bad(
        "Cython with an open bracket", test_files.test_files_parse, of_2020().appending(OLD_MAIN, "x = (1,\n")
    ),
    Bad("too large to read", test_files.test_files_parse, replace(today(), too_large=frozenset({WEB})), WEB),
    Bad(
        "an odd file name",
        test_files.test_naming,
        today().adding({f"{FOLDER}/helpers.py": "x = 1\n"}),
        f"{FOLDER}/helpers.py",
    ),
    spoilt(
        "an odd class name",
        test_files.test_naming,
        WEB,
        "class acme_helper:\n    pass\n",
        "class acme_helper",
    ),
    Bad(
        "no settings module",
        test_files.test_connector_is_registered,
        today().without(UTILS),
        says="would not find acme",
    ),
    Bad(
        "no keys",
        test_files.test_connector_is_registered,
        today().replacing(UTILS, "KEYS =", "OTHER ="),
        UTILS,
    ),
    Bad(
        "the main class under another name",
        test_files.test_connector_is_registered,
        today().replacing(MAIN, "AcmeExchange", "AcmeConnector"),
        MAIN,
    ),
    Bad(
        "2020: not in the table of markets",
        test_files.test_connector_is_registered,
        of_2020().without(APPLICATION).adding({APPLICATION: "MARKET_CLASSES = {}\n"}),
        APPLICATION,
    ),
    Bad(
        "2020: no fees in the template",
        test_files.test_config_templates,
        of_2020().adding({FEE_TEMPLATE: "binance_maker_fee:\n"}),
        FEE_TEMPLATE,
    ),
    Bad(
        "2020: no keys in the template",
        test_files.test_config_templates,
        of_2020().adding({GLOBAL_TEMPLATE: "binance_api_key: null\n"}),
        GLOBAL_TEMPLATE,
    ),
]

CRAFT = [
    Bad(
        "a base of its own",
        test_craft.test_base_classes,
        today().replacing(MAIN, "(ExchangePyBase)", ""),
        line_of(today(), MAIN, "class AcmeExchange"),
    ),
    Bad(
        "signing of its own",
        test_craft.test_base_classes,
        today().replacing(AUTH, "(AuthBase)", ""),
        line_of(today(), AUTH, "class AcmeAuth"),
    ),
    Bad(
        "2020: a market of its own",
        test_craft.test_base_classes,
        of_2020().replacing(OLD_MAIN, "AcmeMarket(MarketBase)", "AcmeMarket"),
        line_of(of_2020(), OLD_MAIN, "class AcmeMarket"),
    ),
    spoilt(
        "an empty function",
        test_craft.test_no_stubs,
        MAIN,
        "    async def _update_balances(self):\n        pass\n",
        "_update_balances",
        "unfinished",
    ),
    spoilt(
        "a function that gives up",
        test_craft.test_no_stubs,
        MAIN,
        "    async def _request_order_status(self, order):\n        raise NotImplementedError\n",
        "_request_order_status",
    ),
    spoilt(
        "a function to be written",
        test_craft.test_no_stubs,
        MAIN,
        "    def _get_fee(self):\n        # TODO implement this for Acme\n        return 0\n",
        "_get_fee",
    ),
    spoilt(
        "another exchange's class",
        test_craft.test_no_stubs,
        WEB,
        "class BinanceThrottler:\n    pass\n",
        "BinanceThrottler",
        "another exchange's name",
    ),
    spoilt("another exchange's name", test_craft.test_no_stubs, WEB, "NAME = 'binance'\n", "NAME = "),
]

HOLLOW = "class Tests:\n    def test_it(self):\n        run()\n"
TRIVIAL = "class Tests:\n    def test_it(self):\n        self.assertTrue(True)\n        assert True\n"
TESTS_AND_DOCS = [
    Bad(
        "no tests",
        test_unit_tests.test_unit_tests_present,
        today().without(*(path for path in today().files if path.startswith("test/"))),
        says="no unit tests at all",
    ),
    Bad(
        "no test of the book",
        test_unit_tests.test_unit_tests_present,
        today().without(f"{TESTS}/test_{NAME}_api_order_book_data_source.py"),
        says="the order book source",
    ),
    Bad(
        "tests that assert nothing",
        test_unit_tests.test_unit_tests_present,
        today().adding({f"{TESTS}/test_{NAME}_exchange.py": HOLLOW}),
        f"{TESTS}/test_{NAME}_exchange.py",
    ),
    Bad(
        "tests that assert the obvious",
        test_unit_tests.test_unit_tests_present,
        today().adding({f"{TESTS}/test_{NAME}_exchange.py": TRIVIAL}),
        f"{TESTS}/test_{NAME}_exchange.py",
    ),
    Bad(
        "2020: no tests",
        test_unit_tests.test_unit_tests_present,
        of_2020().without(f"test/integration/test_{NAME}_market.py"),
        says="the market class",
    ),
    Bad(
        "2020: no page",
        test_docs.test_usage_page,
        of_2020().without(f"documentation/docs/connectors/{NAME}.md"),
        says="No page",
    ),
    Bad("an empty page", test_docs.test_usage_page, today().adding({PAGE: "# Acme\n"}), PAGE),
    Bad("no page in the fork", test_docs.test_usage_page, today().without(PAGE), status="undetermined"),
    spoilt(
        "a library that nobody installs",
        test_dependencies.test_dependencies_are_declared,
        WEB,
        "import acme_sdk\n",
        "import acme_sdk",
        "acme_sdk",
    ),
    Bad(
        "an unpinned library",
        test_dependencies.test_new_dependencies,
        today().adding({"setup.py": 'install_requires = [\n    "aiohttp>=3.8",\n    "acme-sdk",\n]\n'}),
        "setup.py:3",
    ),
    Bad(
        "a library from a repository",
        test_dependencies.test_new_dependencies,
        today().adding(
            {"setup.py": 'install_requires = [\n    "acme-sdk @ git+https://example.org/x",\n]\n'}
        ),
        "setup.py:2",
    ),
    Bad(
        "a library that nothing uses",
        test_dependencies.test_new_dependencies,
        today().adding({"setup.py": 'install_requires = [\n    "left-pad==1.0",\n]\n'}),
        "setup.py:2",
    ),
]

CODE = [
    spoilt(
        "eval",
        test_code.test_no_dynamic_code,
        WEB,
        "def parse(text):\n    return eval(text)\n",
        "eval(text)",
        "makes up or receives",
    ),
    spoilt(
        "eval under another name",
        test_code.test_no_dynamic_code,
        WEB,
        "import builtins as b\nrun = b.exec\n",
        "run = b.exec",
    ),
    spoilt(
        "pickle", test_code.test_no_dynamic_code, WEB, "from pickle import loads as read\n", "from pickle"
    ),
    spoilt("foreign memory", test_code.test_no_dynamic_code, WEB, "import ctypes\n", "import ctypes"),
    spoilt(
        "an import by a received name",
        test_code.test_no_dynamic_code,
        WEB,
        "import importlib\n\ndef load(name):\n    return importlib.import_module(name)\n",
        "importlib.import_module(name)",
    ),
    Bad(
        "2020: eval in Cython",
        test_code.test_no_dynamic_code,
        of_2020().appending(OLD_MAIN, "    def parse(self, str text):\n        return eval(text)\n"),
    ),
    spoilt(
        "a program",
        test_code.test_no_processes_or_files,
        WEB,
        "import subprocess as sp\n\ndef run():\n    sp.run(['ls'])\n",
        "sp.run",
    ),
    spoilt(
        "a shell",
        test_code.test_no_processes_or_files,
        WEB,
        "from os import system\n\nsystem('ls')\n",
        "system('ls')",
    ),
    spoilt(
        "a program by asyncio",
        test_code.test_no_processes_or_files,
        WEB,
        "import asyncio\n\nx = asyncio.create_subprocess_shell\n",
        "x = asyncio",
    ),
    Bad(
        "2020: C's system",
        test_code.test_no_processes_or_files,
        of_2020().appending(OLD_MAIN, "from libc.stdlib cimport system\n"),
    ),
    spoilt(
        "a file that is written",
        test_code.test_no_processes_or_files,
        WEB,
        "def keep(x):\n    open('x', 'w').write(x)\n",
        "open('x', 'w')",
    ),
    spoilt(
        "a file that is written, by path",
        test_code.test_no_processes_or_files,
        WEB,
        "def keep(path, x):\n    path.write_text(x)\n",
        "write_text",
    ),
    spoilt(
        "the user's own files",
        test_code.test_no_processes_or_files,
        WEB,
        "KEY = open('/root/.ssh/id_rsa').read()\n",
        "id_rsa",
    ),
    spoilt(
        "a path for withdrawing",
        test_funds.test_no_fund_movement,
        CONSTANTS,
        "OUT = 'wallet/withdraw'\n",
        "OUT = ",
    ),
    spoilt(
        "a path for transferring",
        test_funds.test_no_fund_movement,
        CONSTANTS,
        "OUT = '/api/v3/sub-transfer'\n",
        "OUT = ",
    ),
    spoilt(
        "a signed message that sends",
        test_funds.test_no_fund_movement,
        WEB,
        "ACTION = {'type': 'usdSend'}\n",
        "usdSend",
    ),
    spoilt(
        "a function that withdraws",
        test_funds.test_no_fund_movement,
        MAIN,
        "    async def withdraw_funds(self, asset):\n        return asset\n",
        "withdraw_funds",
    ),
    spoilt(
        "a call that transfers",
        test_funds.test_no_fund_movement,
        MAIN,
        "    def x(self):\n        self._client.transfer('me', 1)\n",
        ".transfer(",
    ),
]

SECRETS = [
    spoilt(
        "a token of a provider", test_secrets.test_no_credentials, CONSTANTS, f"X = '{AWS_KEY}'\n", "X = "
    ),
    spoilt(
        "a value for a secret",
        test_secrets.test_no_credentials,
        CONSTANTS,
        f"API_SECRET = '{RANDOM_KEY}'\n",
        "API_SECRET",
    ),
    spoilt(
        "a default for a key",
        test_secrets.test_no_credentials,
        WEB,
        f"def f(api_key='{RANDOM_KEY}'):\n    return api_key\n",
        "def f(",
    ),
    spoilt(
        "a private key", test_secrets.test_no_credentials, CONSTANTS, f"KEY = '''\n{PEM}\nMIIB\n'''\n", PEM
    ),
    Bad(
        "a key in a settings file",
        test_secrets.test_no_credentials,
        today().adding({"conf/acme.yml": f"acme_api_secret: {RANDOM_KEY}\n"}),
        "conf/acme.yml:1",
    ),
    spoilt(
        "a secret in a log line",
        test_secrets.test_secrets_not_logged,
        AUTH,
        "    def show(self):\n        self.logger().info(f'signing with {self.secret_key}')\n",
        "signing with",
        "written to the log",
    ),
    spoilt(
        "a secret put together first",
        test_secrets.test_secrets_not_logged,
        AUTH,
        "    def show(self):\n        text = 'with ' + self.secret_key\n        self.logger().debug(text)\n",
        "debug(text)",
    ),
    spoilt(
        "everything it has",
        test_secrets.test_secrets_not_logged,
        AUTH,
        "    def show(self):\n        self.logger().error('%s', vars(self))\n",
        "vars(self)",
    ),
    spoilt(
        "printed",
        test_secrets.test_secrets_not_logged,
        AUTH,
        "    def show(self):\n        print(self.secret_key)\n",
        "print(",
    ),
    Bad(
        "2020: a secret in a log line",
        test_secrets.test_secrets_not_logged,
        of_2020().appending(
            OLD_MAIN, "    def show(self):\n        self.logger().info(f'with {self._secret_key}')\n"
        ),
    ),
]

NETWORK = [
    spoilt(
        "an address nobody declared",
        test_network.test_only_declared_hosts,
        CONSTANTS,
        "COLLECT = 'https://collect.evil-stats.net/x'\n",
        "COLLECT",
        "collect.evil-stats.net",
    ),
    spoilt(
        "an address by number",
        test_network.test_only_declared_hosts,
        CONSTANTS,
        "COLLECT = 'https://203.0.113.7/acme'\n",
        "COLLECT",
    ),
    spoilt(
        "a letter box, under the exchange's name",
        test_network.test_only_declared_hosts,
        CONSTANTS,
        "X = 'https://acme.ngrok.io/x'\n",
        "X = ",
    ),
    spoilt(
        "a host without a scheme",
        test_network.test_only_declared_hosts,
        CONSTANTS,
        "HOST = 'stats.evil-stats.net'\n",
        "HOST = ",
    ),
    Bad(
        "nothing declared",
        test_network.test_only_declared_hosts,
        replace(today(), hosts=()),
        status="undetermined",
    ),
    spoilt(
        "no check of certificates",
        test_network.test_tls_is_verified,
        WEB,
        "def f(session):\n    return session.get('x', ssl=False)\n",
        "ssl=False",
        "certificate",
    ),
    spoilt(
        "a context without checks",
        test_network.test_tls_is_verified,
        WEB,
        "import ssl\n\nX = ssl._create_unverified_context()\n",
        "X = ssl",
    ),
    spoilt(
        "checks switched off later",
        test_network.test_tls_is_verified,
        WEB,
        "def f(context):\n    context.check_hostname = False\n",
        "check_hostname",
    ),
    spoilt(
        "an open line",
        test_network.test_tls_is_verified,
        CONSTANTS,
        "OTHER = 'ws://stream.acme.com/ws'\n",
        "OTHER",
        "unencrypted",
    ),
]

PACKED = "".join(chr(33 + (index * 37 + index // 7) % 90) for index in range(300))
READABLE = [
    Bad(
        "a compiled file",
        test_readable.test_everything_can_be_read,
        replace(today(), more_changes=(change(f"{FOLDER}/fast.so", binary=True),)),
        f"{FOLDER}/fast.so: compiled",
    ),
    Bad(
        "a file that is not text",
        test_readable.test_everything_can_be_read,
        replace(today(), more_changes=(change(f"{FOLDER}/data.dat", binary=True),)),
        f"{FOLDER}/data.dat: not text",
    ),
    Bad(
        "a link",
        test_readable.test_everything_can_be_read,
        replace(today(), more_changes=(change(f"{FOLDER}/x", mode=0o120000),)),
        f"{FOLDER}/x: a link to another place",
    ),
    spoilt(
        "letters that turn around",
        test_readable.test_everything_can_be_read,
        WEB,
        f"X = 1  # {RIGHT_TO_LEFT}x\n",
        "X = 1",
    ),
    spoilt(
        "a packed string",
        test_readable.test_everything_can_be_read,
        WEB,
        "X = '" + "kT9vQ2mZx7LpR4wN8sYbE1uHcD3fG5jA" * 8 + "'\n",
        "X = ",
    ),
    spoilt(
        "a constant that is unpacked",
        test_readable.test_everything_can_be_read,
        WEB,
        "import base64\n\nX = base64.b64decode('ZXZhbA==')\n",
        "X = base64",
    ),
    spoilt(
        "Python's inside",
        test_readable.test_everything_can_be_read,
        WEB,
        "X = ().__class__.__base__.__subclasses__()\n",
        "__subclasses__",
    ),
    spoilt(
        "a name that looks like another",
        test_readable.test_everything_can_be_read,
        WEB,
        "def еval(x):\n    return x\n",
        "(x):",
    ),
    spoilt(
        "a nonce by chance",
        test_readable.test_randomness,
        AUTH,
        "    def nonce(self):\n        import random\n        return random.randint(0, 9)\n",
        "random.randint",
    ),
    spoilt(
        "a salt by chance",
        test_readable.test_randomness,
        WEB,
        "from random import getrandbits\n\nsalt = getrandbits(32)\n",
        "salt = ",
    ),
]

MANNERS = [
    Bad(
        "no limits",
        test_limits.test_rate_limits_are_declared,
        today()
        .replacing(MAIN, "return CONSTANTS.RATE_LIMITS", "return []")
        .adding({CONSTANTS: "ORDER_URL = 'order'\nTICKER_URL = 'ticker'\n"}),
        CONSTANTS,
    ),
    Bad(
        "a request without a limit",
        test_limits.test_rate_limits_are_declared,
        today().replacing(CONSTANTS, "    RateLimit(limit_id=TICKER_URL, limit=20, time_interval=1),\n", ""),
        line_of(today(), MAIN, "TICKER_URL"),
    ),
    Bad(
        "no keys asked for",
        test_settings.test_asks_for_its_keys,
        today().replacing(UTILS, "AcmeConfigMap(BaseConnectorConfigMap)", "AcmeConfigMap"),
        says="which keys",
    ),
    Bad(
        "a secret that is shown",
        test_settings.test_asks_for_its_keys,
        today().replacing(
            UTILS,
            '"prompt": "Acme API secret", "is_secure": True',
            '"prompt": "Acme API secret", "is_secure": False',
        ),
        line_of(today(), UTILS, "acme_api_secret"),
    ),
    Bad(
        "a key without a prompt",
        test_settings.test_asks_for_its_keys,
        today().replacing(UTILS, '"prompt": "Acme API key", ', ""),
        line_of(today(), UTILS, "acme_api_key"),
    ),
    Bad(
        "2020: a secret that is shown",
        test_settings.test_asks_for_its_keys,
        of_2020().replacing(GLOBAL_MAP, 'prompt="Secret?", is_secure=True', 'prompt="Secret?"'),
        f"{GLOBAL_MAP}:3",
    ),
    spoilt(
        "sleeping in the loop",
        test_manners.test_no_blocking_calls,
        MAIN,
        "    async def wait(self):\n        import time\n        time.sleep(1)\n",
        "time.sleep",
    ),
    spoilt(
        "a request that blocks",
        test_manners.test_no_blocking_calls,
        WEB,
        "import requests\n\ndef f():\n    return requests.get('x')\n",
        "requests.get",
    ),
    spoilt("printing", test_manners.test_log_messages, WEB, "print('connected')\n", "print("),
    spoilt(
        "a message without words",
        test_manners.test_log_messages,
        MAIN,
        "    def f(self):\n        self.logger().error('')\n",
        "error('')",
    ),
]

ALL = [*SUBMISSION, *FILES, *CRAFT, *TESTS_AND_DOCS, *CODE, *SECRETS, *NETWORK, *READABLE, *MANNERS]


@pytest.mark.parametrize("bad", ALL, ids=lambda bad: f"{bad.check.__name__}: {bad.what}")
def test_finds_what_was_spoilt(bad: Bad) -> None:
    result = bad.world.run(bad.check)
    assert (result.status, result.summary) == (bad.status, result.summary), bad.what
    assert bad.says in result.summary
    if bad.where is not None:
        assert bad.where in result.places
    if bad.status == "failed" and bad.check is not test_submission.test_point_of_contact:
        assert result.evidence or "commit is from" in result.summary or "a Hummingbot" in result.summary


def test_every_check_that_can_fail_has_a_bad_specimen() -> None:
    spoilt_for = {bad.check for bad in ALL if bad.status == "failed"}
    always_passes = {
        test_submission.test_repository_is_reachable
    }  # with no repository there is no check to run
    assert {check.__name__ for check in set(all_checks()) - spoilt_for - always_passes} == set()
