"""evaluate: scores a trained run."""

import os
from pathlib import Path

from absl import flags

from tf_cyclegan.cli import run_flags, spelling
from tf_cyclegan.cli.help_text import Usage
from tf_cyclegan.cli.running import run
from tf_cyclegan.system import tensorflow_import
from tf_cyclegan.system.errors import UserError
from tf_cyclegan.system.files import write_file

flags.adopt_module_key_flags(run_flags)
_PAIRED = flags.DEFINE_bool(
    "paired", False, "the pictures come in pairs: same name or same order; those of earth do anyway"
)
_INCEPTION = flags.DEFINE_bool("inception", True, "FID and KID, which need Inception-V3's weights")
_WEIGHTS = flags.DEFINE_string(
    "inception_weights", None, "a file of Inception-V3's weights (default: keras.applications')"
)
_JSON = flags.DEFINE_string("json", None, "write the scores into this file as well")


def main() -> None:
    workdir, checkpoint = run_flags.workdir(), run_flags.checkpoint()
    weights = Path(_WEIGHTS.value) if _WEIGHTS.value else None
    if weights and not _INCEPTION.value:
        raise UserError("--inception_weights has no use with --noinception; leave one of them out")
    if _JSON.value:
        _refuse_unwritable(Path(_JSON.value))
    with tensorflow_import.quiet():
        from tf_cyclegan.evaluation import evaluation_set, inception, summary
        from tf_cyclegan.translation.translator import Translator

    translator = Translator(workdir, checkpoint, weights=run_flags.WEIGHTS.value)
    directions = [run_flags.DIRECTION.value] if run_flags.DIRECTION.value else translator.directions
    if not set(directions) <= set(translator.directions):
        raise UserError(f"{workdir}: has no generator for --direction={run_flags.DIRECTION.value}")
    config, generators = translator.config, translator.generators
    scored = evaluation_set.load(
        config, run_flags.SPLIT.value, run_flags.DATASET.value, run_flags.LIMIT.value, _PAIRED.value
    )
    features: summary.Features | str = "--noinception"
    if _INCEPTION.value:
        try:
            features = inception.InceptionFeatures(weights)
        except UserError as error:
            if weights:
                raise
            features = spelling.as_flags(str(error))
    print(f"Scoring {translator.checkpoint}", flush=True)
    found = summary.evaluate(generators, config, scored, directions, features)
    print(summary.table(found), *found.protocol, sep="\n")
    if _JSON.value:
        write_file(Path(_JSON.value), summary.to_json(found, translator.checkpoint).encode())


def _refuse_unwritable(path: Path) -> None:
    """Before the scoring, which takes minutes."""
    existing = next(p for p in [path, *path.absolute().parents] if p.exists())
    fits = existing.is_file() if existing == path else existing.is_dir()
    if not fits or not os.access(existing, os.W_OK):
        raise UserError(f"--json={path}: {existing} is in the way or not writable; give another")


def command() -> None:
    """Runs it."""
    run(
        main,
        Usage(
            "Scores the translations of a trained run. docs/evaluation.md defines every score.",
            (
                "python scripts/evaluate.py",
                "python scripts/evaluate.py --workdir=runs/maps --dataset=maps.zip --paired",
            ),
            {
                "The run": run_flags.RUN,
                "Pictures": (*run_flags.PICTURES, "paired"),
                "Scores": ("inception", "inception_weights", "json"),
            },
        ),
    )
