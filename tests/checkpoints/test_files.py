"""Damage of every kind, what is found all the same, and what is tidied away."""

import shutil

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
    """Three small checkpoints: of the steps 4, 8 and 12."""
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


def turn_a_bit(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def fill_with_text(path):
    path.write_text("x" * path.stat().st_size)


def remove(path):
    path.unlink()


@pytest.mark.parametrize("harm", [cut, empty, turn_a_bit, fill_with_text])
@pytest.mark.parametrize("file", [0, 1], ids=["index", "data"])
def test_the_newest_whole_one_is_found_and_the_damage_told(workdir, harm, file):
    harm(files(workdir, 12)[file])
    path, damaged = checkpoint_files.newest_whole(workdir)
    assert path.name == "ckpt-8"
    assert len(damaged) == 1
    assert damaged[0].startswith(f"{workdir}/checkpoints/ckpt-12: is damaged (")
    assert "\n" not in damaged[0]
    with pytest.raises(UserError, match=r"ckpt-12: is damaged .* choose another checkpoint"):
        checkpoint_files.find(workdir, 12)


def test_a_missing_shard_is_damage_and_a_missing_index_no_checkpoint(workdir):
    files(workdir, 12)[1].unlink()
    assert checkpoint_files.newest_whole(workdir)[0].name == "ckpt-8"
    files(workdir, 8)[0].unlink()
    path, damaged = checkpoint_files.newest_whole(workdir)
    assert path.name == "ckpt-4"
    assert len(damaged) == 1


def test_when_all_are_damaged_it_is_an_error_that_names_them(workdir):
    before = {path: path.stat().st_mtime_ns for path in workdir.rglob("*")}
    for step in (4, 8, 12):
        cut(files(workdir, step)[1])
    with pytest.raises(UserError, match=r"all 3 .*ckpt-12: .*ckpt-8: .*ckpt-4: .*another workdir"):
        checkpoint_files.newest_whole(workdir)
    assert set(before) == set(workdir.rglob("*"))


@pytest.mark.parametrize("harm", [cut, empty, fill_with_text, remove])
def test_tensorflows_list_is_not_needed_and_made_anew(workdir, harm):
    harm(workdir / "checkpoints" / "checkpoint")
    assert checkpoint_files.newest_whole(workdir)[0].name == "ckpt-12"
    checkpoint_files.tidy(workdir)
    state = tf.train.get_checkpoint_state(str(workdir / "checkpoints"))
    assert [path[-6:].lstrip("/-") for path in state.all_model_checkpoint_paths] == [
        "ckpt-4",
        "ckpt-8",
        "ckpt-12"[-6:],
    ]


def test_random_damage_is_never_anything_but_whole_or_told(workdir):
    """A turned bit is either noticed, or was in no place that is read."""
    rng = np.random.default_rng(0)
    whole = {file: file.read_bytes() for file in files(workdir, 12)}
    for _ in range(100):
        file, data = list(whole.items())[rng.integers(2)]
        harmed = bytearray(data)
        harmed[rng.integers(len(data))] ^= 1 << rng.integers(8)
        file.write_bytes(harmed[: rng.integers(len(data))] if rng.random() < 0.3 else harmed)
        path, _ = checkpoint_files.newest_whole(workdir)
        if path.name == "ckpt-12":
            reader = tf.train.load_checkpoint(str(path))
            value = reader.get_tensor("generator_g/.ATTRIBUTES/VARIABLE_VALUE")
            np.testing.assert_array_equal(value, np.arange(1000))
        file.write_bytes(data)


def test_what_a_killed_save_left_is_tidied_away_and_the_rest_stays(workdir):
    folder = workdir / "checkpoints"
    (folder / "ckpt-16_temp").mkdir()
    (folder / "ckpt-16_temp" / "part-00000-of-00001.data-00000-of-00001").write_text("half")
    (folder / "ckpt-16.data-00000-of-00001").write_text("without an index")
    (folder / "ckpt-12.data-00000-of-00001.tempstate123").write_text("half")
    (folder / "notes.txt").write_text("a person's")
    before = sorted(path.name for path in folder.iterdir() if path.name.startswith("ckpt-4"))
    checkpoint_files.tidy(workdir)
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "checkpoint",
        "notes.txt",
        *(f"ckpt-{step}.{part}" for step in (4, 8, 12) for part in ("index", before[0][7:])),
    }
    assert steps(workdir) == [4, 8, 12]


def test_a_kept_one_stays_when_the_other_goes(workdir):
    checkpoint_files.keep(workdir / "checkpoints" / "ckpt-4")
    for file in files(workdir, 4):
        file.unlink()
    assert steps(workdir) == [4, 8, 12]
    path = checkpoint_files.find(workdir, 4)
    assert path.parent.name == "kept"
    assert checkpoint_files.config_in(path) == CONFIG


def test_keeping_works_where_files_cannot_be_linked(workdir, monkeypatch):
    def refuse(*_):
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(checkpoint_files.os, "link", refuse)
    checkpoint_files.keep(workdir / "checkpoints" / "ckpt-8")
    assert checkpoint_files.damage(workdir / "checkpoints" / "kept" / "ckpt-8") is None


def test_an_empty_workdir_says_what_makes_a_model(tmp_path):
    assert checkpoint_files.find_all(tmp_path) == []
    for look in (checkpoint_files.newest_whole, lambda workdir: checkpoint_files.find(workdir, 4)):
        with pytest.raises(UserError, match=r"no trained model; python scripts/train\.py"):
            look(tmp_path)


def test_a_step_that_is_not_there_names_those_that_are(workdir):
    with pytest.raises(UserError, match="no checkpoint of step 5; there are 4, 8, 12"):
        checkpoint_files.find(workdir, 5)


def test_what_is_in_a_checkpoint(workdir):
    path = checkpoint_files.find(workdir, 8)
    assert checkpoint_files.networks_in(path) == {"generator_g", "config", "save_counter"}
    assert checkpoint_files.config_in(path) == CONFIG


def test_a_checkpoint_without_settings_is_not_ours(tmp_path):
    folder = tmp_path / "checkpoints"
    tf.train.Checkpoint(v=tf.Variable(1.0)).write(str(folder / "ckpt-1"))
    with pytest.raises(UserError, match=r"ckpt-1: carries no settings"):
        checkpoint_files.config_in(folder / "ckpt-1")


def test_a_moved_workdir_is_found_where_it_is(workdir, tmp_path_factory):
    moved = shutil.move(workdir, tmp_path_factory.mktemp("new") / "moved")
    assert checkpoint_files.newest_whole(moved)[0].parent == moved / "checkpoints"


def test_the_best_takes_the_place_of_the_last_best_and_stays(workdir):
    with pytest.raises(UserError, match="no checkpoint is known to be the best; evaluate_every"):
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
