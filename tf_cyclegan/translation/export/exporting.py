"""Exports a trained generator: writes the file, loads it again, compares, adds the model card."""

import json
from dataclasses import dataclass
from pathlib import Path

import keras
import tensorflow as tf

from tf_cyclegan import networks
from tf_cyclegan.checkpoints import files as checkpoint_files
from tf_cyclegan.system.errors import UserError, reason
from tf_cyclegan.translation.export import card, check, folder, graph, loading, metadata
from tf_cyclegan.translation.export.formats import FORMATS, require
from tf_cyclegan.translation.translator import Translator

UNKNOWN_LICENCE = "unknown"


@dataclass(frozen=True)
class Exported:
    """An export.

    Attributes:
      path: the file, or the folder of a SavedModel. The model card is beside it.
      size: in bytes.
      difference: of its translations from the generator's.
    """

    path: Path
    size: int
    difference: check.Difference


def default_output(workdir: Path, form: str, direction: str, quantize: str | None) -> Path:
    """Where an export goes."""
    names = [form, direction, *([quantize] if quantize else [])]
    return workdir / "exported" / "-".join(names)


def export(
    translator: Translator,
    workdir: Path,
    direction: str,
    form: str,
    output: Path,
    quantize: str | None = None,
    licence: str = UNKNOWN_LICENCE,
) -> Exported:
    """Exports one generator, as a folder that can be uploaded to the hub as it is.

    Args:
      translator: the trained run; the generator has its weights in float32.
      workdir: the run's folder, for scores and samples.
      direction: AtoB or BtoA.
      form: one of FORMATS.
      output: the folder, made if missing. Nothing is left in it if the export fails.
      quantize: float16 or int8, where the format has them.
      licence: that of the weights.

    Raises:
      UserError: packages are missing, a file would be overwritten that no export wrote, or the file
        is not as good as the generator.
    """
    require(form, writing=True, quantize=quantize)
    if loading.is_exported(workdir):
        raise UserError(f"{workdir}: is an export; name the workdir of the run that it comes from")
    generator = _portable(translator, direction)
    found = metadata.Metadata(
        format=form,
        quantize=quantize,
        direction=direction,
        step=checkpoint_files.step_of(translator.checkpoint),
        licence=licence,
        config=metadata.shareable(translator.config),
    )
    module, name = FORMATS[form].imported(), FORMATS[form].file
    with folder.replaced(output, (metadata.FILE, card.FILE, card.SAMPLES, name)) as partial:
        about = json.dumps(found.to_dict(), indent=2, ensure_ascii=False)
        model = graph.build(generator, found.config.size_multiple)
        try:
            module.write(model, partial / name, about, quantize)
            run = module.load(partial / name)
        except (OSError, RuntimeError, ValueError, tf.errors.OpError) as error:
            raise UserError(
                f"format={form}: the file cannot be made ({reason(error)}); nothing was written"
            ) from error
        difference = check.compare(run, translator, direction)
        check.require_equal(difference, quantize)
        size = folder.size_of(partial / name)
        sheet = card.samples_of(workdir, found.step)
        if sheet is not None:
            (partial / card.SAMPLES).write_bytes(sheet.read_bytes())
        scores = card.scores_of(workdir, found.step, direction)
        text = card.text(found, difference, size, scores, sheet is not None)
        (partial / card.FILE).write_text(text, encoding="utf-8")
        told = {"greatest": difference.greatest, "mean": difference.mean}
        folder.write_metadata(partial, {**found.to_dict(), "difference": told})
    return Exported(output / name, size, difference)


def _portable(translator: Translator, direction: str) -> keras.Model:
    """A copy of the generator, in float32 and in layers of this package, which can be saved."""
    config = metadata.shareable(translator.config)
    original: keras.Model = translator.generator(direction)
    copy = networks.build_generator(config, direction, seed=0)
    for variable, value in zip(copy.weights, original.weights, strict=True):
        variable.assign(value)
    return copy
