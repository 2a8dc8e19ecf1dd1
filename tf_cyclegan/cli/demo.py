"""demo: serves a page to try trained runs in the browser."""

import errno
import importlib.util
import os
import signal
import socket
import sys
import tempfile
import webbrowser
from pathlib import Path
from typing import NoReturn

from absl import flags, logging

from tf_cyclegan.cli.help_text import Usage
from tf_cyclegan.cli.running import run
from tf_cyclegan.system import tensorflow_import
from tf_cyclegan.system.errors import UserError

_WORKDIR = flags.DEFINE_multi_string(
    "workdir", [], "a trained run (default: all under runs/, the newest first)"
)
_HOST = flags.DEFINE_string(
    "host", "127.0.0.1", "the address to serve at; others than this computer's own let others in"
)
_PORT = flags.DEFINE_integer(
    "port", None, "the port to serve at (default: 7860, or the next free one)", 1, 65535
)
_MAX_UPLOAD_MB = flags.DEFINE_integer("max_upload_mb", 20, "refuse larger files, in MB", 1)
_BROWSER = flags.DEFINE_bool("browser", False, "open the page in the browser")

_FIRST_PORT, _PORTS = 7860, 100


def main() -> None:
    if importlib.util.find_spec("gradio") is None:
        raise UserError(
            "the demo needs Gradio, which is not installed: python -m pip install "
            "'tf_cyclegan[demo]'"
        )
    if not flags.FLAGS["verbosity"].present:
        # TensorFlow warns of pictures of many sizes.
        logging.set_verbosity(logging.ERROR)
    try:
        _serve(_HOST.value, _free_port(_HOST.value, _PORT.value))
    except KeyboardInterrupt as interruption:
        print("\nStopped.", file=sys.stderr, flush=True)
        # TensorFlow's end takes seconds, in which another Ctrl-C would leave a trace.
        os._exit(128 + (interruption.args[0] if interruption.args else signal.SIGINT))


def _serve(host: str, port: int) -> NoReturn:
    # What is uploaded and translated goes with the page.
    with tempfile.TemporaryDirectory(prefix="tf_cyclegan-demo-") as folder:
        _keep_to_itself(folder)
        with tensorflow_import.quiet():
            from tf_cyclegan.translation import demo, trained_runs

        workdirs = [Path(workdir) for workdir in _WORKDIR.value] or trained_runs.find(Path("runs"))
        if not workdirs:
            raise UserError(
                "runs: holds no trained model; python scripts/train.py --epochs=40 trains one (or "
                "name its --workdir)"
            )
        runs = trained_runs.TrainedRuns(workdirs)
        for name in runs.names:
            runs.checkpoints(name)
        url = demo.launch(demo.build(runs), host, port, _MAX_UPLOAD_MB.value)
        print(f"{', '.join(runs.names)}: {url} (Ctrl-C stops)", flush=True)
        if _BROWSER.value:
            webbrowser.open(url)
        while True:
            signal.pause()


def _keep_to_itself(folder: str) -> None:
    """Settings of Gradio, before it is imported: no network, nothing kept."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["GRADIO_RUN_HISTORY"] = "False"
    os.environ["GRADIO_TEMP_DIR"] = folder
    # It asks its own server whether it runs, and would ask through a proxy.
    for name in ("NO_PROXY", "no_proxy"):
        os.environ[name] = ",".join(filter(None, [os.environ.get(name), "localhost,127.0.0.1"]))


def _free_port(host: str, port: int | None) -> int:
    """The port that is asked for, or the first that is free.

    Raises:
      UserError: it is in use, or the host is not this computer's.
    """
    ports = range(_FIRST_PORT, _FIRST_PORT + _PORTS) if port is None else [port]
    for each in ports:
        try:
            with socket.create_server((host, each)):
                return each
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise UserError(
                    f"host={host}, port={each}: cannot be served at ({error.strerror})"
                ) from error
    raise UserError(f"port={ports[0]}: is in use; give another port")


def command() -> None:
    """Runs it."""
    run(
        main,
        Usage(
            "Serves a page to try trained runs in the browser.",
            (
                "python scripts/demo.py",
                "python scripts/demo.py --workdir=runs/photos --port=8000 --browser",
            ),
            {
                "The runs": ("workdir",),
                "The page": ("host", "port", "max_upload_mb", "browser"),
            },
        ),
    )
