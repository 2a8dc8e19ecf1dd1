"""Importing TensorFlow and Keras: on the right backend, and without their start-up notes."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator

# Lines that TensorFlow writes past Python and past TF_CPP_MIN_LOG_LEVEL while it is imported. They
# are filtered in another process, so that the message of a native crash still comes through.
_FILTER = r"""
import re, sys
notes = re.compile(
    rb"WARNING: All log messages before absl::InitializeLog|I0000 |To enable the following instr"
    rb"|E0000 .*(Unable to register cu|failed call to cuInit)"
)
for line in sys.stdin.buffer:
    if not notes.match(line):
        sys.stderr.buffer.write(line)
        sys.stderr.buffer.flush()
"""


def choose_backend() -> None:
    """Makes Keras use TensorFlow, whatever the user's keras.json or KERAS_BACKEND say.

    Raises:
      ImportError: Keras is imported already, with another backend.
    """
    keras = sys.modules.get("keras")
    if keras is None:
        os.environ["KERAS_BACKEND"] = "tensorflow"
    # While Keras itself is being imported it has no `config` yet.
    elif hasattr(keras, "config") and (backend := keras.config.backend()) != "tensorflow":
        raise ImportError(
            f"tf_cyclegan needs Keras with the backend tensorflow, but keras was imported with "
            f"{backend}: import tf_cyclegan first, or set KERAS_BACKEND=tensorflow"
        )


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Within it TensorFlow is imported without its start-up notes. All else is shown."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    if "tensorflow" in sys.modules:
        yield
        return
    try:
        stderr = os.dup(2)
    except OSError:  # It is closed: nothing is shown anyway.
        yield
        return
    sys.stderr.flush()
    # -I, -S: nothing of the user's site or folder is imported there.
    command = [sys.executable, "-I", "-S", "-c", _FILTER]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as kept:
        assert kept.stdin is not None
        os.dup2(kept.stdin.fileno(), 2)
        try:
            yield
            import tensorflow as tf

            # Looking for GPUs has notes of its own.
            tf.config.list_physical_devices()
        finally:
            sys.stderr.flush()
            os.dup2(stderr, 2)
            os.close(stderr)
