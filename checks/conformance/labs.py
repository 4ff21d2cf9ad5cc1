"""The laboratories of one screening: the fork's own, and those in which its failures are tried on others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing

from checks.conformance.stories import Stories
from harness.blame import Trial
from harness.lab import Lab


class Labs:
    """Those besides the `first` are opened when they are asked for, and closed together."""

    def __init__(self, first: Lab, others: Mapping[Trial, Callable[[], Lab]]) -> None:
        self._others = others
        self._stories = {Trial.FIRST: Stories(first)}
        self._stack = ExitStack()

    def stories(self, trial: Trial) -> Stories:
        if trial not in self._stories:
            lab = self._stack.enter_context(closing(self._others[trial]()))
            self._stories[trial] = Stories(lab)
        return self._stories[trial]

    def close(self) -> None:
        self._stack.close()
