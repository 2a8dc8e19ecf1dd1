"""The settings of a run: every field once, the recipes, what contradicts what, JSON.

Standard library only, so that a mistake on the command line is answered at once.
"""

from tf_cyclegan.config.recipes import RECIPES
from tf_cyclegan.config.settings import Config, from_recipe

__all__ = ["RECIPES", "Config", "from_recipe"]
