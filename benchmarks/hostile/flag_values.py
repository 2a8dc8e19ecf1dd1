"""Values for the flags of each command: right ones, borderline ones, and absurd ones."""

import os
import random
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tf_cyclegan.config import RECIPES


class Values(NamedTuple):
    """Those of one flag; None stands for the flag alone, such as --xla, or for --noxla."""

    plausible: Sequence[str | None]
    absurd: Sequence[str | None]


_ANY = ("", " ", "nan", "ünï→", "a\nb", "%s{0}", os.fsdecode(b"\xff"), None)
_NUMBERS = ("0", "-1", "1000000000", "1e9", "inf", "-0.5", "0x10", "٣", "9" * 5000, *_ANY)
# Relative to a folder that random_flags makes: file.txt and pipe are no folders, empty has nothing.
_PATHS = ("nothere", "file.txt", "file.txt/x", "empty", "pipe", "x" * 300, ".", *_ANY)


def _number(*plausible: str) -> Values:
    return Values(plausible, _NUMBERS)


def _choice(*plausible: str) -> Values:
    return Values(plausible, ("best", plausible[0].upper(), f"{plausible[0]},", *_ANY))


def _path(*plausible: str) -> Values:
    return Values(plausible, _PATHS)


_SWITCH = Values((None, "true", "false", "no"), ("maybe", "-1", "2", *_ANY))
# Words that are no flag of ours.
_OTHERS = (
    *("word", "-", "--", "", "-x", "--unknown=3", "--ünknown", "--verbosity=9", "--verbosity=nan"),
    *(
        "--flagfile=nothere",
        "--flagfile=file.txt",
        "--flagfile=",
        "--undefok=epochs",
        "--logtostderr",
    ),
)
_RUN = {
    # The networks of the second one have averages.
    "workdir": _path("run", "averaged", "./run/", "run/../run"),
    "checkpoint": Values(("3", "best"), ("ckpt-3", "03", "run/checkpoints/ckpt-3", *_NUMBERS)),
    "direction": _choice("AtoB", "BtoA"),
    "split": _choice("test", "train"),
    "dataset": _path("photos", "photos.zip", "mini_horse2zebra", "cycle_gan/horse2zebra"),
    "limit": _number("1", "2"),
    "weights": _choice("ema", "live"),
}
# Those of a command that takes no set of pictures.
_RUN_ALONE = {name: _RUN[name] for name in ("workdir", "checkpoint", "direction", "weights")}
_TRANSLATING = {
    "output": _path("new", "deep/er", "ünï→"),
    "work_size": Values(("input", "train", "32", "40"), ("Input", *_NUMBERS)),
    "precision": _choice("float32", "bfloat16"),
}
FLAGS: Mapping[str, Mapping[str, Values]] = {
    "train": {
        "recipe": _choice(*RECIPES),
        "workdir": _path("new", "deep/er", "ünï→", "run", "photos"),
        "dataset": _path("photos", "photos.zip", "mini_horse2zebra", "cycle_gan/horse2zebra"),
        "data_dir": _path("empty"),
        "init_from": _path("run", "net.safetensors"),
        "skip_unreadable": _SWITCH,
        "epochs": _number("1", "2", "3"),
        "max_steps": _number("1", "2", "7"),
        "limit_train": _number("1", "3"),
        "limit_test": _number("1"),
        "image_size": _number("32", "48", "64", "36", "31"),
        "load_size": _number("32", "36", "33", "31"),
        "interpolation": _choice("nearest", "bilinear", "bicubic"),
        "preprocess": _choice("resize_crop", "crop", "resize", "none"),
        "channels_x": _number("1", "3", "2"),
        "channels_y": _number("1", "3", "4"),
        "batch_size": _number("2", "3", "6"),
        "epoch_length": _choice("smaller", "larger"),
        "generator": _choice("unet", "resnet", "resnet_keras"),
        "unet_levels": _number("2", "5", "11", "12"),
        "residual_blocks": _number("1", "2"),
        "norm": _choice("instance", "layer"),
        "upsampling": _choice("transposed", "resize"),
        "attention_mask": _SWITCH,
        "dropout": _number("0", "0.5", "1", "0.999999"),
        "filters": _number("1", "2", "3"),
        "networks": _choice("tf_cyclegan", "tensorflow_examples"),
        "adversarial_loss": _choice("bce", "lsgan", "hinge", "wgan_gp"),
        "gradient_penalty": _number("0", "1", "10", "1e300"),
        "penalty_at": _choice("real", "between"),
        "spectral_norm": _SWITCH,
        "augment": Values(
            ("color", "color,translation,cutout", "cutout, cutout", "translation,"),
            ("colour", "Color", ",", "color,blur", "color;cutout", *_ANY),
        ),
        "cycle_weight": _number("10", "0", "1e-300", "1e300"),
        "identity_weight": _number("0.5", "0"),
        "pool_size": _number("0", "1", "50"),
        "pool_mode": _choice("swap", "pair"),
        "update_order": _choice("simultaneous", "discriminators_first"),
        "learning_rate": _number("2e-4", "0", "1e-30"),
        "ema": _number("0", "0.9", "0.999999", "1"),
        "decay_start": _number("0", "1", "40"),
        "beta_1": _number("0", "0.9", "1", "0.9999999999"),
        "seed": _number("0", "2147483647", "2147483648"),
        "deterministic": _SWITCH,
        "precision": _choice("auto", "float32", "bfloat16", "float16"),
        "xla": _SWITCH,
        "recompute": _SWITCH,
        "evaluate_every": _number("1", "2"),
        "inception_weights": _path(),
        "checkpoint_every": Values(
            ("1", "2epochs", "1steps", "1min", "999999999"), ("0steps", "steps", "1hour", *_NUMBERS)
        ),
        "max_to_keep": _number("1", "2"),
        "keep_every": _number("1", "2"),
    },
    "generate": {**_RUN, **_TRANSLATING, "skip_unreadable": _SWITCH},
    # The same command, for files.
    "generate_files": {
        "input": _path("photos", "photos/testA", "photos/*/*0.png", "photos/testA/00000.png"),
        **_RUN_ALONE,
        **_TRANSLATING,
        "format": _choice("png", "jpeg", "webp", "same"),
        "frames": _SWITCH,
        "overwrite": _SWITCH,
        "split": _choice("test"),
    },
    "export": {
        **_RUN_ALONE,
        "format": _choice("keras", "saved_model", "onnx", "litert"),
        "quantize": _choice("float16", "int8"),
        "licence": Values(("cc-by-4.0", "mine: ask me"), _ANY),
        "output": _path("new", "deep/er", "ünï→"),
        "limit": _number("1"),
    },
    "evaluate": {
        **_RUN,
        "paired": _SWITCH,
        "inception": _SWITCH,
        "inception_weights": _path(),
        "json": _path("new.json", "deep/er.json", "ünï→"),
    },
    "import_weights": {
        "from": _path("net.safetensors"),
        "from_f": _path("net.safetensors"),
        "workdir": _path("new", "deep/er", "ünï→", "run", "photos"),
        "dataset": _path("photos", "photos.zip"),
        "image_size": _number("32", "36", "33", "256"),
        "norm": _choice("instance", "layer"),
    },
}


def draw(command: str, rng: random.Random) -> list[str]:
    """One to six flags, one of them now and then given twice; a few of the values are absurd."""
    flags = FLAGS[command]
    names = rng.sample(sorted(flags), rng.randint(1, min(6, len(flags))))
    if rng.random() < 0.1:
        names.append(names[0])
    arguments: list[str] = []
    for name in names:
        absurd = rng.random() < 0.15 or not flags[name].plausible
        value = rng.choice(flags[name].absurd if absurd else flags[name].plausible)
        if value is None:
            arguments.append(rng.choice((f"--{name}", f"--no{name}")))
        else:
            arguments += rng.choice(
                (
                    *(3 * [[f"--{name}={value}"]]),
                    [f"-{name}={value}"],
                    [f"--{name}", value],
                )
            )
    if rng.random() < 0.1:
        arguments.insert(rng.randint(0, len(arguments)), rng.choice(_OTHERS))
    return arguments
