"""Being told to stop, without losing what is being done."""

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

# From the keyboard, from a scheduler or a shutdown, from a terminal that goes away.
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interruptions:
    """A context in which signals to stop are noted instead of stopping the process.

    A second SIGINT raises KeyboardInterrupt at once, for people who do not want to wait. A signal
    that the process was started to ignore, as nohup does with SIGHUP, stays ignored. Outside the
    main thread, where Python takes no signals, nothing is noted.

    Args:
      say: called with a line when the first signal arrives.

    Attributes:
      signal: the number of the signal that arrived first; None as long as none has.
    """

    def __init__(self, say: Callable[[str], None]):
        self.signal: int | None = None
        self._say = say
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "Interruptions":
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, _: FrameType | None) -> None:
        if self.signal is None:
            self.signal = number
            self._say("Stopping after this step and saving (Ctrl-C again: at once, without)")
        elif number == signal.SIGINT:
            raise KeyboardInterrupt
