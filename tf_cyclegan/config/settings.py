"""Every setting of a run: one field a knob."""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tf_cyclegan.config import contradictions, intervals
from tf_cyclegan.config.knobs import checked, knob
from tf_cyclegan.config.recipes import RECIPES
from tf_cyclegan.system.errors import UserError

# The tutorial's jitter: pictures are enlarged from 256 to 286 pixels before the crop.
_JITTER = 286 / 256


# Settings that were added later, as they are for runs that were saved before.
_YOUNGER: Mapping[str, Any] = {
    "upsampling": "transposed",
    "attention_mask": False,
    "ema": 0.0,
    "gradient_penalty": 0.0,
    "penalty_at": "real",
    "spectral_norm": False,
    "augment": None,
    "pool_mode": "swap",
}


@dataclass(frozen=True, init=False)
class Config:
    """The settings of one training run: those of a recipe, with any of them replaced.

    `Config(recipe="paper", epochs=100)` is the paper's recipe for 100 epochs; `Config()` is `mini`.

    Raises:
      UserError: there is no such recipe or field, a value is of the wrong type or out of range, or
        two fields contradict each other.
    """

    recipe: str = knob("mini", "named set of values; other settings override it", resumable=True)
    dataset: str = knob(
        "mini_horse2zebra",
        "mini_horse2zebra, earth, earth_relief, a tensorflow-datasets name such as "
        "cycle_gan/horse2zebra, or a folder or .zip with trainA, trainB and, where present, testA, "
        "testB",
    )
    data_dir: str | None = knob(
        None,
        "where tensorflow-datasets keeps its data (default: ~/tensorflow_datasets)",
        resumable=True,
    )
    skip_unreadable: bool = knob(
        False, "leave out pictures that cannot be used, instead of refusing them", resumable=True
    )
    epochs: int = knob(
        40, "total number of epochs, with those before resuming", least=1, resumable=True
    )
    max_steps: int | None = knob(
        None, "stop after this many training steps in total", least=1, resumable=True
    )
    limit_train: int | None = knob(
        None, "train on the first so many pictures of each domain", least=1
    )
    limit_test: int | None = knob(
        None, "use the first so many test pictures of each domain", least=1, resumable=True
    )
    image_size: int = knob(64, "height and width of training pictures, in pixels", least=1)
    load_size: int | None = knob(
        None,
        "size that resize_crop resizes to before cropping, in pixels (default: image_size * 286 / "
        "256, rounded up)",
        least=1,
    )
    interpolation: str = knob(
        "bilinear", "filter for resizing", choices=("nearest", "bilinear", "bicubic")
    )
    preprocess: str = knob(
        "resize_crop",
        "resize_crop: resize to load_size, random crop and flip; crop: random crop and flip; "
        "resize: resize to image_size; none: native size, rounded to what the networks take",
        choices=("resize_crop", "crop", "resize", "none"),
    )
    channels_x: int = knob(3, "channels of domain X (A): 3 for RGB, 1 for greyscale", least=1)
    channels_y: int = knob(3, "channels of domain Y (B)", least=1)
    batch_size: int = knob(1, "pictures of each domain in a step", least=1)
    epoch_length: str = knob(
        "smaller",
        "an epoch is as long as the smaller domain, or as the larger, the other one repeating",
        choices=("smaller", "larger"),
    )
    generator: str = knob(
        "unet",
        "unet: the tutorial's pix2pix U-Net and PatchGAN; resnet: the paper's networks; "
        "resnet_keras: the keras.io example's",
        choices=("unet", "resnet", "resnet_keras"),
    )
    unet_levels: int | None = knob(
        None,
        "downsampling blocks of the U-Net (default: 8 at 256 pixels; to a 4x4 bottleneck at 32, 64 "
        "and 128; otherwise 5 to 8, as often as the size halves)",
        least=2,
        below=12,
    )
    residual_blocks: int | None = knob(
        None,
        "blocks of a ResNet generator (default: 6 up to 128 pixels, else 9)",
        least=1,
        below=101,
    )
    norm: str = knob(
        "instance",
        "normalization in ResNets; instance: each channel by itself; layer: all channels together, "
        "as the weights of the keras.io example need it",
        choices=("instance", "layer"),
    )
    upsampling: str = knob(
        "transposed",
        "how generators enlarge; transposed: convolutions as in the originals; resize: enlargement "
        "and a convolution, which draw no checkerboard",
        choices=("transposed", "resize"),
    )
    attention_mask: bool = knob(
        False,
        "generators give a mask as well as a picture, and keep their input where the mask is 0",
    )
    dropout: float | None = knob(
        None,
        "dropout rate of the generators: in the U-Net's first three upsampling blocks, never the "
        "last (default: 0.5), between the convolutions of residual blocks (default: 0)",
        least=0,
        below=1,
    )
    filters: int = knob(32, "base width of generators and discriminators", least=1)
    networks: str = knob(
        "tf_cyclegan",
        "whose implementation: this package's, or the installed tensorflow_examples'",
        choices=("tf_cyclegan", "tensorflow_examples"),
    )
    init_from: str | None = knob(
        None,
        "start a new run from the networks of another one: its workdir, or one of its checkpoints",
    )
    adversarial_loss: str = knob(
        "lsgan",
        "cross-entropy on logits, least squares, hinge, or Wasserstein with gradient penalty",
        choices=("bce", "lsgan", "hinge", "wgan_gp"),
    )
    gradient_penalty: float = knob(
        0.0, "weight of a zero-centred penalty on the discriminators' gradients; 0: none", least=0
    )
    penalty_at: str = knob(
        "real",
        "where gradient_penalty takes gradients: at real pictures (R1), or between real and "
        "generated ones",
        choices=("real", "between"),
    )
    spectral_norm: bool = knob(
        False, "divide the discriminators' kernels by their largest singular values"
    )
    augment: str | None = knob(
        None,
        "augmentation of what discriminators see, real and generated: some of color, translation, "
        "cutout, with commas",
    )
    cycle_weight: float = knob(
        10.0, "weight of the cycle-consistency loss (lambda in the paper)", least=0
    )
    identity_weight: float = knob(
        0.5, "weight of the identity loss, relative to cycle_weight; 0: none", least=0
    )
    pool_size: int = knob(
        0, "size of the image pool, older fakes for the discriminators; 0: none", least=0
    )
    pool_mode: str = knob(
        "swap",
        "what a discriminator sees of the image pool; swap: an older fake instead of the new one, "
        "half of the time; pair: both",
        choices=("swap", "pair"),
    )
    update_order: str = knob(
        "simultaneous",
        "update all networks from one forward pass, or the discriminators first",
        choices=("simultaneous", "discriminators_first"),
    )
    learning_rate: float = knob(2e-4, "Adam's learning rate", least=0)
    ema: float = knob(
        0.0,
        "decay of the average of the generators' weights that samples, scores, translations and "
        "exports are made with, such as 0.999; 0: no average",
        least=0,
        below=1,
    )
    decay_start: int | None = knob(
        20,
        "epochs of constant learning rate, then linear decay to zero; as many as epochs: none",
        least=0,
    )
    beta_1: float = knob(0.5, "Adam's decay rate of the first moment", least=0, below=1)
    seed: int = knob(0, "of initial weights, shuffling, augmentation and dropout", least=0)
    deterministic: bool = knob(False, "reproducible bit for bit; slower on a GPU", resumable=True)
    precision: str = knob(
        "auto",
        "what the networks compute in; auto: the faster of float32 and bfloat16 on this device",
        choices=("auto", "float32", "bfloat16", "float16"),
        resumable=True,
    )
    xla: bool = knob(
        False, "compile the training step with XLA; the first step takes longer", resumable=True
    )
    recompute: bool = knob(
        False,
        "gradient checkpointing: activations are recomputed, for less memory and more time",
        resumable=True,
    )
    evaluate_every: int | None = knob(
        None, "score every so many epochs, and keep the best checkpoint", least=1, resumable=True
    )
    inception_weights: str | None = knob(
        None,
        "file of Inception-V3's weights: evaluate_every then compares epochs by KID instead of "
        "SWD, where the true translations are unknown",
        resumable=True,
    )
    checkpoint_every: str = knob(
        "1", "save every so many epochs (5), steps (500steps) or minutes (10min)", resumable=True
    )
    max_to_keep: int = knob(3, "number of newest checkpoints to keep", least=1, resumable=True)
    keep_every: int | None = knob(
        None, "save every so many epochs, and keep that for good", least=1, resumable=True
    )

    def __init__(self, /, recipe: str = "mini", **settings: Any):
        """Takes the recipe's values, and `settings` in place of them."""
        if not isinstance(recipe, str) or recipe not in RECIPES:
            raise UserError(f"recipe={str(recipe)[:80]}: choose one of {', '.join(RECIPES)}")
        fields = dataclasses.fields(self)
        if unknown := sorted(set(settings) - {field.name for field in fields}):
            raise UserError(f"no such setting: {', '.join(unknown)}")
        given = {**RECIPES[recipe], **settings, "recipe": recipe}
        for field in fields:
            value = checked(Config, field, given.get(field.name, field.default))
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
    def augmentations(self) -> tuple[str, ...]:
        """The kinds of augmentation, without repetition."""
        named = [name.strip() for name in (self.augment or "").split(",")]
        return tuple(dict.fromkeys(name for name in named if name))

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


def from_recipe(recipe: str, changes: Mapping[str, Any] | None = None) -> Config:
    """The recipe's settings, with `changes` in place of them: `Config(recipe, **changes)`.

    Raises:
      UserError: as `Config`.
    """
    return Config(**{**(changes or {}), "recipe": recipe})


def from_dict(settings: Mapping[str, Any], where: str) -> Config:
    """The Config that these settings were saved of, the recipe's filling the rest.

    Settings that are younger than the file are as if there were none.

    Raises:
      UserError: as `Config`; `where` is named.
    """
    try:
        return Config(**{**_YOUNGER, **settings})
    except UserError as error:
        raise UserError(f"{where}: {error}") from error
