"""Checkpoints of the TensorFlow tutorial's notebook."""

import dataclasses
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from helpers import golden, notebook
from helpers.pictures import make_folder
from tf_cyclegan.checkpoints import files as checkpoint_files
from tf_cyclegan.checkpoints.saving import Checkpoints, TrainingState
from tf_cyclegan.config import Config, json_file
from tf_cyclegan.foreign_weights.importing import import_weights
from tf_cyclegan.model.cyclegan import NETWORKS, CycleGAN
from tf_cyclegan.system.errors import UserError
from tf_cyclegan.training.train import Outcome, train
from tf_cyclegan.translation.translator import Translator

TINY = {"image_size": 32}


@pytest.fixture(scope="module")
def objects():
    """Of 3 levels and 2 filters."""
    return notebook.small_objects()


@pytest.fixture(scope="module")
def checkpoint(objects, tmp_path_factory):
    return save(objects, tmp_path_factory.mktemp("notebook"))


def save(objects, folder) -> Path:
    return Path(tf.train.CheckpointManager(tf.train.Checkpoint(**objects), folder, 5).save())


def restored(workdir, config) -> CycleGAN:
    """The model with everything that the newest checkpoint holds."""
    model = CycleGAN(config)
    state = TrainingState(len(model.scalar_names), [1, 2])
    Checkpoints(workdir, model, state, config).restore(checkpoint_files.newest_intact(workdir)[0])
    return model


def assert_equal_state(model, objects):
    for name in NETWORKS:
        pairs = [(getattr(model, name).trainable_variables, objects[name].trainable_variables)]
        count, _, *moments = model.optimizers[name].variables
        expected, _, *others = objects[f"{name}_optimizer"].variables
        for ours, theirs in [*pairs, ([count, *moments], [expected, *others])]:
            for a, b in zip(ours, theirs, strict=True):
                np.testing.assert_array_equal(a.numpy(), b.numpy())


def test_translations_equal_the_notebooks(tmp_path, monkeypatch):
    objects = notebook.standin_objects(monkeypatch, filters=4)
    imported = import_weights(save(objects, tmp_path / "train"), None, tmp_path / "run", {})
    assert (imported.trainable, imported.optimizers) == (True, True)
    config = imported.config
    assert (config.recipe, config.filters, config.unet_depth) == ("tutorial", 4, 8)
    assert json_file.read_json(tmp_path / "run" / "config.json") == config
    picture = golden.image("x", (1, 256, 256, 3))
    translator = Translator(tmp_path / "run")
    for direction, name in (("AtoB", "generator_g"), ("BtoA", "generator_f")):
        found = translator.generators[direction](picture, training=False)
        np.testing.assert_allclose(found, objects[name](picture, training=False), atol=1e-5)


@pytest.mark.parametrize("kind", ["keras 3", "keras 2", "keras 2 with slots"])
def test_everything_is_taken_whatever_keras_saved_it(objects, tmp_path, kind):
    saved = objects
    if kind != "keras 3":
        saved = notebook.as_keras_2(objects, slots=kind.endswith("slots"))
    path = save(saved, tmp_path / "train")
    imported = import_weights(path, None, tmp_path / "run", TINY)
    assert imported.optimizers
    assert_equal_state(restored(tmp_path / "run", imported.config), objects)


def test_training_goes_on(checkpoint, objects, photos, tmp_path):
    changes = {**TINY, "dataset": str(photos)}
    config = import_weights(checkpoint, None, tmp_path / "run", changes).config
    config = dataclasses.replace(config, epochs=1, precision="float32")
    assert train(config, tmp_path / "run") == Outcome(steps=4, epochs=1, trained=True)
    model = restored(tmp_path / "run", config)
    assert model.optimizers["generator_g"].iterations == 5
    before = objects["generator_g"].trainable_variables[0].numpy()
    moved = np.abs(model.generator_g.trainable_variables[0].numpy() - before).max()
    assert 1e-6 < moved < 4 * 2e-4 * 3, "a few steps of Adam"
    longer = dataclasses.replace(config, epochs=2)
    other = make_folder(tmp_path / "other", trainA=3, trainB=3)
    shutil.rmtree(tmp_path / "other" / "trainA")
    make_folder(other, trainA=4, testA=1)
    with pytest.raises(UserError, match="holds a run with other settings: dataset"):
        train(dataclasses.replace(longer, dataset=str(other)), tmp_path / "run")
    assert train(longer, tmp_path / "run") == Outcome(steps=8, epochs=2, trained=True)


def test_the_pictures_are_noted_once_training_began(checkpoint, tmp_path):
    root = make_folder(tmp_path / "pictures", trainA=2, trainB=2)
    changes = {**TINY, "dataset": str(root)}
    config = import_weights(checkpoint, None, tmp_path / "run", changes).config
    train(dataclasses.replace(config, max_steps=1), tmp_path / "run")
    (root / "trainA" / "1.png").rename(root / "trainA" / "renamed.png")
    with pytest.raises(UserError, match="was trained on other pictures"):
        train(config, tmp_path / "run")


def test_parts_of_it(objects, tmp_path):
    generators = {name: objects[name] for name in NETWORKS[:2]}
    imported = import_weights(save(generators, tmp_path / "gs"), None, tmp_path / "run", TINY)
    assert not imported.trainable
    assert Translator(tmp_path / "run").directions == ["AtoB", "BtoA"]
    with pytest.raises(UserError, match="holds imported generators"):
        train(imported.config, tmp_path / "run")
    only = {"generator_f": objects["generator_f"], "discriminator_x": objects["discriminator_x"]}
    import_weights(save(only, tmp_path / "f"), None, tmp_path / "back", TINY)
    assert Translator(tmp_path / "back").directions == ["BtoA"]
    networks = {name: objects[name] for name in NETWORKS}
    networks["generator_g_optimizer"] = keras.optimizers.SGD(0.1)
    imported = import_weights(save(networks, tmp_path / "nets"), None, tmp_path / "new", TINY)
    assert (imported.trainable, imported.optimizers) == (True, False)


def test_levels_and_any_file_of_the_checkpoint(tmp_path):
    path = save(notebook.small_objects(depth=4), tmp_path / "train")
    for number, given in enumerate((f"{path}.index", f"{path}.data-00000-of-00001")):
        config = import_weights(Path(given), None, tmp_path / f"{number}", TINY).config
        assert (config.unet_levels, config.filters) == (4, 2)
    with pytest.raises(UserError, match=r"image_size=40: generator=unet with unet_levels=4"):
        import_weights(path, None, tmp_path / "run", {"image_size": 40})
    with pytest.raises(
        UserError, match=r"train: is a folder; give a checkpoint in it, such as .*-1"
    ):
        import_weights(tmp_path / "train", None, tmp_path / "run", TINY)
    assert not (tmp_path / "run").exists()


def test_other_checkpoints_get_one_line_and_leave_nothing(objects, checkpoint, tmp_path):
    copy = tmp_path / "damaged"
    shutil.copytree(checkpoint.parent, copy)
    data = bytearray((copy / "ckpt-1.data-00000-of-00001").read_bytes())
    data[len(data) // 2] ^= 255
    (copy / "ckpt-1.data-00000-of-00001").write_bytes(data)
    pair = {"generator_g": objects["generator_g"], "generator_f": keras.Sequential()}
    wide = {"generator_f": notebook.small_objects(filters=3)["generator_f"]}
    diverged = tf.train.Checkpoint(generator_g=notebook.small_objects()["generator_g"])
    diverged.generator_g.trainable_variables[-1].assign([np.nan] * 3)
    v1 = tf.compat.v1.train.Saver({"generator_g": tf.Variable(1.0)})
    ours = Config(image_size=32, filters=2)
    model = CycleGAN(ours)
    state = TrainingState(len(model.scalar_names), [1, 2])
    for path, told in (
        (copy / "ckpt-1", r"damaged/ckpt-1: is damaged \("),
        (save({"net": objects["generator_g"]}, tmp_path / "1"), "holds no generator_g or .* but "),
        (save(pair, tmp_path / "2"), "generator_f is none of a run .*: has 0 weights and not 15"),
        (
            save({"generator_g": objects["discriminator_x"]}, tmp_path / "3"),
            "ckpt-1: channels_y=16: give 3 for RGB",
        ),
        (
            save({**pair, **wide}, tmp_path / "4"),
            r"generator_f is .* filters=2: weight 1 has the shape \(4, 4, 3, 3\) and not",
        ),
        (
            Path(diverged.save(tmp_path / "5" / "ckpt")),
            "weight 15 of generator_g has values that are not finite",
        ),
        (Path(v1.save(None, str(tmp_path / "6"))), "is a checkpoint of TensorFlow 1"),
        (
            Checkpoints(tmp_path / "7", model, state, ours).save(),
            "was saved by tf_cyclegan and needs no import: .* init_from=",
        ),
    ):
        with pytest.raises(UserError, match=told) as caught:
            import_weights(path, None, tmp_path / "run", TINY)
        assert str(path) in str(caught.value)
        assert not (tmp_path / "run").exists()
    with pytest.raises(UserError, match="give a file of all networks alone, as from"):
        import_weights(checkpoint, checkpoint, tmp_path / "run", TINY)
