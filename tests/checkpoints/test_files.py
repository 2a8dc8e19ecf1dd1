"""Finding, keeping and cleaning up checkpoint files, and damage of every kind."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tf_cyclegan.checkpoints import files as checkpoint_files
from tf_cyclegan.config import Config
from tf_cyclegan.config.json_file import to_json
from tf_cyclegan.system.errors import UserError

CONFIG = Config(epochs=7)


@pytest.fixture
def workdir(tmp_path):
    """Three small checkpoints, of steps 4, 8 and 12."""
    numbers = tf.Variable(np.arange(1000, dtype=np.float32))
    config = tf.Variable(to_json(CONFIG))
    checkpoint = tf.train.Checkpoint(generator_g=numbers, config=config)
    manager = tf.train.CheckpointManager(checkpoint, str(tmp_path / "checkpoints"), max_to_keep=3)
    for step in (4, 8, 12):
        manager.save(checkpoint_number=step)
    return tmp_path


def files(workdir, step):
    folder = workdir / "checkpoints"
    return folder / f"ckpt-{step}.index", folder / f"ckpt-{step}.data-00000-of-00001"


def steps(workdir):
    return [checkpoint_files.step_of(path) for path in checkpoint_files.find_all(workdir)]


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path):
    path.write_bytes(b"")


def flip_a_bit(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def fill_with_text(path):
    path.write_text("x" * path.stat().st_size)


@pytest.mark.parametrize("harm", [cut, empty, flip_a_bit, fill_with_text])
@pytest.mark.parametrize("file", [0, 1], ids=["index", "data"])
def test_the_newest_intact_one_is_found_and_damage_reported(workdir, harm, file):
    harm(files(workdir, 12)[file])
    path, damaged = checkpoint_files.newest_intact(workdir)
    assert path.name == "ckpt-8"
    assert len(damaged) == 1
    assert damaged[0].startswith(f"{workdir}/checkpoints/ckpt-12: is damaged (")
    assert "\n" not in damaged[0]
    with pytest.raises(UserError, match=r"ckpt-12: is damaged .* choose another checkpoint"):
        checkpoint_files.find(workdir, 12)


def test_a_missing_shard_is_a_fault_and_without_an_index_there_is_no_checkpoint(workdir):
    files(workdir, 12)[1].unlink()
    path, (fault,) = checkpoint_files.newest_intact(workdir)
    assert path.name == "ckpt-8"
    assert fault.startswith(f"{workdir}/checkpoints/ckpt-12: cannot be read (")
    files(workdir, 8)[0].unlink()
    path, damaged = checkpoint_files.newest_intact(workdir)
    assert path.name == "ckpt-4"
    assert len(damaged) == 1


def test_an_error_lists_all_when_all_are_damaged(workdir):
    before = set(workdir.rglob("*"))
    for step in (4, 8, 12):
        cut(files(workdir, step)[1])
    with pytest.raises(
        UserError, match=r"none of 3 .*ckpt-12: .*ckpt-8: .*ckpt-4: .*another workdir"
    ):
        checkpoint_files.newest_intact(workdir)
    assert set(workdir.rglob("*")) == before


def test_an_unreadable_checkpoint_is_never_called_damaged(workdir, monkeypatch):
    def denied(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tf.train, "load_checkpoint", denied)
    with pytest.raises(UserError, match=r"Permission denied.*; make them readable") as caught:
        checkpoint_files.newest_intact(workdir)
    assert "damaged" not in str(caught.value)
    assert "start again" not in str(caught.value)


def test_checkpoints_deleted_meanwhile_are_skipped_without_a_word(workdir, monkeypatch):
    load = tf.train.load_checkpoint

    def rotated(path):
        if path.endswith("ckpt-12"):
            for file in files(workdir, 12):
                file.unlink(missing_ok=True)
        return load(path)

    monkeypatch.setattr(tf.train, "load_checkpoint", rotated)
    path, faults = checkpoint_files.newest_intact(workdir)
    assert (path.name, faults) == ("ckpt-8", [])


@pytest.mark.parametrize("harm", [cut, empty, fill_with_text, Path.unlink])
def test_tensorflows_list_is_not_needed_and_is_rewritten(workdir, harm):
    harm(workdir / "checkpoints" / "checkpoint")
    assert checkpoint_files.newest_intact(workdir)[0].name == "ckpt-12"
    checkpoint_files.clean_up(workdir)
    state = tf.train.get_checkpoint_state(str(workdir / "checkpoints"))
    names = [Path(path).name for path in state.all_model_checkpoint_paths]
    assert names == ["ckpt-4", "ckpt-8", "ckpt-12"]


def test_random_damage_is_detected_or_harmless(workdir):
    rng = np.random.default_rng(0)
    whole = {file: file.read_bytes() for file in files(workdir, 12)}
    for _ in range(100):
        file, data = list(whole.items())[rng.integers(2)]
        harmed = bytearray(data)
        harmed[rng.integers(len(data))] ^= 1 << rng.integers(8)
        file.write_bytes(harmed[: rng.integers(len(data))] if rng.random() < 0.3 else harmed)
        path, _ = checkpoint_files.newest_intact(workdir)
        if path.name == "ckpt-12":
            reader = tf.train.load_checkpoint(str(path))
            value = reader.get_tensor("generator_g/.ATTRIBUTES/VARIABLE_VALUE")
            np.testing.assert_array_equal(value, np.arange(1000))
        file.write_bytes(data)


def test_files_of_a_killed_save_are_removed_and_no_others(workdir):
    folder = workdir / "checkpoints"
    before = {path.name for path in folder.iterdir()}
    (folder / "ckpt-16_temp").mkdir()
    (folder / "ckpt-16_temp" / "part-00000-of-00001.data-00000-of-00001").write_text("half")
    (folder / "ckpt-16.data-00000-of-00001").write_text("without an index")
    (folder / "ckpt-12.data-00000-of-00001.tempstate123").write_text("half")
    persons = {
        "notes.txt",
        "ckpt-20-good.index",
        "ckpt-20-good.data-00000-of-00001",
        "ckpt-x.index",
    }
    persons |= {"ckpt-9.zip", "ckpt-٣.index"}
    for name in persons:
        (folder / name).write_text("a person's")
    for name in ("ckpt-backup", "ckpt-12_old"):
        (folder / name).mkdir()
    (folder / "ckpt-99_temp").symlink_to(folder / "ckpt-backup")
    persons |= {"ckpt-backup", "ckpt-12_old", "ckpt-99_temp"}
    checkpoint_files.clean_up(workdir)
    assert {path.name for path in folder.iterdir()} == before | persons
    assert steps(workdir) == [4, 8, 12]


def test_a_kept_one_stays_when_the_original_is_deleted(workdir):
    checkpoint_files.keep(workdir / "checkpoints" / "ckpt-4")
    for file in files(workdir, 4):
        file.unlink()
    assert steps(workdir) == [4, 8, 12]
    path = checkpoint_files.find(workdir, 4)
    assert path.parent.name == "kept"
    assert checkpoint_files.config_in(path) == CONFIG


def test_keeping_works_without_hard_links(workdir, monkeypatch):
    def refuse(*_):
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(checkpoint_files.os, "link", refuse)
    checkpoint_files.keep(workdir / "checkpoints" / "ckpt-8")
    assert checkpoint_files.find_fault(workdir / "checkpoints" / "kept" / "ckpt-8") is None


def test_an_empty_workdir_names_the_command_that_trains(tmp_path):
    assert checkpoint_files.find_all(tmp_path) == []
    for look in (checkpoint_files.newest_intact, lambda workdir: checkpoint_files.find(workdir, 4)):
        with pytest.raises(UserError, match=r"no trained model; python scripts/train\.py"):
            look(tmp_path)


def test_an_unknown_step_is_refused_with_those_that_exist(workdir):
    with pytest.raises(UserError, match="no checkpoint of step 5; there are 4, 8, 12"):
        checkpoint_files.find(workdir, 5)


def test_contents(workdir, tmp_path):
    path = checkpoint_files.find(workdir, 8)
    assert checkpoint_files.object_names(path) == {"generator_g", "config", "save_counter"}
    assert checkpoint_files.config_in(path) == CONFIG
    tf.train.Checkpoint(v=tf.Variable(1.0)).write(str(tmp_path / "ckpt-1"))
    with pytest.raises(UserError, match=r"ckpt-1: holds no settings"):
        checkpoint_files.config_in(tmp_path / "ckpt-1")


def test_a_workdir_may_be_moved(workdir, tmp_path_factory):
    moved = shutil.move(workdir, tmp_path_factory.mktemp("new") / "moved")
    assert checkpoint_files.newest_intact(moved)[0].parent == moved / "checkpoints"


def test_a_new_best_replaces_the_old_and_stays(workdir):
    with pytest.raises(UserError, match="no checkpoint has a score; train with evaluate_every"):
        checkpoint_files.find_best(workdir)
    for step in (4, 8, 8):
        checkpoint_files.keep_best(workdir, step)
    for file in files(workdir, 8):
        file.unlink()
    checkpoint_files.keep_best(workdir, 8)
    best = checkpoint_files.find_best(workdir)
    assert best == workdir / "checkpoints" / "best" / "ckpt-8"
    assert {file.name.split(".")[0] for file in best.parent.iterdir()} == {"ckpt-8"}
    assert steps(workdir) == [4, 8, 12]
    empty(best.with_name("ckpt-8.data-00000-of-00001"))
    with pytest.raises(UserError, match=r"best/ckpt-8: is damaged"):
        checkpoint_files.find_best(workdir)


def test_a_whole_copy_stands_in_for_a_damaged_one_of_the_same_step(workdir):
    newest = workdir / "checkpoints" / "ckpt-12"
    checkpoint_files.keep(newest)
    kept = newest.parent / "kept" / "ckpt-12"
    for file in checkpoint_files.files_of(newest):
        content = file.read_bytes()
        file.unlink()  # It is a link to the copy.
        file.write_bytes(content[:100])
    assert checkpoint_files.newest_intact(workdir)[0] == kept
    assert checkpoint_files.find(workdir, 12) == kept
    assert steps(workdir) == [4, 8, 12]


def test_where_nothing_is_trained_there_is_no_best_either(tmp_path):
    with pytest.raises(UserError, match="holds no trained model"):
        checkpoint_files.find_best(tmp_path)
