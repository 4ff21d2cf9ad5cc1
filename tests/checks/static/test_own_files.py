"""What a connector may delete: a file that it names in full, of its own, and nothing else."""

from __future__ import annotations

import pytest

from checks.static.test_security_code import test_no_processes_or_files as check
from tests.checks.static.specimens import FOLDER, NAME, today

TIDY = f"{FOLDER}/{NAME}_session.py"
HEAD = "import os\nfrom pathlib import Path\n\nfrom hummingbot import data_path\n\n\nclass Session:\n"
STOP = (
    "    def stop(self, name=''):\n        left = Path(self._left_over())\n"
    "        left.unlink(missing_ok=True)\n"
)


def _ends(body: str, stop: str = STOP) -> str:
    world = today().adding({TIDY: f"{HEAD}{stop}\n    def _left_over(self):\n        {body}\n"})
    return world.run(check).status


@pytest.mark.parametrize(
    "body",
    [
        "return os.path.join(os.path.dirname(__file__), '.sdk_cookie')",
        "return f\"{os.path.join(os.path.dirname(__file__), '../acme/.sdk_cookie')}\"",
        "return Path(__file__).parent / '.sdk_cookie'",
        "return os.path.join(data_path(), 'acme_cookie')",
    ],
)
def test_may_remove_a_left_over_of_its_own(body: str) -> None:
    assert _ends(body) == "passed"


@pytest.mark.parametrize(
    "body",
    [
        "return os.path.join(os.path.dirname(__file__), '../../binance/binance_auth.py')",
        "return os.path.join(os.path.dirname(__file__), '../../../../conf/.password_verification')",
        f"return os.path.join(os.path.dirname(__file__), '{NAME}_auth.py')",
        "return os.path.join(os.path.dirname(__file__), 'fast.so')",
        "return os.path.join(data_path(), '../conf/connectors/acme.yml')",
        "return os.path.join(data_path(), self.name)",
        "return os.path.join(data_path(), '/etc/passwd')",
        "return self.given",
        "self.x = 1\n        return os.path.join(data_path(), 'acme_cookie')",
    ],
)
def test_may_not_remove_anything_else(body: str) -> None:
    assert _ends(body) == "failed"


@pytest.mark.parametrize(
    "stop",
    [
        STOP.replace("        left.", "        left = Path(name)\n        left."),
        STOP.replace("        left.", "        for left in (Path(name),): pass\n        left."),
        STOP.replace("        left =", "        self._left_over = lambda: name\n        left ="),
        "    def stop(self):\n        os.remove(*self.all())\n",
        "    def stop(self):\n        remove = os.remove\n        remove('x')\n",
        "    def stop(self):\n        global __file__\n        __file__ = self.name\n"
        "        os.remove(os.path.join(os.path.dirname(__file__), '.sdk_cookie'))\n",
    ],
)
def test_may_not_turn_the_path_elsewhere(stop: str) -> None:
    assert _ends("return os.path.join(data_path(), 'acme_cookie')", stop) == "failed"


def _makes(call: str, where: str = "") -> str:
    code = f"{HEAD}    def start(self, given):\n        {where or 'pass'}\n        {call}\n"
    return today().adding({TIDY: code}).run(check).status


IN_TREE = "os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), '../../../data')"


@pytest.mark.parametrize(
    ("where", "call"),
    [
        ("", "os.makedirs(os.path.join(data_path(), 'acme'), exist_ok=True)"),
        ("", "(Path(data_path()) / 'acme').mkdir()"),
        (f"self.kept = {IN_TREE}", "os.makedirs(self.kept, exist_ok=True)"),
        (f"root = {IN_TREE}", "os.mkdir(os.path.join(root, 'acme'))"),
    ],
)
def test_may_make_a_folder_where_hummingbot_keeps_its_data(where: str, call: str) -> None:
    assert _makes(call, where) == "passed"


@pytest.mark.parametrize(
    ("where", "call"),
    [
        ("", "os.makedirs('/etc/acme')"),
        ("", "os.makedirs(os.path.join(data_path(), '..', 'conf', 'acme'))"),
        ("", "os.makedirs(given)"),
        ("", "(Path(data_path()) / given).mkdir()"),
        ("self.kept = given", "os.makedirs(self.kept)"),
        (f"self.kept = {IN_TREE}", "self.kept = given\n        os.makedirs(self.kept)"),
        ("", "os.makedirs(*given)"),
    ],
)
def test_may_make_no_folder_elsewhere(where: str, call: str) -> None:
    assert _makes(call, where) == "failed"


BOT = "def keep(table):\n    with open('table.csv', 'w') as file:\n        file.write(table)\n"


def test_a_program_among_the_pages_is_not_run() -> None:
    assert today().adding({"docs/acme/bot.py": BOT}).run(check).status == "passed"


@pytest.mark.parametrize(
    "imports", ["from docs.acme.bot import keep", "import docs.acme.bot", "from docs import acme"]
)
def test_unless_the_connector_imports_it(imports: str) -> None:
    world = today().adding({"docs/acme/bot.py": BOT, TIDY: f"{imports}\n"})
    assert world.run(check).places == ["docs/acme/bot.py:2"]
    assert today().adding({"scripts/bot.py": BOT}).run(check).status == "failed"
