"""A process that runs a connector's tests for the harness, and says in one JSON line what came of it."""

import json
import os
import sys
from typing import Any, Dict


class Job:
    """`order` is what the harness asks for; its `nonce` has to come back with the result.

    From now on what the tests print goes to the log, and the current folder is the order's `tree`.
    """

    def __init__(self, order: Dict[str, Any]) -> None:
        self._talk = os.fdopen(os.dup(1), "w")
        self._nonce = order["nonce"]
        os.dup2(2, 1)
        os.chdir(order["tree"])
        # Tests may ask whether they are run by a test runner, as the framework's logger does.
        sys.argv = ["pytest"]

    def end(self, result: Dict[str, Any]) -> None:
        """Say it and end the process: threads that a test left running must not keep it waiting."""
        self._talk.write(json.dumps({"nonce": self._nonce, **result}) + "\n")
        self._talk.flush()
        os._exit(0)
