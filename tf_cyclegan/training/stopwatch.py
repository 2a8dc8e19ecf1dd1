"""The speed of training steps, and the share of waiting for data."""

import time


class Stopwatch:
    """Times the steps since `start`, except the very first, which includes work on the graph.

    Between `step_ends` and the next `step_begins` the trainer waits for data.
    """

    def __init__(self) -> None:
        self.start()
        self._traced = False

    def start(self) -> None:
        """Restarts, after a step."""
        self._traced = True
        self._steps = 0
        self._waited = 0.0
        self._began = self._ended = time.monotonic()

    def step_begins(self) -> None:
        """A step's batch has arrived."""
        self._waited += time.monotonic() - self._ended

    def step_ends(self) -> None:
        """A step and its callbacks are done."""
        if not self._traced:
            self.start()
            return
        self._steps += 1
        self._ended = time.monotonic()

    def read(self) -> dict[str, float]:
        """Steps a second, seconds a step, and seconds a step of waiting for data.

        To be called within a step, after its work. Empty in the very first step.
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
