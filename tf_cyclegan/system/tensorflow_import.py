"""Importing TensorFlow and Keras: with the right backend, without start-up messages."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator

# TensorFlow's native code writes these lines during the import, past TF_CPP_MIN_LOG_LEVEL. Another
# process filters them, so that the message of a native crash still gets through.
_FILTER = r"""
import re, sys
hidden = re.compile(
    rb"WARNING: All log messages before absl::InitializeLog|I0000 |To enable the following instr"
    rb"|(E0000|\S+ \S+ E external/local_xla/) ?.*(Unable to register cu|failed call to cuInit)"
)
for line in sys.stdin.buffer:
    if not hidden.match(line):
        sys.stderr.buffer.write(line)
        sys.stderr.buffer.flush()
"""


def choose_backend() -> None:
    """Makes Keras use TensorFlow, whatever keras.json or KERAS_BACKEND say.

    Raises:
      ImportError: Keras is already imported with another backend.
    """
    keras = sys.modules.get("keras")
    if keras is None:
        os.environ["KERAS_BACKEND"] = "tensorflow"
    # Keras has no `config` yet while it is being imported.
    elif hasattr(keras, "config") and (backend := keras.config.backend()) != "tensorflow":
        raise ImportError(
            f"tf_cyclegan needs Keras with the backend tensorflow, but Keras was imported with "
            f"{backend}: import tf_cyclegan first, or set KERAS_BACKEND=tensorflow"
        )


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """A context that imports TensorFlow and hides its start-up messages, and those only."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # Without a standard error its number may be another file's.
    if "tensorflow" in sys.modules or sys.stderr is None:
        yield
        return
    try:
        stderr = os.dup(2)
    except OSError:  # It was closed meanwhile.
        yield
        return
    sys.stderr.flush()
    # -I, -S: keep the user's site and folder out of its imports.
    command = [sys.executable, "-I", "-S", "-c", _FILTER]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as filtering:
        assert filtering.stdin is not None
        os.dup2(filtering.stdin.fileno(), 2)
        try:
            yield
            import tensorflow as tf

            # Looking for GPUs writes messages too.
            tf.config.list_physical_devices()
        finally:
            sys.stderr.flush()
            os.dup2(stderr, 2)
            os.close(stderr)
