"""Named sets of settings: each the fields that differ from the defaults."""

import types
from collections.abc import Mapping
from typing import Any

_HORSE2ZEBRA_256 = {
    "dataset": "cycle_gan/horse2zebra",
    "image_size": 256,
    "filters": 64,
    "decay_start": None,
}

# No checkerboard, and less noise from step to step (docs/quality.md).
_BETTER = {"upsampling": "resize", "ema": 0.999}

_PAPER = {
    **_HORSE2ZEBRA_256,
    "interpolation": "bicubic",
    "epoch_length": "larger",
    "generator": "resnet",
    "adversarial_loss": "lsgan",
    "pool_size": 50,
    "decay_start": 100,
    "epochs": 200,
}

RECIPES: Mapping[str, Mapping[str, Any]] = types.MappingProxyType(
    {
        # A first run: minutes on a CPU. Only the animals of its drawings have to change.
        "mini": {**_BETTER, "attention_mask": True},
        # What is known since, at the tutorial's size.
        "modern": {
            **_HORSE2ZEBRA_256,
            **_BETTER,
            "interpolation": "bicubic",
            "decay_start": 50,
            "epochs": 100,
        },
        # https://www.tensorflow.org/tutorials/generative/cyclegan
        "tutorial": {
            **_HORSE2ZEBRA_256,
            "interpolation": "nearest",
            "adversarial_loss": "bce",
        },
        # https://arxiv.org/abs/1703.10593 and its PyTorch reference implementation.
        "paper": _PAPER,
        # https://keras.io/examples/generative/cyclegan/ with two defects mended: there, each
        # generator learns from one of the two cycle terms, and the norm is over all channels.
        "keras": {
            **_HORSE2ZEBRA_256,
            "interpolation": "bilinear",
            "generator": "resnet_keras",
            "residual_blocks": 9,
            "adversarial_loss": "lsgan",
            "epochs": 90,
        },
        # The paper on CMP facades, without augmentation or identity loss.
        "facades": {
            **_PAPER,
            "dataset": "cycle_gan/facades",
            "interpolation": "bilinear",
            "preprocess": "resize",
            "load_size": 256,
            "identity_weight": 0.0,
            "update_order": "discriminators_first",
            "pool_mode": "pair",
        },
    }
)
