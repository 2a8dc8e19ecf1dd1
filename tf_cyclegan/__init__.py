"""CycleGANs in TensorFlow: unpaired image-to-image translation."""

import importlib
import sys

from tf_cyclegan.config import RECIPES, Config, from_recipe
from tf_cyclegan.system import tensorflow_import
from tf_cyclegan.system.errors import UserError

__all__ = ["RECIPES", "Config", "CycleGAN", "Translator", "UserError", "from_recipe", "train"]
__version__ = "0.1.0"

# What needs TensorFlow is imported when it is asked for: that takes seconds, and a mistake on the
# command line is to be answered before.
_LAZY = {
    "CycleGAN": "tf_cyclegan.model.cyclegan",
    "Translator": "tf_cyclegan.translation.translator",
    "train": "tf_cyclegan.training.train",
}

tensorflow_import.choose_backend()
if "keras" in sys.modules:
    # After `import keras`, which takes the seconds, its load_model knows exported generators.
    importlib.import_module("tf_cyclegan.translation.export.registration")


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    with tensorflow_import.quiet():
        value = getattr(importlib.import_module(_LAZY[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
