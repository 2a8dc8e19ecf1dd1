"""Weights of the keras.io example against its own model."""

import dataclasses

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf

from helpers import golden, keras_example
from tf_cyclegan import networks
from tf_cyclegan.checkpoints import saving
from tf_cyclegan.foreign_weights.importing import import_weights
from tf_cyclegan.system.errors import UserError
from tf_cyclegan.training.train import Outcome, train
from tf_cyclegan.translation.translator import Translator

# Keras' own, where it saves.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

TINY = {"image_size": 32}
PICTURE = golden.image("x", (1, 32, 32, 3))


@pytest.fixture(scope="module")
def example():
    return keras_example.CycleGan()


@pytest.fixture(scope="module")
def weights(example, tmp_path_factory):
    path = tmp_path_factory.mktemp("example") / "cyclegan.weights.h5"
    example.save_weights(path)
    return path


def assert_translates_as(workdir, **generators):
    translator = Translator(workdir)
    assert translator.directions == list(generators)
    for direction, generator in generators.items():
        found, expected = translator.generators[direction](PICTURE), generator(PICTURE)
        assert np.abs(expected).max() > 0.1
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_all_networks_give_the_examples_outputs(example, weights, tmp_path):
    imported = import_weights(weights, None, tmp_path, TINY)
    assert (imported.trainable, imported.optimizers) == (True, True)
    config = imported.config
    assert (config.recipe, config.norm) == ("keras", "layer")
    assert (config.filters, config.blocks) == (2, 2)
    assert_translates_as(tmp_path, AtoB=example.gen_G, BtoA=example.gen_F)
    for name, theirs in (("discriminator_x", example.disc_X), ("discriminator_y", example.disc_Y)):
        ours = networks.build(config, name)
        saving.restore_networks(tmp_path / "checkpoints" / "ckpt-0", **{name: ours})
        np.testing.assert_allclose(ours(PICTURE), theirs(PICTURE), atol=1e-5)


def test_training_goes_on_with_the_optimizers(example, weights, photos, tmp_path):
    config = import_weights(weights, None, tmp_path, {**TINY, "dataset": str(photos)}).config
    reader = tf.train.load_checkpoint(str(tmp_path / "checkpoints" / "ckpt-0"))
    moment = reader.get_tensor("generator_g_optimizer/_variables/2/.ATTRIBUTES/VARIABLE_VALUE")
    np.testing.assert_array_equal(moment, example.gen_G_optimizer._momentums[0].numpy())
    config = dataclasses.replace(config, max_steps=1)
    assert train(config, tmp_path) == Outcome(steps=1, epochs=0, trained=True)
    reader = tf.train.load_checkpoint(str(tmp_path / "checkpoints" / "ckpt-1"))
    assert reader.get_tensor("generator_g_optimizer/_iterations/.ATTRIBUTES/VARIABLE_VALUE") == 4


def test_generators_in_files_of_their_own(tmp_path):
    files = []
    generators = [keras_example.liven(keras_example.generator(2, 1), name) for name in "gf"]
    for generator, name in zip(generators, "gf", strict=True):
        files.append(tmp_path / f"{name}.weights.h5")
        generator.save_weights(files[-1])
    imported = import_weights(*files, tmp_path / "both", TINY)
    assert (imported.trainable, imported.config.blocks) == (False, 1)
    assert_translates_as(tmp_path / "both", AtoB=generators[0], BtoA=generators[1])
    import_weights(None, files[1], tmp_path / "back", TINY)
    assert_translates_as(tmp_path / "back", BtoA=generators[1])


def test_the_norm_is_the_users_choice_and_makes_a_difference(tmp_path):
    mended = keras_example.liven(keras_example.generator(2, 1, groups=-1), "g")
    mended.save_weights(path := tmp_path / "g.weights.h5")
    import_weights(path, None, tmp_path / "instance", {**TINY, "norm": "instance"})
    assert_translates_as(tmp_path / "instance", AtoB=mended)
    import_weights(path, None, tmp_path / "layer", TINY)
    other = Translator(tmp_path / "layer").generators["AtoB"](PICTURE)
    assert np.abs(other - mended(PICTURE)).max() > 0.1


def test_checkpoints_of_keras_2(tmp_path):
    """Their norm is tensorflow_addons' instance norm."""
    parts = {
        name: keras_example.liven(keras_example.generator(2, 2, groups=-1), name)
        for name in ("gen_G", "gen_F")
    }
    parts |= {name: keras_example.discriminator(2) for name in ("disc_X", "disc_Y")}
    folder = tmp_path / "saved_model"
    tf.train.Checkpoint(**parts).write(str(folder / "variables" / "variables"))
    for number, path in enumerate((folder, folder / "variables" / "variables")):
        imported = import_weights(path, None, tmp_path / f"{number}", TINY)
        assert (imported.trainable, imported.optimizers) == (True, False)
        assert imported.config.norm == "instance"
        assert_translates_as(tmp_path / f"{number}", AtoB=parts["gen_G"], BtoA=parts["gen_F"])


def test_other_files_get_one_line_and_leave_nothing(example, weights, tmp_path):
    def changed(change, source=weights):
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.weights.h5"
        path.write_bytes(source.read_bytes())
        with h5py.File(path, "r+") as file:
            change(file)
        return path

    def replaced(name, array):
        def change(file):
            del file[name]
            file[name] = array

        return change

    def linked(link):
        def change(file):
            del file["gen_G/layers/conv2d/vars/0"]
            file["gen_G/layers/conv2d/vars/0"] = link

        return change

    def huge(file):
        del file["gen_G/layers/conv2d/vars/0"]
        group = file["gen_G/layers/conv2d/vars"]
        group.create_dataset("0", (7, 7, 3, 1_000_000_000), "f4", chunks=(7, 7, 3, 1000))

    def virtual(file):
        del file["gen_G/layers/conv2d/vars/0"]
        layout = h5py.VirtualLayout((7, 7, 3, 2), "f4")
        layout[:] = h5py.VirtualSource(str(weights), "x", (7, 7, 3, 2))
        file["gen_G/layers/conv2d/vars"].create_virtual_dataset("0", layout)

    truncated = tmp_path / "truncated.weights.h5"
    truncated.write_bytes(weights.read_bytes()[:-5000])
    whole = tmp_path / "whole.keras"
    example.gen_G.save(whole)
    classifier = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    classifier.save_weights(tmp_path / "dense.weights.h5")
    example.disc_X.save_weights(tmp_path / "judge.weights.h5")
    with h5py.File(tmp_path / "legacy.h5", "w") as file:
        file.create_group("conv2d")
    kernel, bias = "gen_F/layers/conv2d_3/vars/0", "gen_G/layers/conv2d_7/vars/1"
    for path, told in (
        (truncated, "is not a valid .weights.h5 file"),
        (whole, "is a whole model; load it and model.save_weights"),
        (tmp_path / "legacy.h5", "holds no gen_G or gen_F"),
        (tmp_path / "dense.weights.h5", "generator_g has layers that the example has not: dense"),
        (tmp_path / "judge.weights.h5", "generator_g has 5 convolutions, which make no residual"),
        (
            changed(lambda f: f.__delitem__("gen_F/layers/conv2d_3")),
            "generator_f .* has 2. weights",
        ),
        (changed(replaced(kernel, np.zeros((3, 3, 8, 9), "f4"))), r"weight 10 .* \(3, 3, 8, 9\)"),
        (changed(replaced(bias, np.full(3, np.inf, "f4"))), "has values that are not finite"),
        (changed(replaced(bias, "text")), "1 is no array of numbers"),
        (changed(linked(h5py.SoftLink("/gen_F/layers/conv2d/vars/0"))), "0 is missing, or a link"),
        (changed(linked(h5py.ExternalLink(str(weights), "/"))), "0 is missing, or a link"),
        (changed(virtual), "0 is no array of numbers"),
        (changed(huge), "its arrays are larger than the file"),
    ):
        with pytest.raises(UserError, match=told) as caught:
            import_weights(path, None, tmp_path / "run", TINY)
        assert str(path) in str(caught.value)
        assert not (tmp_path / "run").exists()
