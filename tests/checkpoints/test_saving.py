"""Saving and restoring, also by the tutorial's notebook, and full disks."""

import dataclasses
import resource
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from helpers.notebook import standin_objects
from tf_cyclegan.checkpoints import files as checkpoint_files
from tf_cyclegan.checkpoints import saving
from tf_cyclegan.checkpoints.saving import Checkpoints, TrainingState
from tf_cyclegan.config import Config, from_recipe
from tf_cyclegan.model.cyclegan import NETWORKS, CycleGAN
from tf_cyclegan.system.errors import UserError

TINY = Config(image_size=32, filters=2, dropout=0.5)


def everything(model, state):
    """All variables that training changes."""
    variables = [*state.variables, *model.dropout_state()]
    for name in NETWORKS:
        variables += [*getattr(model, name).trainable_variables, *model.optimizers[name].variables]
    return variables


def values(variables):
    return [v.numpy().copy() for v in variables]


def assert_equal(found, expected):
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a, b)


def new_run(workdir, config=TINY, max_to_keep=3):
    model = CycleGAN(config)
    state = TrainingState(len(model.scalar_names), [1, 2])
    config = dataclasses.replace(config, max_to_keep=max_to_keep)
    return model, state, Checkpoints(workdir, model, state, config)


def test_everything_is_restored_here_and_in_a_new_process(tmp_path):
    model, state, saved = new_run(tmp_path)
    variables = everything(model, state)
    for i, variable in enumerate(variables):
        variable.assign(tf.ones(variable.shape, variable.dtype) * tf.cast(i % 100, variable.dtype))
    state.step.assign(7)
    expected = values(variables)
    path = saved.save()
    assert path == tmp_path / "checkpoints" / "ckpt-7"
    for variable in variables:
        variable.assign(tf.zeros(variable.shape, variable.dtype))
    saved.restore(path)
    assert_equal(values(variables), expected)
    other, other_state, other_saved = new_run(tmp_path, dataclasses.replace(TINY, seed=5))
    other_saved.restore(path)
    assert_equal(values(everything(other, other_state)), expected)


def test_the_history_comes_back_and_may_be_missing(tmp_path):
    _, state, saved = new_run(tmp_path)
    assert saved.restore(saved.save("epoch,step\n1,4\n")) == "epoch,step\n1,4\n"
    # As earlier versions saved.
    state.step.assign(1)
    before = tf.train.Checkpoint(**saved._objects).save(str(tmp_path / "checkpoints" / "ckpt"))
    _, other_state, other = new_run(tmp_path)
    assert other.restore(Path(before)) == ""
    assert other_state.step == 1


def test_old_ones_are_deleted_and_kept_ones_stay(tmp_path):
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
    assert checkpoint_files.find_fault(tmp_path / paths[0]) is None


def test_a_checkpoint_holds_the_settings_of_its_run(tmp_path):
    _, _, saved = new_run(tmp_path)
    path = saved.save()
    assert checkpoint_files.config_in(path) == TINY
    longer = dataclasses.replace(TINY, epochs=50, max_to_keep=3)
    _, state, saved = new_run(tmp_path, longer)
    saved.restore(path)
    state.step.assign(8)
    assert checkpoint_files.config_in(saved.save()) == longer


def test_one_that_cannot_be_kept_is_an_error(tmp_path):
    _, _, saved = new_run(tmp_path)
    (tmp_path / "checkpoints" / "kept").write_text("in the way")
    with pytest.raises(UserError, match=r"cannot write a checkpoint \(File exists: .*kept'; "):
        saved.save(keep=True)
    (tmp_path / "checkpoints" / "best").write_text("in the way")
    with pytest.raises(UserError, match=r"cannot write a checkpoint \(File exists: .*best'; "):
        saved.keep_best(0)


def test_a_folder_in_the_place_of_tensorflows_list_is_set_aside(tmp_path):
    (tmp_path / "checkpoints" / "checkpoint").mkdir(parents=True)
    _, _, saved = new_run(tmp_path)
    assert saved.save().name == "ckpt-0"


@pytest.mark.parametrize("changes", [{"filters": 3}, {"image_size": 128}])
def test_other_networks_are_refused(tmp_path, changes):
    _, _, saved = new_run(tmp_path)
    path = saved.save()
    _, _, other = new_run(tmp_path, dataclasses.replace(TINY, **changes))
    with pytest.raises(UserError, match="does not match the networks") as caught:
        other.restore(path)
    assert "ckpt-0" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unwritable_checkpoint_is_an_error(tmp_path):
    _, _, saved = new_run(tmp_path)
    (tmp_path / "checkpoints").rmdir()
    (tmp_path / "checkpoints").write_text("in the way")
    with pytest.raises(UserError, match="cannot write a checkpoint"):
        saved.save()
    with pytest.raises(UserError, match=r"checkpoints: cannot be made .*; move what is there"):
        new_run(tmp_path)


def limit_file_size(size):
    """Makes longer files fail, as a quota does. Python ignores the signal for it."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


def assert_only_the_first_checkpoint(workdir):
    assert [path.name for path in checkpoint_files.find_all(workdir)] == ["ckpt-0"]
    assert checkpoint_files.newest_intact(workdir)[1] == []
    left = {path.name.split(".")[0] for path in (workdir / "checkpoints").iterdir()}
    assert left == {"checkpoint", "ckpt-0"}


def test_a_quota_leaves_earlier_checkpoints_intact_and_no_partial_one(tmp_path):
    _, state, saved = new_run(tmp_path)
    saved.save()
    state.step.assign(4)
    limit_file_size(50_000)
    try:
        with pytest.raises(UserError, match=r"cannot write .* MiB are free, .* takes \d\.\d MiB"):
            saved.save()
    finally:
        limit_file_size(resource.RLIM_INFINITY)
    assert_only_the_first_checkpoint(tmp_path)
    assert saved.save().name == "ckpt-4", "with free space it saves again"


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 4 MiB, where mounting is allowed."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting needs root; the quota test needs none")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_leaves_earlier_checkpoints_intact(small_disk):
    _, state, saved = new_run(small_disk)
    saved.save()
    state.step.assign(4)
    filler = small_disk / "filler"
    filler.write_bytes(bytes(shutil.disk_usage(small_disk).free - 20_000))
    with pytest.raises(UserError, match="No space left on device"):
        saved.save()
    assert_only_the_first_checkpoint(small_disk)
    filler.unlink()
    assert saved.save().name == "ckpt-4"


def test_an_index_that_a_full_disk_cuts_off_is_removed(tmp_path, monkeypatch):
    _, state, saved = new_run(tmp_path)
    saved.save()
    save = tf.train.CheckpointManager.save

    def cut_off(*arguments, **settings):
        index = Path(save(*arguments, **settings) + ".index")
        index.write_bytes(index.read_bytes()[:100])
        raise tf.errors.ResourceExhaustedError(None, None, f"{index}; No space left on device")

    state.step.assign(4)
    monkeypatch.setattr(tf.train.CheckpointManager, "save", cut_off)
    with pytest.raises(UserError, match=r"ckpt-4\.index; No space left on device; .* are free"):
        saved.save()
    assert_only_the_first_checkpoint(tmp_path)


def test_networks_are_restored_without_the_rest(tmp_path):
    model, _, saved = new_run(tmp_path)
    other = CycleGAN(dataclasses.replace(TINY, seed=9))
    unchanged = values(other.generator_f.weights)
    saving.restore_networks(saved.save(), generator_g=other.generator_g)
    assert_equal(values(other.generator_g.weights), values(model.generator_g.weights))
    assert_equal(values(other.generator_f.weights), unchanged)


def test_the_notebook_restores_our_checkpoints(tmp_path, monkeypatch):
    notebook = standin_objects(monkeypatch, filters=4)
    ours = CycleGAN(from_recipe("tutorial", {"filters": 4}))
    for name in NETWORKS:
        slot = ours.optimizers[name].variables[-1]
        slot.assign(tf.fill(slot.shape, 0.25))
    path = Checkpoints(tmp_path, ours, TrainingState(len(ours.scalar_names), [1, 2]), TINY).save()
    tf.train.Checkpoint(**notebook).restore(str(path)).assert_existing_objects_matched()
    for name in NETWORKS:
        variables = [*getattr(ours, name).weights, *ours.optimizers[name].variables]
        theirs = [*notebook[name].weights, *notebook[f"{name}_optimizer"].variables]
        assert_equal(values(variables), values(theirs))


def test_a_renamed_checkpoint_is_told(tmp_path):
    _, state, saved = new_run(tmp_path)
    for step in (4, 8):
        state.step.assign(step)
        saved.save()
    folder = tmp_path / "checkpoints"
    for file in checkpoint_files.files_of(folder / "ckpt-4"):
        shutil.copy(file, folder / file.name.replace("ckpt-4", "ckpt-99999999999"))
    newest, damaged = checkpoint_files.newest_intact(tmp_path)
    assert newest == folder / "ckpt-8"
    assert damaged == [f"{folder / 'ckpt-99999999999'}: is that of step 4, renamed, skipped"]
