"""export: writes a trained run's generators for Keras, TensorFlow, ONNX Runtime or LiteRT."""

from pathlib import Path

from absl import flags

from tf_cyclegan.cli import run_flags
from tf_cyclegan.cli.help_text import Usage
from tf_cyclegan.cli.running import run
from tf_cyclegan.system import tensorflow_import
from tf_cyclegan.system.errors import UserError
from tf_cyclegan.translation.export.formats import FORMATS, QUANTIZATIONS, require

flags.adopt_module_key_flags(run_flags)
_FORMAT = flags.DEFINE_enum("format", "keras", list(FORMATS), "what to write")
_QUANTIZE = flags.DEFINE_enum(
    "quantize", None, list(QUANTIZATIONS), "smaller weights, for litert (default: float32)"
)
_LICENCE = flags.DEFINE_string(
    "licence",
    "unknown",
    "that of the weights, which depends on the pictures; an identifier such as cc-by-4.0, or words",
)
_OUTPUT = flags.DEFINE_string(
    "output",
    None,
    "the folder to write to (default: exported/FORMAT-DIRECTION in the workdir)",
)


def main() -> None:
    for name in run_flags.PICTURES:
        if flags.FLAGS[name].present:
            raise UserError(f"--{name} has no use here: no pictures are translated; leave it out")
    form, quantize = _FORMAT.value, _QUANTIZE.value
    require(form, writing=True, quantize=quantize)
    workdir, checkpoint = run_flags.workdir(), run_flags.checkpoint()
    with tensorflow_import.quiet():
        from tf_cyclegan.translation.export import exporting
        from tf_cyclegan.translation.translator import Translator

    translator = Translator(
        workdir, checkpoint, run_flags.DIRECTION.value, weights=run_flags.WEIGHTS.value
    )
    if _OUTPUT.value and len(translator.directions) > 1:
        raise UserError("--output holds one direction: give --direction=AtoB or BtoA as well")
    print(f"Exporting {translator.checkpoint}", flush=True)
    for direction in translator.directions:
        output = exporting.default_output(workdir, form, direction, quantize)
        exported = exporting.export(
            translator,
            workdir,
            direction,
            form,
            Path(_OUTPUT.value) if _OUTPUT.value else output,
            quantize,
            _LICENCE.value,
        )
        print(
            f"{direction}: {exported.path}, {exported.size / 1e6:.1f} MB; differs from the "
            f"generator by {exported.difference}",
            flush=True,
        )


def command() -> None:
    """Runs it."""
    run(
        main,
        Usage(
            "Exports a trained run's generators, each with a model card. docs/export.md has how to "
            "load them.",
            (
                "python scripts/export.py --format=onnx",
                "python scripts/export.py --workdir=runs/photos --direction=AtoB --format=litert",
            ),
            {
                "The run": run_flags.RUN,
                "The file": ("format", "quantize", "licence", "output"),
            },
        ),
    )
