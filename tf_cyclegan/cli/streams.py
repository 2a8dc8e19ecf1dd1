"""Standard input, output and error of a command: missing, full, or without a letter's code."""

import io
import os
import sys
from typing import Any, TextIO

from absl import logging


def prepare() -> None:
    """Makes the standard streams take what a command writes to them; not those of a caller.

    - One that is missing becomes the null device, so that no file that the command opens gets its
      number, and the messages with it.
    - What its encoding lacks, such as a file name's bytes that are not UTF-8, is escaped.
    - Standard error drops what cannot be written: work goes on when its terminal is gone.
    - Standard output raises an OSError at the line that cannot be written, with "standard output"
      as the file's name, and drops the rest.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # The lowest number that is free, which is this one.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    if sys.stdout is sys.__stdout__:
        sys.stdout = _text(_Output(1, "wb", closefd=False), sys.stdout)
    if sys.stderr is sys.__stderr__:
        sys.stderr = _text(_Enduring(2, "wb", closefd=False), sys.stderr)
    # It keeps the stream that there was when absl was imported.
    logging.get_absl_handler().python_handler.setStream(sys.stderr)


class _Output(io.FileIO):
    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except OSError as error:
            # Python writes what is left at exit, and would complain.
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())
            raise OSError(error.errno, error.strerror, "standard output") from error


class _Enduring(io.FileIO):
    def write(self, data: Any) -> int:
        try:
            return super().write(data) or len(data)
        except OSError:
            return len(data)


def _text(raw: io.FileIO, old: TextIO | None) -> io.TextIOWrapper:
    encoding = old.encoding if old else "utf-8"
    # A line at a time, so that nothing is left to be written at exit.
    return io.TextIOWrapper(
        io.BufferedWriter(raw), encoding, errors="backslashreplace", line_buffering=True
    )
