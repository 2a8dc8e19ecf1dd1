"""The parent's end of a child process."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parent.parent.parent


class ChildError(Exception):
    """A child could not do what it was asked to: one line that says why."""


class ChildProcess:
    """A process that does what it is asked to. To be used in a `with`, which ends it."""

    def __init__(self, patience: float):
        """Starts it.

        Args:
          patience: it is ended when an answer takes longer than so many seconds.
        """
        paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        # Safe: `-m` would take a package of the same name in the present folder first.
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join(paths),
            "PYTHONSAFEPATH": "1",
            "KERAS_BACKEND": "tensorflow",
        }
        self._patience = patience
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 (closed in __exit__)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tf_cyclegan.benchmark.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            env=environment,
            text=True,
        )

    def ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        """The answer of `child.Child`'s method `do`.

        Raises:
          ChildError: it failed, took too long, or the process is gone.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        asked = time.monotonic()
        late = threading.Timer(self._patience, self._process.kill)
        late.start()
        try:
            self._process.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            late.cancel()
        if not line:
            if time.monotonic() - asked >= self._patience:
                raise ChildError(f"took longer than {self._patience:.0f} s")
            raise ChildError(self._last_words())
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise ChildError(answer["error"])
        return answer

    def __enter__(self) -> "ChildProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        # Reads what is left, closes the pipes and waits.
        self._process.communicate()
        self._stderr.close()

    def _last_words(self) -> str:
        status = self._process.wait()
        if status == -signal.SIGKILL:
            return "its process was killed: out of memory?"
        self._stderr.seek(0)
        lines = self._stderr.read().decode(errors="replace").strip().splitlines()
        return f"its process ended with {status}: {lines[-1] if lines else 'it does not say why'}"
