"""Overwriting and restoring, the tutorial's checkpoints in both directions, and what is refused."""

import dataclasses
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_cyclegan import checkpoints
from tf_cyclegan.checkpoints import Checkpoints, TrainingState
from tf_cyclegan.config import Config, from_recipe
from tf_cyclegan.cyclegan import NETWORKS, CycleGAN
from tf_cyclegan.errors import UserError

TINY = Config(image_size=32, filters=2)


def everything(model, state):
    """Every variable that training changes."""
    variables = [*state.variables, *model.dropout_state()]
    for name in NETWORKS:
        variables += [*getattr(model, name).trainable_variables, *model.optimizers[name].variables]
    return variables


def values(variables):
    return [v.numpy().copy() for v in variables]


def new_run(workdir, config=TINY, max_to_keep=3):
    model = CycleGAN(config)
    state = TrainingState(len(model.loss_names), [1, 2])
    return model, state, Checkpoints(workdir, model, state, max_to_keep)


def test_everything_comes_back_after_being_overwritten(tmp_path):
    model, state, saved = new_run(tmp_path)
    variables = everything(model, state)
    for i, variable in enumerate(variables):
        variable.assign(tf.ones(variable.shape, variable.dtype) * tf.cast(i % 100, variable.dtype))
    state.step.assign(7)
    before = values(variables)
    path = saved.save()
    assert path == tmp_path / "checkpoints" / "ckpt-7"
    for variable in variables:
        variable.assign(tf.zeros(variable.shape, variable.dtype))
    assert saved.restore_newest() == path
    for variable, value in zip(variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)


def test_a_new_process_gets_everything(tmp_path):
    model, state, saved = new_run(tmp_path)
    model.train_step(*np.ones((2, 1, 32, 32, 3), np.float32))
    saved.save()
    other, other_state, other_saved = new_run(tmp_path, dataclasses.replace(TINY, seed=5))
    other_saved.restore_newest()
    ours, theirs = values(everything(model, state)), values(everything(other, other_state))
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(a, b)


def test_nothing_saved_restores_nothing(tmp_path):
    _, _, saved = new_run(tmp_path)
    assert saved.restore_newest() is None
    assert not checkpoints.has_checkpoint(tmp_path)
    with pytest.raises(UserError, match=r"no trained model; python scripts/train\.py --workdir="):
        checkpoints.find(tmp_path, None)


def test_old_ones_are_deleted_and_steps_are_found(tmp_path):
    _, state, saved = new_run(tmp_path, max_to_keep=2)
    for step in (5, 10, 15):
        state.step.assign(step)
        saved.save()
    assert checkpoints.find(tmp_path, None).name == "ckpt-15"
    assert checkpoints.find(tmp_path, 10).name == "ckpt-10"
    with pytest.raises(UserError, match="no checkpoint of step 5; there are 10, 15"):
        checkpoints.find(tmp_path, 5)
    assert len(list((tmp_path / "checkpoints").glob("*.index"))) == 2


def test_a_moved_workdir_is_found_where_it_is(tmp_path):
    _, _, saved = new_run(tmp_path / "old")
    saved.save()
    (tmp_path / "old").rename(tmp_path / "new")
    assert checkpoints.find(tmp_path / "new", None).parent == tmp_path / "new" / "checkpoints"
    _, _, moved = new_run(tmp_path / "new")
    assert moved.restore_newest() is not None


@pytest.mark.parametrize("changes", [{"filters": 3}, {"image_size": 64}])
def test_another_network_is_refused(tmp_path, changes):
    _, _, saved = new_run(tmp_path)
    saved.save()
    _, _, other = new_run(tmp_path, dataclasses.replace(TINY, **changes))
    with pytest.raises(UserError, match="does not match the networks") as caught:
        other.restore_newest()
    assert "ckpt-0" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_truncated_checkpoint_is_refused(tmp_path):
    _, _, saved = new_run(tmp_path)
    data = Path(f"{saved.save()}.data-00000-of-00001")
    data.write_bytes(data.read_bytes()[:1000])
    with pytest.raises(UserError, match=r"ckpt-0: cannot be read"):
        saved.restore_newest()


@pytest.mark.parametrize("text", ["", "not a list", None])
def test_a_damaged_list_of_checkpoints_is_no_fresh_start(tmp_path, text):
    new_run(tmp_path)[2].save()
    path = tmp_path / "checkpoints" / "checkpoint"
    path.unlink() if text is None else path.write_text(text)
    for look in (checkpoints.has_checkpoint, lambda w: checkpoints.find(w, None)):
        with pytest.raises(UserError, match=r"checkpoints/checkpoint: the list .* damaged"):
            look(tmp_path)


def test_a_checkpoint_that_cannot_be_written_is_told(tmp_path):
    _, _, saved = new_run(tmp_path)
    (tmp_path / "checkpoints").write_text("in the way")
    with pytest.raises(UserError, match="a checkpoint cannot be written"):
        saved.save()


def test_networks_alone_are_restored_without_the_rest(tmp_path):
    model, _, saved = new_run(tmp_path)
    path = saved.save()
    other = CycleGAN(dataclasses.replace(TINY, seed=9))
    kept = values(other.generator_f.weights)
    checkpoints.restore_networks(path, generator_g=other.generator_g)
    for a, b in zip(model.generator_g.weights, other.generator_g.weights, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())
    for a, b in zip(kept, other.generator_f.weights, strict=True):
        np.testing.assert_array_equal(a, b.numpy())


@pytest.fixture(scope="module")
def notebook():
    """What the tutorial's notebook makes: four networks and four Keras Adams, after one update."""
    sys.path.insert(0, str(Path(__file__).parent / "standin"))
    try:
        from tf_cyclegan.networks import external

        pix2pix = external.pix2pix()
    finally:
        sys.path.pop(0)
        for name in [name for name in sys.modules if name.startswith("tensorflow_examples")]:
            del sys.modules[name]
    objects = {
        "generator_g": pix2pix.unet_generator(3, norm_type="instancenorm"),
        "generator_f": pix2pix.unet_generator(3, norm_type="instancenorm"),
        "discriminator_x": pix2pix.discriminator(norm_type="instancenorm", target=False),
        "discriminator_y": pix2pix.discriminator(norm_type="instancenorm", target=False),
    }
    for name in list(objects):
        adam = keras.optimizers.Adam(2e-4, beta_1=0.5)
        variables = objects[name].trainable_variables
        adam.apply_gradients([(tf.ones(v.shape), v) for v in variables])
        objects[f"{name}_optimizer"] = adam
    return objects


@pytest.fixture(scope="module")
def tutorial():
    return CycleGAN(from_recipe("tutorial"))


def assert_same(model, notebook):
    for name in NETWORKS:
        ours = [*getattr(model, name).weights, *model.optimizers[name].variables]
        theirs = [*notebook[name].weights, *notebook[f"{name}_optimizer"].variables]
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(a.numpy(), b.numpy())


def test_the_notebooks_checkpoint_restores_here(tmp_path, notebook, tutorial):
    manager = tf.train.CheckpointManager(tf.train.Checkpoint(**notebook), str(tmp_path), 5)
    checkpoints.restore_tutorial(manager.save(), tutorial)
    assert_same(tutorial, notebook)


def test_a_checkpoint_of_here_restores_in_the_notebook(tmp_path, notebook, tutorial):
    state = TrainingState(len(tutorial.loss_names), [1, 2])
    for name in NETWORKS:
        variables = tutorial.optimizers[name].variables
        variables[-1].assign(tf.fill(variables[-1].shape, 0.25))
    path = Checkpoints(tmp_path, tutorial, state, 1).save()
    tf.train.Checkpoint(**notebook).restore(str(path)).assert_existing_objects_matched()
    assert_same(tutorial, notebook)
