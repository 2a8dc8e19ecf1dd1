"""Stopping on signals without losing the current step."""

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

# Ctrl-C; a scheduler or a shutdown; a closed terminal.
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interruptions:
    """A context that records signals to stop instead of stopping the process.

    A second SIGINT raises KeyboardInterrupt at once. Signals that the process ignores, as nohup
    does SIGHUP, stay ignored. Outside the main thread, where Python handles no signals, it does
    nothing.

    Args:
      say: called with one line at the first signal.

    Attributes:
      signal: number of the first signal; None before it.
    """

    def __init__(self, say: Callable[[str], None]):
        self.signal: int | None = None
        self._say = say
        self._previous_handlers: dict[int, Any] = {}

    def __enter__(self) -> "Interruptions":
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._previous_handlers[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._previous_handlers.items():
            signal.signal(number, handler)

    def _handle(self, number: int, _: FrameType | None) -> None:
        if self.signal is None:
            self.signal = number
            self._say("Stopping after this step and saving (Ctrl-C again: at once, without saving)")
        elif number == signal.SIGINT:
            raise KeyboardInterrupt
