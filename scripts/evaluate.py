"""Scores a trained model: python scripts/evaluate.py. docs/evaluation.md says what each means."""

from pathlib import Path

from absl import flags

import command_line
from tf_cyclegan.errors import UserError
from tf_cyclegan.files import write_file

_WORKDIR = flags.DEFINE_string(
    "workdir", None, "the trained run (default: the one under runs/ that was trained last)"
)
_SPLIT = flags.DEFINE_enum("split", "test", ["train", "test"], "which pictures to score on")
_DIRECTION = flags.DEFINE_enum("direction", None, ["AtoB", "BtoA"], "one direction, not both")
_DATASET = flags.DEFINE_string(
    "dataset", None, "score on this name, folder or .zip (default: what the run was trained on)"
)
_LIMIT = flags.DEFINE_integer(
    "limit", None, "score on the first so many pictures of each domain", lower_bound=1
)
_CHECKPOINT = command_line.define_checkpoint_flag()
_PAIRED = flags.DEFINE_bool("paired", False, "the pictures come in pairs: same name or same order")
_INCEPTION = flags.DEFINE_bool("inception", True, "FID and KID, which need Inception-V3's weights")
_WEIGHTS = flags.DEFINE_string(
    "inception_weights", None, "a file of Inception-V3's weights (default: keras.applications')"
)
_JSON = flags.DEFINE_string("json", None, "write the scores into this file as well")


def main() -> None:
    workdir = Path(_WORKDIR.value) if _WORKDIR.value else command_line.last_trained(Path("runs"))
    weights = Path(_WEIGHTS.value) if _WEIGHTS.value else None
    if weights and not _INCEPTION.value:
        raise UserError("--inception_weights has no use with --noinception; leave one of them out")
    checkpoint = command_line.checkpoint_of(_CHECKPOINT.value)
    with command_line.quiet_tensorflow():
        from tf_cyclegan import generation
        from tf_cyclegan.evaluation import evaluation_set, inception, summary

    translator = generation.Translator(workdir, checkpoint)
    directions = [_DIRECTION.value] if _DIRECTION.value else translator.directions
    if not set(directions) <= set(translator.directions):
        raise UserError(f"{workdir}: has no generator for --direction={_DIRECTION.value}")
    config, generators = translator.config, translator.generators
    scored = evaluation_set.load(config, _SPLIT.value, _DATASET.value, _LIMIT.value, _PAIRED.value)
    features: summary.Features | str = "--noinception"
    if _INCEPTION.value:
        try:
            features = inception.InceptionFeatures(weights)
        except UserError as error:
            if weights:
                raise
            features = str(error)
    print(f"Scoring {translator.checkpoint}", flush=True)
    found = summary.evaluate(generators, config, scored, directions, features)
    print(summary.table(found), *found.protocol, sep="\n")
    if _JSON.value:
        write_file(Path(_JSON.value), summary.to_json(found, translator.checkpoint).encode())


if __name__ == "__main__":
    command_line.run(main)
