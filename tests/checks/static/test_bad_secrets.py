"""Bad specimens. Keys in the code and in the log, and whom the code talks to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from checks.static import test_security_network, test_security_secrets
from tests.checks.static.specimens import AUTH, CONSTANTS, FOLDER, NAME, OLD_MAIN, WEB, World, of_2020, today
from tests.checks.static.spoiling import Bad, assert_found, named, spoilt

# Put together here, so that this file does not hold what it plants.
AWS_KEY = "AKIA" + "Q4XN7WBKZ2TPLJ5D"
RANDOM_KEY = "kT9vQ2mZ" + "x7LpR4wN8sYbE1uH"
PEM = "-----BEGIN PRIVATE" + " KEY-----"

SECRETS = [
    spoilt(
        "a token of a provider",
        test_security_secrets.test_no_credentials,
        CONSTANTS,
        f"X = '{AWS_KEY}'\n",
        "X = ",
    ),
    spoilt(
        "a value for a secret",
        test_security_secrets.test_no_credentials,
        CONSTANTS,
        f"API_SECRET = '{RANDOM_KEY}'\n",
        "API_SECRET",
    ),
    spoilt(
        "a default for a key",
        test_security_secrets.test_no_credentials,
        WEB,
        f"def f(api_key='{RANDOM_KEY}'):\n    return api_key\n",
        "def f(",
    ),
    spoilt(
        "a private key",
        test_security_secrets.test_no_credentials,
        CONSTANTS,
        f"KEY = '''\n{PEM}\nMIIB\n'''\n",
        PEM,
    ),
    Bad(
        "a key in a settings file",
        test_security_secrets.test_no_credentials,
        today().adding({"conf/acme.yml": f"acme_api_secret: {RANDOM_KEY}\n"}),
        "conf/acme.yml:1",
    ),
    spoilt(
        "a secret in a log line",
        test_security_secrets.test_secrets_not_logged,
        AUTH,
        "    def show(self):\n        self.logger().info(f'signing with {self.secret_key}')\n",
        "signing with",
        "written to the log",
    ),
    spoilt(
        "a secret put together first",
        test_security_secrets.test_secrets_not_logged,
        AUTH,
        "    def show(self):\n        text = 'with ' + self.secret_key\n        self.logger().debug(text)\n",
        "debug(text)",
    ),
    spoilt(
        "everything it has",
        test_security_secrets.test_secrets_not_logged,
        AUTH,
        "    def show(self):\n        self.logger().error('%s', vars(self))\n",
        "vars(self)",
    ),
    spoilt(
        "all that the signer has",
        test_security_secrets.test_secrets_not_logged,
        AUTH,
        "    def show(self):\n        self.logger().error(f'{self._auth.__dict__}')\n",
        "__dict__",
    ),
    spoilt(
        "printed",
        test_security_secrets.test_secrets_not_logged,
        AUTH,
        "    def show(self):\n        print(self.secret_key)\n",
        "print(",
    ),
    Bad(
        "2020: a secret in a log line",
        test_security_secrets.test_secrets_not_logged,
        of_2020().appending(
            OLD_MAIN, "    def show(self):\n        self.logger().info(f'with {self._secret_key}')\n"
        ),
    ),
]

RATES = "hummingbot/core/rate_oracle/sources/acme_rate_source.py"
HEX_KEY = "5f" + "0a9c3e71d2b864" * 4 + "93b1e7"


def rates(given: str, *, trading: str = "trading_required=False", more: str = "") -> World:
    """A source of exchange rates that makes a connector from a key written out."""
    local = f"    key = '{HEX_KEY}'\n" if given == "key" else "\n"
    made = f"    made = AcmeExchange(api_secret={given}, {trading})\n    return made\n"
    return today().adding({RATES: f"def make(AcmeExchange):\n{local}{made}{more}"})


STAND_INS = [
    Bad(
        "a dummy that looks real",
        test_security_secrets.test_dummies_are_recognizable,
        rates(f"'{HEX_KEY}'"),
        f"{RATES}:3",
    ),
    *(
        Bad(what, test_security_secrets.test_no_credentials, world)
        for what, world in {
            "a stand-in that trades": rates(f"'{HEX_KEY}'", trading="trading_required=True"),
            "a stand-in that may trade": rates(f"'{HEX_KEY}'", trading="trading_required=trading"),
            "one that trades too": rates(f"'{HEX_KEY}'", more=f"SECRET_KEY = '{HEX_KEY}'\n"),
            "a remark that says it is none": rates(
                f"'{HEX_KEY}'", trading="trading_required=True)  # not a mock\n    print(made"
            ),
            "marked as a dummy where it trades": today().appending(
                CONSTANTS, f"API_SECRET = '{RANDOM_KEY}'  # noqa: mock\n"
            ),
            "called a dummy where it trades": today().appending(
                CONSTANTS, f"DUMMY_SECRET = '{RANDOM_KEY}'\n"
            ),
            "a provider's token marked as a dummy": today().adding(
                {RATES: f"X = '{AWS_KEY}'  # noqa: mock\n"}
            ),
        }.items()
    ),
]

FINE = {
    "no trading": rates(f"'{HEX_KEY}'"),
    "no trading, by a local name": rates("key"),
    "marked as upstream marks": today().adding({RATES: f"API_SECRET = '{RANDOM_KEY}'  # noqa: mock\n"}),
    "called a dummy": today().adding({RATES: f"DUMMY_SECRET = '{RANDOM_KEY}'\n"}),
    "public already": replace(
        today().appending(CONSTANTS, f"API_SECRET = '{RANDOM_KEY}'\n"),
        base={**today().base, "test/x.py": f"KEY = '{RANDOM_KEY}'\n"},
    ),
    "a reply for upstream's own suite": today().adding(
        {"hummingbot/connector/test_support/acme_test.py": f"REPLY = {{'session_token': '{RANDOM_KEY}'}}\n"}
    ),
}


def test_all_that_an_order_has_may_be_logged() -> None:
    said = "    def show(self, tracked_order):\n        self.logger().error(f'{tracked_order.__dict__}')\n"
    assert today().appending(AUTH, said).run(test_security_secrets.test_secrets_not_logged).status == "passed"


SDK = "from acme_sdk import MAIN_CONFIG, TEST_CONFIG\n"
PICKED = "        base = TEST_CONFIG if self.test else MAIN_CONFIG\n"


def _logs(head: str, body: str) -> str:
    start = f"    def start(self, given):\n{body}        self.logger().debug(f'{{base.api_key}}')\n"
    world = today().adding({f"{FOLDER}/{NAME}_session.py": f"{head}\n\nclass Session:\n{start}"})
    return world.run(test_security_secrets.test_secrets_not_logged).status


def test_what_a_library_publishes_is_no_key_of_the_users() -> None:
    assert _logs(SDK, PICKED) == "passed"


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (SDK, f"{PICKED}        base = replace(base, api_key=given)\n"),
        (SDK, f"        MAIN_CONFIG.api_key = given\n{PICKED}"),
        (SDK, "        base = MAIN_CONFIG or given\n"),
        (SDK, f"{PICKED}        for base in given: pass\n"),
        (SDK.replace("acme_sdk", "hummingbot.client.settings"), PICKED),
        (SDK.replace("MAIN_CONFIG", "load as MAIN_CONFIG"), PICKED),
    ],
)
def test_what_may_have_been_given_is(head: str, body: str) -> None:
    assert _logs(head, body) == "failed"


@pytest.mark.parametrize("what", FINE)
def test_a_stand_in_is_nobodys_key(what: str) -> None:
    result = FINE[what].run(test_security_secrets.test_no_credentials)
    assert result.status == "passed", result.places


def test_a_dummy_of_upstreams_is_recognizable() -> None:
    assert FINE["public already"].run(test_security_secrets.test_dummies_are_recognizable).status == "passed"


def test_a_name_given_on_in_cython_is_no_value() -> None:
    world = of_2020().appending(
        OLD_MAIN, "    def make(self):\n        Client(private_key=self._acme_private_key_9Xq)\n"
    )
    assert world.run(test_security_secrets.test_no_credentials).status == "passed"
    planted = of_2020().appending(
        OLD_MAIN, f"    def make(self):\n        Client(private_key='{RANDOM_KEY}')\n"
    )
    assert planted.run(test_security_secrets.test_no_credentials).status == "failed"


NETWORK = [
    spoilt(
        "an address nobody declared",
        test_security_network.test_only_declared_hosts,
        CONSTANTS,
        "COLLECT = 'https://collect.evil-stats.net/x'\n",
        "COLLECT",
        "collect.evil-stats.net",
    ),
    spoilt(
        "an address by number",
        test_security_network.test_only_declared_hosts,
        CONSTANTS,
        "COLLECT = 'https://203.0.113.7/acme'\n",
        "COLLECT",
    ),
    spoilt(
        "a letter box, under the exchange's name",
        test_security_network.test_only_declared_hosts,
        CONSTANTS,
        "X = 'https://acme.ngrok.io/x'\n",
        "X = ",
    ),
    spoilt(
        "a host without a scheme",
        test_security_network.test_only_declared_hosts,
        CONSTANTS,
        "HOST = 'stats.evil-stats.net'\n",
        "HOST = ",
    ),
    Bad(
        "nothing declared",
        test_security_network.test_only_declared_hosts,
        replace(today(), hosts=()),
        status="undetermined",
    ),
    spoilt(
        "no check of certificates",
        test_security_network.test_tls_is_verified,
        WEB,
        "def f(session):\n    return session.get('x', ssl=False)\n",
        "ssl=False",
        "certificate",
    ),
    spoilt(
        "a context without checks",
        test_security_network.test_tls_is_verified,
        WEB,
        "import ssl\n\nX = ssl._create_unverified_context()\n",
        "X = ssl",
    ),
    spoilt(
        "checks switched off later",
        test_security_network.test_tls_is_verified,
        WEB,
        "def f(context):\n    context.check_hostname = False\n",
        "check_hostname",
    ),
    spoilt(
        "an open line",
        test_security_network.test_tls_is_verified,
        CONSTANTS,
        "OTHER = 'ws://stream.acme.com/ws'\n",
        "OTHER",
        "unencrypted",
    ),
]

BAD = [*SECRETS, *STAND_INS, *NETWORK]


@pytest.mark.parametrize("bad", BAD, ids=named)
def test_finds_what_was_spoilt(bad: Bad) -> None:
    assert_found(bad)
