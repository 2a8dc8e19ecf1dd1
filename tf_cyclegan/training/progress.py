"""Progress of training: a bar on a terminal, plain lines elsewhere."""

import contextlib
import time
from collections.abc import Callable, Mapping
from typing import Any, TextIO

from tqdm import tqdm

# Seconds between two updates: fetching the losses waits for the device.
_BAR_EVERY = 0.5
_LINE_EVERY = 30.0

_LABELS = {"total_g": "G", "total_f": "F", "discriminator_x": "D_X", "discriminator_y": "D_Y"}


class Progress:
    """Shows messages, and epoch, step, losses, pictures a second and time left.

    Args:
      stream: where to write; None is silent.
      spell: applied to each message: the command spells fields as flags.
    """

    def __init__(
        self, stream: TextIO | None = None, spell: Callable[[str], str] = lambda line: line
    ):
        self._stream = None if stream is None else _EnduringStream(stream)
        self._spell = spell
        self._bar: tqdm[Any] | None = None

    def say(self, line: str) -> None:
        """Writes one line, above the bar where there is one."""
        if self._stream is not None:
            tqdm.write(self._spell(line), file=self._stream)

    def start(self, done: int, total: int, steps_per_epoch: int, pictures_per_step: int) -> None:
        """Starts counting steps, `done` of `total` being done before."""
        self._step, self._total = done, total
        self._steps_per_epoch = steps_per_epoch
        self._pictures_per_step = pictures_per_step
        self._timed = -1
        self._shown = time.monotonic()
        if self._stream is not None and self._stream.isatty():
            self._bar = tqdm(
                desc="the first step",
                total=total,
                initial=done,
                file=self._stream,
                dynamic_ncols=True,
                mininterval=_BAR_EVERY,
                bar_format="{desc} {bar} {n}/{total} [{elapsed}, {remaining} left{postfix}]",
            )

    def step(self, losses: Mapping[str, Any], steps_per_second: float | None) -> None:
        """Counts one step.

        Args:
          losses: scalars by name, fetched for updates only.
          steps_per_second: in this epoch so far; None before that is known.
        """
        self._step += 1
        self._timed += 1
        now = time.monotonic()
        if self._timed == 0:
            # The first step includes TensorFlow's work on the graph.
            self._began = now
        if self._bar is not None:
            self._bar.update()
        every = _LINE_EVERY if self._bar is None else _BAR_EVERY
        if self._stream is None or (now - self._shown < every and self._step < self._total):
            return
        self._shown = now
        epoch = f"epoch {(self._step - 1) // self._steps_per_epoch + 1}"
        shown = " ".join(f"{_LABELS[k]} {float(losses[k]):.3f}" for k in _LABELS if k in losses)
        if steps_per_second:
            shown += f", {steps_per_second * self._pictures_per_step:.1f} pictures/s"
        if self._bar is not None:
            self._bar.set_description_str(epoch, refresh=False)
            self._bar.set_postfix_str(shown)
            return
        # Includes the ends of epochs, unlike the pictures a second.
        seconds = (now - self._began) / self._timed if self._timed else 0.0
        left = tqdm.format_interval((self._total - self._step) * seconds) if seconds else "?"
        self.say(f"{epoch}, step {self._step}/{self._total}: {shown}, {left} left")

    def stop(self) -> None:
        """Ends the bar, where there is one, on a line of its own."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None


class _EnduringStream:
    """A stream whose reader may disappear, like a closed terminal, without stopping training."""

    def __init__(self, stream: TextIO):
        self._stream = stream

    def write(self, text: str) -> None:
        with contextlib.suppress(OSError):
            self._stream.write(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
