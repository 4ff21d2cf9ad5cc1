"""The list of all stories is complete."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

from checks.conformance import stories
from checks.conformance.stories.every import STORIES


def test_every_story_is_in_the_list() -> None:
    """Else what a connector does in it is seen by no security check."""
    modules = [
        importlib.import_module(f"{stories.__name__}.{found.name}")
        for found in pkgutil.iter_modules(stories.__path__)
    ]
    told = {
        function.__name__
        for module in modules
        for _, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
        and [*inspect.signature(function).parameters] == ["lab", "pace"]
    }
    assert told == {story.__name__ for story in STORIES}
