"""Every setting of a run: one field a knob."""

import dataclasses
import functools
import math
import reprlib
import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args, get_type_hints

from tf_cyclegan.config import contradictions, intervals
from tf_cyclegan.config.recipes import RECIPES
from tf_cyclegan.system.errors import UserError

_INT32_MAX = 2**31 - 1

# The tutorial's jitter: pictures are enlarged from 256 to 286 pixels before the crop.
_JITTER = 286 / 256


def _knob(
    default: Any,
    meaning: str,
    *,
    choices: tuple[str, ...] = (),
    least: float | None = None,
    below: float | None = None,
    resumable: bool = False,
) -> Any:
    """A field with its meaning. `resumable`: a run may be resumed with another value."""
    metadata = {
        "meaning": meaning,
        "choices": choices,
        "least": least,
        "below": below,
        "resumable": resumable,
    }
    return dataclasses.field(default=default, metadata=metadata)


@dataclass(frozen=True, init=False)
class Config:
    """The settings of one training run: those of a recipe, with any of them replaced.

    `Config(recipe="paper", epochs=100)` is the paper's recipe for 100 epochs; `Config()` is `mini`.

    Raises:
      UserError: there is no such recipe or field, a value is of the wrong type or out of range, or
        two fields contradict each other.
    """

    recipe: str = _knob("mini", "the recipe that the other settings start from", resumable=True)
    dataset: str = _knob(
        "mini_horse2zebra",
        "mini_horse2zebra, a tensorflow-datasets name such as cycle_gan/horse2zebra, or the path "
        "of a folder or .zip with trainA, trainB, testA, testB",
    )
    data_dir: str | None = _knob(
        None,
        "where tensorflow-datasets keeps its data (default: ~/tensorflow_datasets)",
        resumable=True,
    )
    skip_unreadable: bool = _knob(
        False,
        "go on without the pictures that cannot be used, instead of ending with a list of them",
        resumable=True,
    )
    epochs: int = _knob(40, "passes over the data, in all", least=1, resumable=True)
    max_steps: int | None = _knob(
        None, "end the run after so many steps in all", least=1, resumable=True
    )
    limit_train: int | None = _knob(
        None, "train on the first so many pictures of each domain", least=1
    )
    limit_test: int | None = _knob(
        None, "use the first so many test pictures of each domain", least=1, resumable=True
    )
    image_size: int = _knob(64, "height and width that the networks train on, in pixels", least=1)
    load_size: int | None = _knob(
        None,
        "what resize_crop resizes pictures to before the crop, in pixels "
        "(default: image_size * 286 / 256, rounded up)",
        least=1,
    )
    interpolation: str = _knob(
        "bilinear", "how pictures are resized", choices=("nearest", "bilinear", "bicubic")
    )
    preprocess: str = _knob(
        "resize_crop",
        "resize_crop: resize to load_size, random crop, random mirroring; crop: the same without "
        "the resizing; resize: resize to image_size, nothing random; none: each picture in its own "
        "size, rounded to what the networks take",
        choices=("resize_crop", "crop", "resize", "none"),
    )
    channels_x: int = _knob(3, "channels of domain X (A): 3 for colour, 1 for grey", least=1)
    channels_y: int = _knob(3, "channels of domain Y (B)", least=1)
    batch_size: int = _knob(1, "pictures of each domain in one step", least=1)
    epoch_length: str = _knob(
        "smaller",
        "how long an epoch is: as the smaller domain, or as the larger, while the other wraps",
        choices=("smaller", "larger"),
    )
    generator: str = _knob(
        "unet",
        "unet: the tutorial's U-Net and PatchGAN; resnet: the paper's; resnet_keras: the keras.io "
        "example's",
        choices=("unet", "resnet", "resnet_keras"),
    )
    unet_levels: int | None = _knob(
        None,
        "how often a unet generator halves a picture (default: 8 at 256 pixels; down to 4x4 at 32, "
        "64 and 128; at others as often as it can, 5 to 8 times)",
        least=2,
        below=12,
    )
    residual_blocks: int | None = _knob(
        None, "of a resnet generator (default: 6 up to 128 pixels, else 9)", least=1
    )
    dropout: float | None = _knob(
        None,
        "share of values that generators drop in training: in a U-Net's first three up blocks, "
        "never the last (default: 0.5), in a ResNet's blocks between the convolutions (default: 0)",
        least=0,
        below=1,
    )
    filters: int = _knob(32, "base width of generators and discriminators", least=1)
    networks: str = _knob(
        "tf_cyclegan",
        "where the networks come from: this package, or the installed tensorflow_examples",
        choices=("tf_cyclegan", "tensorflow_examples"),
    )
    adversarial_loss: str = _knob(
        "lsgan",
        "bce on logits, least squares, hinge, or Wasserstein with gradient penalty",
        choices=("bce", "lsgan", "hinge", "wgan_gp"),
    )
    cycle_weight: float = _knob(10.0, "weight of the cycle loss (lambda in the paper)", least=0)
    identity_weight: float = _knob(
        0.5, "weight of the identity loss, times cycle_weight; 0 leaves it out", least=0
    )
    pool_size: int = _knob(
        0, "how many older fakes are kept for the discriminators; 0 for none", least=0
    )
    update_order: str = _knob(
        "simultaneous",
        "whether all networks learn from one pass, or the discriminators before the generators",
        choices=("simultaneous", "discriminators_first"),
    )
    learning_rate: float = _knob(2e-4, "Adam's learning rate", least=0)
    decay_start: int | None = _knob(
        20,
        "epochs after which the learning rate goes down, linearly to zero at the end; as many as "
        "epochs: never",
        least=0,
    )
    beta_1: float = _knob(0.5, "Adam's decay rate for the mean of the gradients", least=0, below=1)
    seed: int = _knob(0, "first weights, order of the pictures, jitter and dropout", least=0)
    deterministic: bool = _knob(
        False, "the same numbers bit for bit on every run, slower on a GPU", resumable=True
    )
    precision: str = _knob(
        "auto",
        "what the networks compute in; auto takes the fastest of float32 and bfloat16 for the "
        "device",
        choices=("auto", "float32", "bfloat16", "float16"),
        resumable=True,
    )
    xla: bool = _knob(
        False, "compile the training step with XLA, which takes a while at first", resumable=True
    )
    recompute: bool = _knob(
        False,
        "for large pictures: each network's pass is computed twice, which takes less memory and "
        "more time",
        resumable=True,
    )
    evaluate_every: int | None = _knob(
        None,
        "score after each so many epochs, and keep the best checkpoint",
        least=1,
        resumable=True,
    )
    inception_weights: str | None = _knob(
        None,
        "a file of Inception-V3's weights, for scores of sets other than the drawings (default: "
        "keras.applications')",
        resumable=True,
    )
    checkpoint_every: str = _knob(
        "1", "save after so many epochs (5), steps (500steps) or minutes (10min)", resumable=True
    )
    max_to_keep: int = _knob(3, "keep so many of the newest checkpoints", least=1, resumable=True)
    keep_every: int | None = _knob(
        None, "save after each so many epochs, and keep that for good", least=1, resumable=True
    )

    def __init__(self, recipe: str = "mini", **settings: Any):
        """Takes the recipe's values, and `settings` in place of them."""
        if not isinstance(recipe, str) or recipe not in RECIPES:
            raise UserError(f"recipe={str(recipe)[:80]}: choose one of {', '.join(RECIPES)}")
        fields = dataclasses.fields(self)
        if unknown := sorted(set(settings) - {field.name for field in fields}):
            raise UserError(f"no such setting: {', '.join(unknown)}")
        given = {**RECIPES[recipe], **settings, "recipe": recipe}
        for field in fields:
            value = _checked(field, given.get(field.name, field.default))
            object.__setattr__(self, field.name, value)
        intervals.parse(self.checkpoint_every, "checkpoint_every")
        contradictions.refuse(self)

    @property
    def size_multiple(self) -> int:
        """What heights and widths of pictures must be multiples of, in pixels."""
        if self.generator != "unet":
            return 4
        if self.networks == "tensorflow_examples":
            return 256
        return 2**self.unet_depth

    @property
    def unet_depth(self) -> int:
        """How often the U-Net halves a picture.

        At 256 pixels the last map is one pixel, as in the tutorial, of which the norm makes
        nothing. Below that the U-Net ends at 4x4: the levels under it have most of the kernels, and
        the drawings are translated as well without (docs/quality.md).
        """
        if self.unet_levels is not None:
            return self.unet_levels
        twos = (self.image_size & -self.image_size).bit_length() - 1
        if self.image_size == 2**twos < 256:
            return max(2, twos - 2)
        return min(8, max(5, twos))

    def channels(self, domain: str) -> int:
        """Channels of the pictures of domain A or B."""
        return self.channels_x if domain == "A" else self.channels_y

    @property
    def blocks(self) -> int:
        """Residual blocks of a resnet generator."""
        return self.residual_blocks or (6 if self.image_size <= 128 else 9)

    @property
    def dropout_rate(self) -> float:
        """Share of values that the generators drop in training."""
        if self.dropout is not None:
            return self.dropout
        return 0.5 if self.generator == "unet" else 0.0

    @property
    def resize_to(self) -> int:
        """Height and width before the random crop, in pixels."""
        if self.load_size is not None:
            return self.load_size
        return math.ceil(self.image_size * _JITTER)

    def to_dict(self) -> dict[str, Any]:
        """Every field by name, ready for JSON."""
        return dataclasses.asdict(self)


_TYPE_NAMES = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}


@functools.cache
def field_type(name: str) -> tuple[type, bool]:
    """The plain type of a Config field, and whether it may be None."""
    hint = get_type_hints(Config)[name]
    if isinstance(hint, types.UnionType):
        return get_args(hint)[0], True
    return hint, False


def _checked(field: dataclasses.Field[Any], value: Any) -> Any:
    """The value as the field holds it.

    Raises:
      UserError: it is of another type or out of the field's range.
    """
    name, limits = field.name, field.metadata
    kind, optional = field_type(name)
    if value is None and optional:
        return None
    if kind in (int, float) and type(value) is int and abs(value) > _INT32_MAX:
        raise UserError(f"{name}: give a number of {_INT32_MAX} or less")
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind:
        raise UserError(f"{name} takes {_TYPE_NAMES[kind]}, not {reprlib.repr(value)}")
    if limits["choices"] and value not in limits["choices"]:
        raise UserError(f"{name}={value}: choose one of {', '.join(limits['choices'])}")
    if isinstance(value, float) and not math.isfinite(value):
        raise UserError(f"{name}={value}: give a finite number")
    if limits["least"] is not None and value < limits["least"]:
        raise UserError(f"{name}={value}: give {limits['least']} or more")
    if limits["below"] is not None and value >= limits["below"]:
        raise UserError(f"{name}={value}: give less than {limits['below']}")
    return value


def from_recipe(recipe: str, changes: Mapping[str, Any] | None = None) -> Config:
    """The recipe's settings, with `changes` in place of them: `Config(recipe, **changes)`.

    Raises:
      UserError: as `Config`.
    """
    return Config(**{**(changes or {}), "recipe": recipe})


def from_dict(settings: Mapping[str, Any], where: str) -> Config:
    """The Config with these settings, the recipe's filling the rest.

    Raises:
      UserError: as `Config`; `where` is named.
    """
    try:
        return Config(**settings)
    except UserError as error:
        raise UserError(f"{where}: {error}") from error
