"""What the scripts share: flags made from Config, and errors told in one line."""

import contextlib
import gc
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from absl import app, flags, logging

from tf_cyclegan import config as configs
from tf_cyclegan import config_file, recipes
from tf_cyclegan.config import Config
from tf_cyclegan.errors import UserError

FLAGS = flags.FLAGS

_DEFINE = {
    str: flags.DEFINE_string,
    int: flags.DEFINE_integer,
    float: flags.DEFINE_float,
    bool: flags.DEFINE_boolean,
}


def define_config_flags() -> None:
    """Defines a flag for each field of Config. Unset ones leave the recipe's value."""
    for field in fields(Config):
        kind, _ = configs.field_type(field.name)
        meaning, choices = field.metadata["meaning"], field.metadata["choices"]
        choices = tuple(recipes.RECIPES) if field.name == "recipe" else choices
        listed = f": {', '.join(choices)}" if choices else ""
        defaults = [
            f"{recipe} {getattr(recipes.from_recipe(recipe), field.name)}"
            for recipe in recipes.RECIPES
        ]
        values = "" if field.name == "recipe" else f" [{'; '.join(defaults)}]"
        _DEFINE[kind](field.name, None, f"{meaning}{listed}{values}")
    flags.DEFINE_string("workdir", None, "where the run is kept (default: runs/RECIPE)")


def config_from_flags() -> tuple[Config, Path]:
    """The settings and the workdir that the command line asks for.

    A workdir that holds a run gives its settings, so that they need not be repeated.
    """
    changes: dict[str, Any] = {
        field.name: FLAGS[field.name].value
        for field in fields(Config)
        if field.name != "recipe" and FLAGS[field.name].value is not None
    }
    if "dataset" in changes:
        changes["dataset"] = located(changes["dataset"])
    workdir = Path(FLAGS.workdir or f"runs/{FLAGS.recipe or 'mini'}")
    if any((workdir / "checkpoints").rglob("*.index")):
        config = recipes.continued(_stored(workdir), FLAGS.recipe, changes)
    else:
        config = recipes.from_recipe(FLAGS.recipe or "mini", changes)
    return config, workdir


def _stored(workdir: Path) -> Config:
    """The settings of a run: those of its file, or where that is damaged, of its checkpoints."""
    try:
        return config_file.read_json(workdir / config_file.CONFIG_FILE)
    except UserError as error:
        with importing_tensorflow():
            from tf_cyclegan import checkpoint_files

        checkpoint, _ = checkpoint_files.newest_whole(workdir)
        config = checkpoint_files.config_in(checkpoint)
        print(f"{error}; going on with the settings in {checkpoint}", file=sys.stderr)
        return config


def located(dataset: str) -> str:
    """The data set, a path as an absolute one, so that the run finds it again from any folder."""
    path = Path(dataset)
    return str(path.resolve()) if path.exists() else dataset


def run(main: Callable[[], None]) -> None:
    """Parses the flags and runs `main`, telling a user's mistake in one line with exit status 1."""
    app.run(lambda _: _run(main), flags_parser=_parse)


def _run(main: Callable[[], None]) -> None:
    if not FLAGS["verbosity"].present:
        # TensorFlow notes each save at the level that absl shows by default.
        logging.set_verbosity(logging.WARNING)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        main()
    except UserError as error:
        _fail(str(error))
    except KeyboardInterrupt as error:
        number = error.args[0] if error.args else signal.SIGINT
        print("\nStopped. What was saved is kept; the same command goes on.", file=sys.stderr)
        sys.exit(128 + number)
    except OSError as error:
        if error.filename is None:
            raise
        _fail(f"{error.filename}: {error.strerror}")


def _interrupt(number: int, _: FrameType | None) -> NoReturn:
    """Lets SIGTERM clean up as SIGINT does: what is half written is removed."""
    raise KeyboardInterrupt(number)


def _parse(argv: list[str]) -> list[str]:
    try:
        rest = FLAGS(argv)
        if len(rest) > 1:
            _fail(f"{rest[1]!r} is not a flag; flags are written --name=value (see --help)")
        return rest
    except flags.Error as error:
        _fail(f"{error} (see --help)")


def _fail(message: str) -> NoReturn:
    name = Path(sys.argv[0]).name
    print(f"{name}: error: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(1)


@contextlib.contextmanager
def importing_tensorflow() -> Iterator[None]:
    """While TensorFlow is imported: in four fifths of the time, and without its start-up notes."""
    with _quiet_tensorflow(), _without_matplotlib(), _without_garbage_collection():
        yield


@contextlib.contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """What is imported stays: looking through it again and again finds nothing."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@contextlib.contextmanager
def _without_matplotlib() -> Iterator[None]:
    """Keras imports it where it is there, for functions that draw, which nothing here calls."""
    if "matplotlib" in sys.modules:
        yield
        return
    sys.modules["matplotlib"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules["matplotlib"]


@contextlib.contextmanager
def _quiet_tensorflow() -> Iterator[None]:
    """TensorFlow's start-up notes go nowhere, unless the import fails.

    It writes them past Python, before any setting of its own can hold them back.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # The user's own Keras settings may name another backend.
    os.environ["KERAS_BACKEND"] = "tensorflow"
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as notes:
        os.dup2(notes.fileno(), 2)
        try:
            yield
        except BaseException:
            notes.seek(0)
            os.write(stderr, notes.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
