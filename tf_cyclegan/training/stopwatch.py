"""How fast steps go, and how much of that is waiting for data."""

import time


class Stopwatch:
    """Times the steps since `start`, but for the very first one, which is traced.

    Between `step_ends` and the next `step_begins` the trainer waits for the data.
    """

    def __init__(self) -> None:
        self.start()
        self._traced = False

    def start(self) -> None:
        """Begins anew, after a step."""
        self._traced = True
        self._steps = 0
        self._waited = 0.0
        self._began = self._ended = time.monotonic()

    def step_begins(self) -> None:
        """A step's data is there."""
        self._waited += time.monotonic() - self._ended

    def step_ends(self) -> None:
        """A step and all that comes after it are done."""
        if not self._traced:
            self.start()
            return
        self._steps += 1
        self._ended = time.monotonic()

    def read(self) -> dict[str, float]:
        """Steps a second, seconds a step and those of them that went into waiting for data.

        Called within a step, after its work; of the very first step there is nothing to say.
        """
        if not self._traced:
            return {}
        steps = self._steps + 1
        seconds = time.monotonic() - self._began
        return {
            "steps_per_second": steps / seconds,
            "step_seconds": seconds / steps,
            "data_seconds": self._waited / steps,
        }
