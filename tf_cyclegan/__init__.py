"""CycleGANs in TensorFlow: unpaired image-to-image translation."""

from tf_cyclegan.config import Config
from tf_cyclegan.errors import UserError
from tf_cyclegan.recipes import RECIPES, from_recipe

__all__ = ["RECIPES", "Config", "CycleGAN", "Translator", "UserError", "from_recipe", "train"]
__version__ = "0.1.0"

# What needs TensorFlow is imported when it is asked for: that takes seconds, and a mistake on the
# command line is to be answered before.
_LAZY = {
    "CycleGAN": "tf_cyclegan.cyclegan",
    "Translator": "tf_cyclegan.generation",
    "train": "tf_cyclegan.training",
}


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_LAZY[name]), name)
