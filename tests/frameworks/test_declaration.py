"""What a tree says it needs, read as text."""

from __future__ import annotations

import pytest

from harness.frameworks.declaration import FILES, Declaration, changed, declared, directives_of

ENVIRONMENT = """
name: hummingbot
dependencies:
  - bidict
  - cython=3.0
  - numpy=1.23.5=py310_0
  - nomkl
  - msgpack-python
  - pandas>=1.5, <2
  - python=3.10.2
  - sqlalchemy 1.4.49 py310
  - zlib
  - pip:
    - aiohttp==3.*
    - eth_abi==4.0.0
    - git+https://example.org/a/b.git@web3
"""
SETUP = """
from setuptools import setup
def main():
    install_requires = [
        "cython==0.29",
        "Eth-ABI",
        "simplejson",
    ]
    compiler_directives = {"annotation_typing": False}
    if os.environ.get("FAST"):
        compiler_directives.update({"optimize.use_switch": False})
    setup(name="hummingbot", python_requires=">=3.9", install_requires=install_requires)
"""
PROJECT = '[build-system]\nrequires = ["setuptools==70", "cython==3.1"]\n'


def of(**texts: str) -> Declaration:
    names = {"environment": "setup/environment.yml", "linux": "setup/environment-linux.yml",
             "pip": "setup/pip_packages.txt", "setup": "setup.py", "project": "pyproject.toml",
             "workflow": ".github/workflows/workflow.yml"}  # fmt: skip
    files = {names[key]: text for key, text in texts.items()}
    assert files.keys() <= set(FILES)
    return declared(files.get)


def test_conda_names_and_versions_become_the_package_indexs() -> None:
    assert of(environment=ENVIRONMENT).requirements == (
        "bidict", "cython==3.0.*", "numpy==1.23.5.*", "msgpack", "pandas>=1.5,<2", "sqlalchemy==1.4.49",
        "aiohttp==3.*", "eth_abi==4.0.0",
    )  # fmt: skip


def test_conda_builds_for_no_python_are_no_packages() -> None:
    text = """
dependencies:
  - _libgcc_mutex=0.1=conda_forge
  - certifi=2019.11.28=py38_0
  - mock=4.0.1=py_0
  - nomkl=3.0=0
  - numpy 1.18.5 py38h7130bb8_0
  - python=3.8.2=h9d8adfe_4_cpython
  - zstd 1.3.7 h0b5b093_0
  - coverage=5.5
"""
    found = of(environment=text)
    assert found.python == "==3.8.*"
    assert [each.partition("==")[0] for each in found.requirements] == [
        "certifi",
        "mock",
        "numpy",
        "coverage",
    ]


def test_an_address_is_no_package_of_an_index() -> None:
    assert of(environment=ENVIRONMENT).elsewhere == ("git+https://example.org/a/b.git@web3",)


def test_the_file_that_people_install_by_goes_before_the_others() -> None:
    found = of(environment=ENVIRONMENT, setup=SETUP, project=PROJECT)
    assert found.requirements[1] == "cython==3.0.*"
    assert found.requirements[-2:] == ("simplejson", "setuptools==70")
    assert sum("abi" in each.lower() for each in found.requirements) == 1


def test_the_file_for_linux_is_the_one_followed() -> None:
    found = of(environment=ENVIRONMENT, linux="dependencies:\n  - python=3.8.2\n  - tables\n")
    assert (found.python, found.requirements) == ("==3.8.*", ("tables",))


def test_a_release_has_only_what_packaging_knows() -> None:
    found = of(setup=SETUP, project=PROJECT)
    assert found.python == ">=3.9"
    assert found.requirements == ("cython==0.29", "Eth-ABI", "simplejson", "setuptools==70")


@pytest.mark.parametrize(
    ("entry", "python"),
    [("python=3.10", "==3.10.*"), ("python=3.8.2", "==3.8.*"), ("python>=3.10.12", ">=3.10.12"),
     ("python", ""), ("python-dateutil=2.8", "")],
)  # fmt: skip
def test_the_python_of_the_environment_file(entry: str, python: str) -> None:
    assert of(environment=f"dependencies:\n  - {entry}\n").python == python


def test_pythons_that_the_ci_names_are_kept() -> None:
    text = 'with:\n  python-version: "3.12"\n---\n  python-version: 3.x\n  python-version: 3.10\n'
    assert of(workflow=text).tested_with == ("3.12", "3.10")


def test_what_comes_without_its_dependencies_is_told_apart() -> None:
    found = of(pip="eip712-structs  # old\n", setup='setup(install_requires=["eip712-structs", "web3"])')
    assert (found.alone, found.requirements) == (("eip712-structs",), ("web3",))


@pytest.mark.parametrize(
    "text",
    ["dependencies: 3", "- [", "dependencies: [{pip: 4}, 7]", "a: *b", "\0", "dependencies:\n  - '-r /x'\n"],
)
def test_a_file_that_makes_no_sense_declares_nothing(text: str) -> None:
    found = of(environment=text, setup=text, project=text, pip="-r /etc/passwd\n--index-url http://x\n")
    assert (found.requirements, found.alone) == ((), ())


def test_no_entry_gives_uv_an_option() -> None:
    found = of(environment='dependencies:\n  - "numpy\\n--index-url=http://x"\n  - pip: ["a\\n--pre"]\n')
    assert found.requirements == ()


def test_a_list_has_an_end_and_its_entries_can_be_shown() -> None:
    many = "".join(f"  - acme{number}\n" for number in range(2000))
    text = f"dependencies:\n  - 'git+https://example.org/\u202e'\n  - {'a' * 400}\n{many}"
    found = of(environment=text)
    assert (len(found.requirements), found.elsewhere) == (500, ())
    assert found.requirements[0] == "acme0"


def test_directives_are_those_that_are_always_set() -> None:
    assert directives_of(SETUP) == {"annotation_typing": False}
    within = "def main():\n    if fast:\n        compiler_directives = {'a': True}\n"
    assert directives_of(within) == {}


def test_changes_are_new_packages_new_versions_and_addresses() -> None:
    before = Declaration(requirements=("a", "b==1"), alone=("c",))
    after = Declaration(requirements=("a", "b==2", "d>=1"), alone=("c",), elsewhere=("git+https://x",))
    assert changed(before, after) == ("b==2", "d>=1", "git+https://x")
    assert changed(after, before) == ("b==1",)


OTHER = """
dependencies:
  - bidict
  - pip:
    - acme-proto>=1
    - git+https://example.org/acme.git
"""


@pytest.mark.parametrize("path", ["setup/environment_acme.yml", "setup/environment-acme.yaml"])
@pytest.mark.parametrize("installer", ["install", "Makefile"])
def test_what_another_environment_holds_that_can_be_chosen_is_declared_apart(
    installer: str, path: str
) -> None:
    files = {"setup/environment.yml": ENVIRONMENT, path: OTHER, installer: f'ENV_FILE="{path}"\n'}
    found = declared(files.get)
    assert found.apart == ("acme-proto>=1", "git+https://example.org/acme.git")
    assert found.requirements == of(environment=ENVIRONMENT).requirements
    assert changed(of(environment=ENVIRONMENT), found) == found.apart


def test_an_environment_that_nothing_installs_or_another_platforms_declares_nothing() -> None:
    files = {"setup/environment.yml": ENVIRONMENT, "setup/environment_acme.yml": OTHER}
    assert declared(files.get).apart == ()
    files |= {"setup/environment-win64.yml": OTHER, "install": "ENV_FILE=setup/environment-win64.yml\n"}
    assert declared(files.get).apart == ()
