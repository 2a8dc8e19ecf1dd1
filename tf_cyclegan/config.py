"""Every setting of a run: one field a knob, and what contradicts what.

Standard library only, so that a mistake on the command line is answered at once.
"""

import dataclasses
import functools
import math
import reprlib
import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args, get_type_hints

from tf_cyclegan import intervals
from tf_cyclegan.errors import UserError

# Of whole numbers: what TensorFlow takes anywhere.
_MOST = 2**31 - 1

# The tutorial's jitter: pictures are enlarged from 256 to 286 pixels before the crop.
_JITTER = 286 / 256


def _knob(
    default: Any,
    meaning: str,
    *,
    choices: tuple[str, ...] = (),
    least: float | None = None,
    below: float | None = None,
    harmless: bool = False,
) -> Any:
    """A field with its meaning. `harmless`: a run may be continued with another value."""
    metadata = {
        "meaning": meaning,
        "choices": choices,
        "least": least,
        "below": below,
        "harmless": harmless,
    }
    return dataclasses.field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Config:
    """The settings of one training run. The defaults are the recipe `mini`.

    Raises:
      UserError: a value is of the wrong type or out of range, or two fields contradict each other.
    """

    recipe: str = _knob("mini", "the recipe that the other settings start from", harmless=True)
    dataset: str = _knob(
        "mini_horse2zebra",
        "mini_horse2zebra, a tensorflow-datasets name such as cycle_gan/horse2zebra, or the path "
        "of a folder or .zip with trainA, trainB, testA, testB",
    )
    data_dir: str | None = _knob(
        None,
        "where tensorflow-datasets keeps its data (default: ~/tensorflow_datasets)",
        harmless=True,
    )
    skip_unreadable: bool = _knob(
        False,
        "go on without the pictures that cannot be used, instead of ending with a list of them",
        harmless=True,
    )
    epochs: int = _knob(40, "passes over the data, in all", least=1, harmless=True)
    max_steps: int | None = _knob(
        None, "end the run after so many steps in all", least=1, harmless=True
    )
    limit_train: int | None = _knob(
        None, "train on the first so many pictures of each domain", least=1
    )
    limit_test: int | None = _knob(
        None, "use the first so many test pictures of each domain", least=1, harmless=True
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
        False, "the same numbers bit for bit on every run, slower on a GPU", harmless=True
    )
    precision: str = _knob(
        "auto",
        "what the networks compute in; auto takes the fastest of float32 and bfloat16 for the "
        "device",
        choices=("auto", "float32", "bfloat16", "float16"),
        harmless=True,
    )
    xla: bool = _knob(
        False, "compile the training step with XLA, which takes a while at first", harmless=True
    )
    recompute: bool = _knob(
        False,
        "for large pictures: each network's pass is computed twice, which takes less memory and "
        "more time",
        harmless=True,
    )
    evaluate_every: int | None = _knob(
        None,
        "score after each so many epochs, and keep the best checkpoint",
        least=1,
        harmless=True,
    )
    inception_weights: str | None = _knob(
        None,
        "a file of Inception-V3's weights, for scores of sets other than the drawings (default: "
        "keras.applications')",
        harmless=True,
    )
    checkpoint_every: str = _knob(
        "1", "save after so many epochs (5), steps (500steps) or minutes (10min)", harmless=True
    )
    max_to_keep: int = _knob(3, "keep so many of the newest checkpoints", least=1, harmless=True)
    keep_every: int | None = _knob(
        None, "save after each so many epochs, and keep that for good", least=1, harmless=True
    )

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            self._check_value(field)
        self._check_networks()
        self._check_sizes()
        self._check_channels()
        intervals.parse(self.checkpoint_every, "checkpoint_every")
        self._check_computing()
        if self.identity_weight and not self.cycle_weight:
            raise UserError(
                f"--identity_weight={self.identity_weight} counts times --cycle_weight="
                f"{self.cycle_weight}, which makes nothing of it; give --identity_weight=0"
            )

    def _check_value(self, field: dataclasses.Field[Any]) -> None:
        value: Any = getattr(self, field.name)
        kind, optional = field_type(field.name)
        if value is None and optional:
            return
        if kind in (int, float) and type(value) is int and abs(value) > _MOST:
            raise UserError(f"--{field.name}: give a number of {_MOST} or less")
        if kind is float and type(value) is int:
            value = float(value)
            object.__setattr__(self, field.name, value)
        if type(value) is not kind:
            shown = reprlib.repr(value)
            raise UserError(f"--{field.name} takes {_TYPE_NAMES[kind]}, not {shown}")
        choices, least = field.metadata["choices"], field.metadata["least"]
        if choices and value not in choices:
            raise UserError(f"--{field.name}={value}: choose one of {', '.join(choices)}")
        if isinstance(value, float) and not math.isfinite(value):
            raise UserError(f"--{field.name}={value}: give a finite number")
        if least is not None and value < least:
            raise UserError(f"--{field.name}={value}: give {least} or more")
        if (below := field.metadata["below"]) is not None and value >= below:
            raise UserError(f"--{field.name}={value}: give less than {below}")

    def _check_sizes(self) -> None:
        if self.image_size % self.size_multiple or self.image_size < 32:
            levels = f" with --unet_levels={self.unet_levels}" if self.unet_levels else ""
            raise UserError(
                f"--image_size={self.image_size}: --generator={self.generator}{levels} takes "
                f"multiples of {self.size_multiple} from 32 on, such as "
                f"{max(64, self.size_multiple)} or {max(256, 2 * self.size_multiple)}"
            )
        if self.preprocess == "resize_crop" and self.resize_to < self.image_size:
            raise UserError(
                f"--load_size={self.load_size} is smaller than --image_size={self.image_size}: "
                f"nothing of that size can be cropped from it; give --load_size={self.image_size} "
                f"or more"
            )
        if self.preprocess == "none":
            for name, fits in (
                ("batch_size", self.batch_size == 1),
                ("pool_size", self.pool_size == 0),
                ("adversarial_loss", self.adversarial_loss != "wgan_gp"),
            ):
                if not fits:
                    raise UserError(
                        f"--preprocess=none leaves pictures in different sizes, which "
                        f"--{name}={getattr(self, name)} cannot put together; change one of the two"
                    )

    def _check_channels(self) -> None:
        for name in ("channels_x", "channels_y"):
            if getattr(self, name) not in (1, 3):
                raise UserError(
                    f"--{name}={getattr(self, name)}: give 3 for colour or 1 for grey pictures"
                )
        if self.channels_x != self.channels_y and self.identity_weight:
            raise UserError(
                f"--channels_x={self.channels_x} and --channels_y={self.channels_y}: the identity "
                f"loss passes pictures of Y through the generator from X, so their channels must "
                f"be equal; give --identity_weight=0"
            )

    def _check_networks(self) -> None:
        for name, kind in (("residual_blocks", "resnet"), ("unet_levels", "unet")):
            value = getattr(self, name)
            if value is not None and not self.generator.startswith(kind):
                raise UserError(
                    f"--{name}={value}: --generator={self.generator} has none; leave it out, or "
                    f"give --generator={kind}"
                )
        if self.networks != "tensorflow_examples":
            return
        for name, value, only in (
            ("generator", self.generator, "unet"),
            ("unet_levels", self.unet_levels or 8, 8),
            ("filters", self.filters, 64),
            ("dropout", self.dropout_rate, 0.5),
            ("channels_x", self.channels_x, 3),
            ("channels_y", self.channels_y, 3),
        ):
            if value != only:
                raise UserError(
                    f"--networks=tensorflow_examples has --{name}={only} only, not "
                    f"{value}: give --{name}={only}"
                )
        if self.image_size % 256:
            raise UserError(
                f"--networks=tensorflow_examples takes image sizes that are a multiple of 256 "
                f"only, but --image_size={self.image_size}: give --image_size=256"
            )

    def _check_computing(self) -> None:
        if self.networks == "tensorflow_examples" and self.precision not in ("auto", "float32"):
            raise UserError(
                f"--networks=tensorflow_examples computes in float32 only, not "
                f"--precision={self.precision}: leave one of the two out"
            )
        if self.precision == "float16" and self.adversarial_loss == "wgan_gp":
            raise UserError(
                "--precision=float16: the gradients that --adversarial_loss=wgan_gp penalises "
                "vanish in it; give --precision=bfloat16 or float32"
            )
        if self.xla and self.preprocess == "none":
            raise UserError(
                "--xla compiles the step anew for each size of picture, which --preprocess=none "
                "leaves as they are; leave one of the two out"
            )

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


def from_dict(settings: Mapping[str, Any], where: str = "the configuration") -> Config:
    """The Config with these settings, the defaults filling the rest.

    Raises:
      UserError: a setting has no such field, or its value is refused. `where` is named.
    """
    names = {field.name for field in dataclasses.fields(Config)}
    if unknown := sorted(set(settings) - names):
        raise UserError(f"{where}: no such setting: {', '.join(unknown)}")
    return Config(**settings)


def refuse_other_run(stored: Config, asked: Config, where: str) -> None:
    """Refuses to continue a run with settings that would make it another one.

    Raises:
      UserError: names each field that differs, both values, and the way out.
    """
    differing = [
        f"{field.name} (there {getattr(stored, field.name)}, now {getattr(asked, field.name)})"
        for field in dataclasses.fields(Config)
        if not field.metadata["harmless"]
        and getattr(stored, field.name) != getattr(asked, field.name)
    ]
    if differing:
        raise UserError(
            f"{where} holds a run with other settings: {', '.join(differing)}; leave these as "
            f"they were to continue it, or start a new one with another --workdir"
        )
