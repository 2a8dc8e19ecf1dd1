"""Which settings contradict each other."""

from typing import TYPE_CHECKING

from tf_cyclegan.system.errors import UserError

if TYPE_CHECKING:
    from tf_cyclegan.config.settings import Config

# What discriminators may see changed.
AUGMENTATIONS = ("color", "translation", "cutout")


def refuse(config: "Config") -> None:
    """Raises UserError for settings that cannot go together, naming both."""
    _check_networks(config)
    _check_tensorflow_examples(config)
    _check_sizes(config)
    _check_native_sizes(config)
    _check_losses(config)
    _check_discriminators(config)


def _check_networks(config: "Config") -> None:
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


def _check_tensorflow_examples(config: "Config") -> None:
    if config.networks != "tensorflow_examples":
        return
    for name, value, only in (
        ("generator", config.generator, "unet"),
        ("unet_levels", config.unet_levels or 8, 8),
        ("filters", config.filters, 64),
        ("dropout", config.dropout_rate, 0.5),
        ("upsampling", config.upsampling, "transposed"),
        ("attention_mask", config.attention_mask, False),
        ("spectral_norm", config.spectral_norm, False),
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


def _check_sizes(config: "Config") -> None:
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


def _check_native_sizes(config: "Config") -> None:
    """With `preprocess` "none" pictures keep their sizes, so nothing may batch or blend them."""
    if config.preprocess != "none":
        return
    for name, fits in (
        ("batch_size", config.batch_size == 1),
        ("pool_size", config.pool_size == 0),
        ("adversarial_loss", config.adversarial_loss != "wgan_gp"),
        ("penalty_at", config.penalty_at == "real"),
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


def _check_losses(config: "Config") -> None:
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
    if config.attention_mask and config.channels_x != config.channels_y:
        raise UserError(
            f"attention_mask=True keeps parts of the input, which has "
            f"channels_x={config.channels_x} in place of channels_y={config.channels_y}: give "
            f"attention_mask=False"
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


def _check_discriminators(config: "Config") -> None:
    for name in config.augmentations:
        if name not in AUGMENTATIONS:
            raise UserError(
                f"augment={config.augment}: {name!r} is none of {', '.join(AUGMENTATIONS)}"
            )
    if config.gradient_penalty and config.adversarial_loss == "wgan_gp":
        raise UserError(
            f"gradient_penalty={config.gradient_penalty}: adversarial_loss=wgan_gp has a penalty "
            f"of its own; leave one of the two out"
        )
    if config.gradient_penalty and config.precision == "float16":
        raise UserError(
            f"precision=float16: the gradients that gradient_penalty={config.gradient_penalty} "
            f"penalises underflow in it; give precision=bfloat16 or float32"
        )
    if config.pool_mode != "swap" and not config.pool_size:
        raise UserError(
            f"pool_mode={config.pool_mode} has no use without an image pool; leave it out, or give "
            f"pool_size=50"
        )
    if config.penalty_at != "real" and not config.gradient_penalty:
        raise UserError(
            f"penalty_at={config.penalty_at} has no use without a gradient_penalty; leave it out, "
            f"or give gradient_penalty=1"
        )
