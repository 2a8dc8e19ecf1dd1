"""Overwriting and restoring, the tutorial's checkpoints in both directions, and what is refused."""

import dataclasses
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

import helpers
from tf_cyclegan.checkpoints import files as checkpoint_files
from tf_cyclegan.checkpoints import saving
from tf_cyclegan.checkpoints.saving import Checkpoints, TrainingState
from tf_cyclegan.config import Config, from_recipe
from tf_cyclegan.model.cyclegan import NETWORKS, CycleGAN
from tf_cyclegan.system.errors import UserError

TINY = Config(image_size=32, filters=2, dropout=0.5)


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
    state = TrainingState(len(model.scalar_names), [1, 2])
    config = dataclasses.replace(config, max_to_keep=max_to_keep)
    return model, state, Checkpoints(workdir, model, state, config)


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
    saved.restore(path)
    for variable, value in zip(variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)


def test_a_new_process_gets_everything(tmp_path):
    model, state, saved = new_run(tmp_path)
    model.train_step(*np.ones((2, 1, 32, 32, 3), np.float32))
    path = saved.save()
    other, other_state, other_saved = new_run(tmp_path, dataclasses.replace(TINY, seed=5))
    other_saved.restore(path)
    ours, theirs = values(everything(model, state)), values(everything(other, other_state))
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(a, b)


def test_old_ones_are_deleted_and_those_to_keep_stay(tmp_path):
    _, state, saved = new_run(tmp_path, max_to_keep=2)
    for step in (5, 10, 15, 20):
        state.step.assign(step)
        saved.save(keep=step == 10)
    steps = [checkpoint_files.step_of(path) for path in checkpoint_files.find_all(tmp_path)]
    assert steps == [10, 15, 20]
    _, state, saved = new_run(tmp_path, max_to_keep=2)
    state.step.assign(25)
    saved.save()
    paths = [str(path.relative_to(tmp_path)) for path in checkpoint_files.find_all(tmp_path)]
    assert paths == ["checkpoints/kept/ckpt-10", "checkpoints/ckpt-20", "checkpoints/ckpt-25"]
    assert checkpoint_files.damage(tmp_path / paths[0]) is None


def test_a_checkpoint_carries_the_settings_that_it_was_saved_with(tmp_path):
    _, _, saved = new_run(tmp_path)
    path = saved.save()
    assert checkpoint_files.config_in(path) == TINY
    longer = dataclasses.replace(TINY, epochs=50, max_to_keep=3)
    _, state, saved = new_run(tmp_path, longer)
    saved.restore(path)
    state.step.assign(8)
    assert checkpoint_files.config_in(saved.save()) == longer


@pytest.mark.parametrize("changes", [{"filters": 3}, {"image_size": 128}])
def test_another_network_is_refused(tmp_path, changes):
    _, _, saved = new_run(tmp_path)
    path = saved.save()
    _, _, other = new_run(tmp_path, dataclasses.replace(TINY, **changes))
    with pytest.raises(UserError, match="does not match the networks") as caught:
        other.restore(path)
    assert "ckpt-0" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_checkpoint_that_cannot_be_written_is_told(tmp_path):
    _, _, saved = new_run(tmp_path)
    (tmp_path / "checkpoints").write_text("in the way")
    with pytest.raises(UserError, match="a checkpoint cannot be written"):
        saved.save()


def limit_file_size(size):
    """What a quota does: a longer file cannot be written. Python ignores the signal for it."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


def assert_first_checkpoint_is_all_there_is(workdir):
    assert [path.name for path in checkpoint_files.find_all(workdir)] == ["ckpt-0"]
    assert checkpoint_files.newest_whole(workdir)[1] == []
    left = {path.name.split(".")[0] for path in (workdir / "checkpoints").iterdir()}
    assert left == {"checkpoint", "ckpt-0"}


def test_a_quota_leaves_the_earlier_checkpoints_whole_and_nothing_half_written(tmp_path):
    _, state, saved = new_run(tmp_path)
    saved.save()
    state.step.assign(4)
    limit_file_size(50_000)
    try:
        with pytest.raises(UserError, match=r"cannot be written .* MiB are free .* takes \d MiB"):
            saved.save()
    finally:
        limit_file_size(resource.RLIM_INFINITY)
    assert_first_checkpoint_is_all_there_is(tmp_path)
    assert saved.save().name == "ckpt-4", "with room again it goes on"


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 4 MiB, where the machine lets us make one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting needs root; the quota test does the same without")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_leaves_the_earlier_checkpoints_whole(small_disk):
    _, state, saved = new_run(small_disk)
    saved.save()
    state.step.assign(4)
    filler = small_disk / "filler"
    filler.write_bytes(bytes(shutil.disk_usage(small_disk).free - 20_000))
    with pytest.raises(UserError, match="No space left on device"):
        saved.save()
    assert_first_checkpoint_is_all_there_is(small_disk)
    filler.unlink()
    assert saved.save().name == "ckpt-4"


def test_networks_alone_are_restored_without_the_rest(tmp_path):
    model, _, saved = new_run(tmp_path)
    path = saved.save()
    other = CycleGAN(dataclasses.replace(TINY, seed=9))
    kept = values(other.generator_f.weights)
    saving.restore_networks(path, generator_g=other.generator_g)
    for a, b in zip(model.generator_g.weights, other.generator_g.weights, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())
    for a, b in zip(kept, other.generator_f.weights, strict=True):
        np.testing.assert_array_equal(a, b.numpy())


@pytest.fixture(scope="module")
def notebook():
    """What the tutorial's notebook makes: four networks and four Keras Adams, after one update."""
    sys.path.insert(0, str(Path(helpers.__file__).parent / "standin"))
    try:
        from tf_cyclegan.networks import tensorflow_examples

        pix2pix = tensorflow_examples._pix2pix()
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
    saving.restore_tutorial(manager.save(), tutorial)
    assert_same(tutorial, notebook)


def test_a_checkpoint_of_here_restores_in_the_notebook(tmp_path, notebook, tutorial):
    state = TrainingState(len(tutorial.scalar_names), [1, 2])
    for name in NETWORKS:
        variables = tutorial.optimizers[name].variables
        variables[-1].assign(tf.fill(variables[-1].shape, 0.25))
    path = Checkpoints(tmp_path, tutorial, state, TINY).save()
    tf.train.Checkpoint(**notebook).restore(str(path)).assert_existing_objects_matched()
    assert_same(tutorial, notebook)
