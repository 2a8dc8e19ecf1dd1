"""Every setting of a run: one field a knob, and which settings contradict each other."""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tf_cyclegan.config import intervals
from tf_cyclegan.config.knobs import checked, knob
from tf_cyclegan.config.recipes import RECIPES
from tf_cyclegan.system.errors import UserError

# The tutorial's jitter: pictures are enlarged from 256 to 286 pixels before the crop.
_JITTER = 286 / 256


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
        "mini_horse2zebra, a tensorflow-datasets name such as cycle_gan/horse2zebra, or a folder "
        "or .zip with trainA, trainB and, where present, testA, testB",
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
    cycle_weight: float = knob(
        10.0, "weight of the cycle-consistency loss (lambda in the paper)", least=0
    )
    identity_weight: float = knob(
        0.5, "weight of the identity loss, relative to cycle_weight; 0: none", least=0
    )
    pool_size: int = knob(
        0, "size of the image pool, older fakes for the discriminators; 0: none", least=0
    )
    update_order: str = knob(
        "simultaneous",
        "update all networks from one forward pass, or the discriminators first",
        choices=("simultaneous", "discriminators_first"),
    )
    learning_rate: float = knob(2e-4, "Adam's learning rate", least=0)
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
        "file of Inception-V3's weights, to score other sets than the drawn one (default: "
        "keras.applications')",
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
        _refuse_contradictions(self)

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


def _refuse_contradictions(config: Config) -> None:
    """Raises UserError for settings that cannot go together, naming both."""
    _check_networks(config)
    _check_tensorflow_examples(config)
    _check_sizes(config)
    _check_native_sizes(config)
    _check_losses(config)


def _check_networks(config: Config) -> None:
    for name, kind in (("residual_blocks", "resnet"), ("unet_levels", "unet")):
        value = getattr(config, name)
        if value is not None and not config.generator.startswith(kind):
            raise UserError(
                f"{name}={value}: generator={config.generator} has none; leave it out, or give "
                f"generator={kind}"
            )
    if config.norm != "instance" and config.generator == "unet":
        raise UserError(
            f"norm={config.norm}: generator=unet has norm=instance only; leave it out, or give "
            f"generator=resnet_keras"
        )


def _check_tensorflow_examples(config: Config) -> None:
    if config.networks != "tensorflow_examples":
        return
    for name, value, only in (
        ("generator", config.generator, "unet"),
        ("unet_levels", config.unet_levels or 8, 8),
        ("filters", config.filters, 64),
        ("dropout", config.dropout_rate, 0.5),
        ("channels_x", config.channels_x, 3),
        ("channels_y", config.channels_y, 3),
    ):
        if value != only:
            raise UserError(
                f"networks=tensorflow_examples has {name}={only} only, not {value}: give "
                f"{name}={only}"
            )
    if config.image_size % 256:
        raise UserError(
            f"networks=tensorflow_examples takes image sizes that are a multiple of 256 only, but "
            f"image_size={config.image_size}: give image_size=256"
        )
    if config.precision not in ("auto", "float32"):
        raise UserError(
            f"networks=tensorflow_examples computes in float32 only, not "
            f"precision={config.precision}: leave one of the two out"
        )


def _check_sizes(config: Config) -> None:
    if config.image_size % config.size_multiple or config.image_size < 32:
        levels = f" with unet_levels={config.unet_levels}" if config.unet_levels else ""
        raise UserError(
            f"image_size={config.image_size}: generator={config.generator}{levels} takes multiples "
            f"of {config.size_multiple} from 32 on, such as {max(64, config.size_multiple)} or "
            f"{max(256, 2 * config.size_multiple)}"
        )
    if config.preprocess == "resize_crop" and config.resize_to < config.image_size:
        raise UserError(
            f"load_size={config.load_size} is smaller than image_size={config.image_size}: nothing "
            f"of that size can be cropped from it; give load_size={config.image_size} or more"
        )


def _check_native_sizes(config: Config) -> None:
    """With `preprocess` "none" pictures keep their sizes, so nothing may batch or blend them."""
    if config.preprocess != "none":
        return
    for name, fits in (
        ("batch_size", config.batch_size == 1),
        ("pool_size", config.pool_size == 0),
        ("adversarial_loss", config.adversarial_loss != "wgan_gp"),
    ):
        if not fits:
            raise UserError(
                f"preprocess=none leaves pictures in different sizes, which "
                f"{name}={getattr(config, name)} cannot combine; change one of the two"
            )
    if config.xla:
        raise UserError(
            "xla=True compiles the step again for each size of picture, which preprocess=none "
            "leaves as they are; leave one of the two out"
        )


def _check_losses(config: Config) -> None:
    for name in ("channels_x", "channels_y"):
        if getattr(config, name) not in (1, 3):
            raise UserError(
                f"{name}={getattr(config, name)}: give 3 for RGB or 1 for greyscale pictures"
            )
    if config.channels_x != config.channels_y and config.identity_weight:
        raise UserError(
            f"channels_x={config.channels_x} and channels_y={config.channels_y}: the identity loss "
            f"passes pictures of Y through the generator from X, so their channels must be equal; "
            f"give identity_weight=0"
        )
    if config.identity_weight and not config.cycle_weight:
        raise UserError(
            f"identity_weight={config.identity_weight} is multiplied by cycle_weight="
            f"{config.cycle_weight}: give identity_weight=0, or a cycle_weight above 0"
        )
    if config.precision == "float16" and config.adversarial_loss == "wgan_gp":
        raise UserError(
            "precision=float16: the gradients that adversarial_loss=wgan_gp penalises underflow in "
            "it; give precision=bfloat16 or float32"
        )
