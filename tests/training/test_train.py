"""The trainer from a shrunken config, and what it refuses."""

import dataclasses
import io
import json
import os
import re
import shutil

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from helpers.pictures import make_folder
from tf_cyclegan.checkpoints import files as checkpoint_files
from tf_cyclegan.data import sources
from tf_cyclegan.monitoring import charts, history, report
from tf_cyclegan.monitoring.history import History
from tf_cyclegan.monitoring.tensorboard_log import TensorBoardLog
from tf_cyclegan.system import locks
from tf_cyclegan.system.errors import UserError
from tf_cyclegan.training import callbacks
from tf_cyclegan.training.progress import Progress
from tf_cyclegan.training.run import Run
from tf_cyclegan.training.train import Outcome, train
from tf_cyclegan.translation.translator import Translator


@pytest.fixture(scope="module")
def trained(tiny, tmp_path_factory):
    """A workdir after 2 epochs of 4 steps."""
    workdir = tmp_path_factory.mktemp("runs") / "tiny"
    assert train(tiny, workdir) == Outcome(steps=8, epochs=2, trained=True)
    return workdir


@pytest.fixture
def copied(trained, tmp_path):
    return shutil.copytree(trained, tmp_path / "run")


def contents(workdir):
    return {p: p.read_bytes() for p in sorted(workdir.rglob("*")) if p.is_file()}


def test_workdir_holds_what_is_promised(trained, tiny):
    assert json.loads((trained / "config.json").read_text()) == tiny.to_dict()
    names = {p.relative_to(trained).as_posix() for p in trained.rglob("*") if p.is_file()}
    assert {"history.csv", "samples/epoch_0001.png", "samples/epoch_0002.png"} <= names
    assert {"report.html", "losses.png", "samples/progress.gif", "samples/progress.webp"} <= names
    assert any(name.startswith("logs/events") for name in names)
    assert {"checkpoints/ckpt-4.index", "checkpoints/ckpt-8.index"} <= names
    assert not [name for name in names if "partial" in name]
    with Image.open(trained / "samples" / "epoch_0002.png") as sheet:
        assert sheet.size == (4 + 6 * 132 + 12, 20 + 3 * 132)


def test_history_has_the_mean_losses_of_each_epoch(trained):
    rows = History(trained).rows
    assert [(row["epoch"], row["step"]) for row in rows] == [(1, 4), (2, 8)]
    for row in rows:
        assert all(np.isfinite(list(row.values())))
        assert row["total_g"] == pytest.approx(
            row["adversarial_g"] + row["cycle"] + row["identity_g"], rel=1e-5
        )
        # An untrained generator is about as far from the picture as grey is.
        assert 3 < row["cycle"] < 20


def test_a_finished_run_is_left_alone(copied, tiny):
    before = contents(copied)
    assert train(tiny, copied) == Outcome(steps=8, epochs=2, trained=False)
    assert contents(copied) == before


def test_a_run_killed_between_its_last_save_and_its_end_is_finished(copied, tiny, monkeypatch):
    """Its report, its curves and its animations."""

    def killed(self):
        raise KeyboardInterrupt

    longer = dataclasses.replace(tiny, epochs=3)
    with monkeypatch.context() as patch:
        patch.setattr(Run, "finish", killed)
        with pytest.raises(KeyboardInterrupt):
            train(longer, copied)
    assert checkpoint_files.newest_intact(copied)[0].name == "ckpt-12"
    assert not report.is_finished(copied)
    (copied / "losses.png").unlink()
    (copied / "samples" / "progress.gif").unlink()
    assert train(longer, copied) == Outcome(steps=12, epochs=3, trained=False)
    assert report.is_finished(copied)
    assert (copied / "losses.png").exists()
    assert (copied / "samples" / "progress.gif").exists()
    before = contents(copied)
    assert train(longer, copied).trained is False
    assert contents(copied) == before


@pytest.mark.parametrize("name", ["run[1]", "a\\b*?", os.fsdecode(b"caf\xe9")])
def test_any_workdir_does(tiny, tmp_path, name):
    """TensorFlow takes paths for patterns, and for UTF-8."""
    workdir = tmp_path / name / "run"
    config = dataclasses.replace(tiny, epochs=1, max_to_keep=1, checkpoint_every="1steps")
    assert train(config, workdir).steps == 4
    assert [path.name for path in checkpoint_files.find_all(workdir)] == ["ckpt-4"]
    assert train(dataclasses.replace(config, max_steps=6, epochs=2), workdir).steps == 6
    assert [path.name for path in checkpoint_files.find_all(workdir)] == ["ckpt-6"]
    assert Translator(workdir).checkpoint == workdir / "checkpoints" / "ckpt-6"
    assert {path.name.split(".")[0] for path in (workdir / "checkpoints").iterdir()} == {
        "checkpoint",
        "ckpt-6",
    }
    assert any((workdir / "logs").iterdir())


def test_damaged_accessories_do_not_stop_a_run(copied, tiny):
    losses = [row["total_g"] for row in History(copied).rows]
    (copied / "history.csv").write_bytes(b"\x00\xff")
    (copied / "samples" / "epoch_0001.png").write_text("not a picture")
    (copied / "samples" / "small" / "epoch_0001.webp").unlink()
    (copied / "samples" / "small" / "epoch_0002.webp").write_text("not a picture")
    shutil.rmtree(copied / "logs")
    (copied / "logs").write_text("not a folder")
    (copied / "report.html").unlink()
    assert train(dataclasses.replace(tiny, epochs=3), copied) == Outcome(12, 3, trained=True)
    damaged = {path.relative_to(copied).as_posix() for path in copied.rglob("*.damaged")}
    assert damaged == {"history.csv.damaged", "samples/epoch_0001.png.damaged", "logs.damaged"}
    rows = History(copied).rows
    assert [row["epoch"] for row in rows] == [1, 2, 3]
    assert [row["total_g"] for row in rows[:2]] == losses, "the checkpoint has them too"
    with Image.open(copied / "samples" / "small" / "epoch_0002.webp") as small:
        assert small.width == 560
    with Image.open(copied / "samples" / "progress.webp") as animation:
        assert animation.n_frames == 2


def test_what_stands_in_the_way_of_accessories_is_set_aside(copied, tiny):
    for name in ("samples", "history.csv", "losses.png", "report.html", "config.json"):
        path = copied / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        if name == "samples":
            path.symlink_to("samples")
        else:
            path.mkdir()
    assert train(dataclasses.replace(tiny, epochs=3), copied).steps == 12
    for name in ("history.csv", "losses.png", "report.html", "config.json"):
        assert (copied / name).is_file()
        assert (copied / f"{name}.damaged").is_dir()
    assert (copied / "samples.damaged").is_symlink()
    assert (copied / "samples" / "epoch_0003.png").is_file()


def test_accessories_that_cannot_be_written_do_not_stop_a_run(copied, tiny, monkeypatch):
    def full(path, data):
        raise OSError(28, "No space left on device", str(path))

    def broken(*_):
        raise tf.errors.ResourceExhaustedError(None, None, "No space left on device")

    for module in (history, callbacks, charts, report):
        monkeypatch.setattr(module, "write_output", full)
    monkeypatch.setattr(TensorBoardLog, "scalars", broken)
    told = io.StringIO()
    assert train(dataclasses.replace(tiny, epochs=3), copied, Progress(told)).steps == 12
    warned = [line for line in told.getvalue().splitlines() if "failed, training goes on" in line]
    names = ["WriteReport", "LogScalars", "WriteHistory", "WriteSamples", "Draw"]
    assert [line.split("Warning: ")[1].split()[0] for line in warned] == names
    assert all("No space left on device" in line for line in warned)
    monkeypatch.undo()
    assert train(dataclasses.replace(tiny, epochs=4), copied).steps == 16
    assert [row["epoch"] for row in History(copied).rows] == [1, 2, 3, 4]


def test_more_epochs_go_on_and_repeat_nothing(copied, tiny):
    longer = dataclasses.replace(tiny, epochs=3, checkpoint_every="2")
    assert train(longer, copied) == Outcome(steps=12, epochs=3, trained=True)
    assert [row["epoch"] for row in History(copied).rows] == [1, 2, 3]
    assert json.loads((copied / "config.json").read_text())["epochs"] == 3
    assert (copied / "checkpoints" / "ckpt-12.index").exists(), "the end is always saved"


def test_max_steps_ends_within_an_epoch_and_saves(copied, tiny):
    part = dataclasses.replace(tiny, epochs=9, max_steps=10)
    assert train(part, copied) == Outcome(steps=10, epochs=2, trained=True)
    assert (copied / "checkpoints" / "ckpt-10.index").exists()
    assert train(part, copied).trained is False


def test_another_run_is_refused_and_nothing_is_touched(copied, tiny):
    before = contents(copied)
    with pytest.raises(UserError, match=r"filters \(there 2, now 4\)"):
        train(dataclasses.replace(tiny, filters=4, epochs=9), copied)
    assert contents(copied) == before


def test_other_training_pictures_are_refused_and_nothing_is_touched(copied, tiny, monkeypatch):
    load = sources.load

    def one_more(dataset, split, **settings):
        pictures = load(dataset, split, **settings)
        names = (*pictures.names[:-1], "other.png") if split == "trainB" else pictures.names
        return dataclasses.replace(pictures, names=names)

    monkeypatch.setattr(sources, "load", one_more)
    before = contents(copied)
    with pytest.raises(UserError, match="was trained on other pictures"):
        train(dataclasses.replace(tiny, epochs=3), copied)
    assert contents(copied) == before


def test_saving_by_steps_and_keeping_some_for_good(copied, tiny):
    longer = dataclasses.replace(
        tiny, epochs=5, checkpoint_every="3steps", max_to_keep=2, keep_every=2
    )
    train(longer, copied)
    names = {p.relative_to(copied / "checkpoints") for p in copied.rglob("ckpt-*.index")}
    # Each third step, the end of the fourth epoch, the end; of the newest, two stay.
    assert sorted(map(str, names)) == ["ckpt-18.index", "ckpt-20.index", "kept/ckpt-16.index"]


def test_training_goes_on_from_the_newest_intact_checkpoint(copied, tiny):
    (copied / "checkpoints" / "ckpt-8.index").write_bytes(b"")
    told = io.StringIO()
    longer = dataclasses.replace(tiny, epochs=3)
    assert train(longer, copied, Progress(told)).steps == 12
    assert "ckpt-8: is damaged (" in told.getvalue()
    assert "Resuming from step 4, " in told.getvalue()
    assert [row["epoch"] for row in History(copied).rows] == [1, 2, 3]


def test_when_all_checkpoints_are_damaged_nothing_is_touched(copied, tiny):
    for data in copied.rglob("*.data*"):
        data.write_bytes(data.read_bytes()[:500])
    before = contents(copied)
    with pytest.raises(UserError, match=r"none of 2 checkpoints can be read"):
        train(dataclasses.replace(tiny, epochs=3), copied)
    assert contents(copied) == before


def test_the_settings_in_the_checkpoint_are_those_that_count(copied, tiny):
    (copied / "config.json").unlink()
    with pytest.raises(UserError, match=r"filters \(there 2, now 4\)"):
        train(dataclasses.replace(tiny, filters=4, epochs=9), copied)
    assert train(tiny, copied).trained is False


def test_a_workdir_in_use_is_refused(copied, tiny):
    with locks.hold(copied):
        before = contents(copied)
        with pytest.raises(UserError, match="is training here"):
            train(dataclasses.replace(tiny, epochs=3), copied)
        assert contents(copied) == before


def test_divergence_is_told_and_never_saved(tiny, tmp_path):
    wild = dataclasses.replace(tiny, learning_rate=1e30, checkpoint_every="1steps")
    with pytest.raises(UserError, match="diverged") as caught:
        train(wild, tmp_path / "run")
    told = str(caught.value)
    step = int(re.search(r"in step (\d+):", told)[1])
    assert step <= 3
    assert re.search(r": .*(total_g|generator_g).* stopped being finite, on the pictures ", told)
    assert re.search(r"trainA/\d\.png, trainB/\d\.png; ", told)
    for path in checkpoint_files.find_all(tmp_path / "run"):
        assert checkpoint_files.step_of(path) < step
        reader = tf.train.load_checkpoint(str(path))
        for name in reader.get_variable_to_shape_map():
            if "generator" in name and ".OPTIMIZER" not in name:
                value = reader.get_tensor(name)
                assert value.dtype != np.float32 or np.isfinite(value).all(), name


def test_bad_pictures_are_found_before_anything_is_written(tiny, tmp_path):
    root = make_folder(tmp_path / "photos", trainA=2, trainB=2)
    (root / "trainB" / "1.png").write_text("not a picture")
    with pytest.raises(UserError, match=r"trainB/1\.png: is not a picture"):
        train(dataclasses.replace(tiny, dataset=str(root)), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_workdir_under_a_file_is_refused(tiny, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UserError, match=r"workdir=.*file cannot be written to"):
        train(tiny, tmp_path / "file" / "run")


def test_without_test_pictures_the_samples_show_training_ones(tiny, tmp_path):
    root = make_folder(tmp_path / "photos", trainA=2, trainB=3)
    config = dataclasses.replace(tiny, dataset=str(root), epochs=1, limit_train=1)
    assert train(config, tmp_path / "run") == Outcome(1, 1, trained=True, tested=False)
    with Image.open(tmp_path / "run" / "samples" / "epoch_0001.png") as sheet:
        assert sheet.height == 20 + 132, "limited to the one picture trained on"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "pools", "averages"),
    [
        ({"generator": "resnet", "residual_blocks": 1, "pool_size": 3}, 4, 0),
        (
            {
                "pool_size": 3,
                "upsampling": "resize",
                "attention_mask": True,
                "ema": 0.9,
                "augment": "color,translation,cutout",
                "gradient_penalty": 0.1,
                "penalty_at": "between",
                "spectral_norm": True,
            },
            4,
            2,
        ),
    ],
    ids=["paper", "levers"],
)
def test_a_run_resumes_within_an_epoch_bit_for_bit(tiny, tmp_path, changes, pools, averages):
    """With image pools, which are full by then, and a learning rate that goes down."""
    config = dataclasses.replace(
        tiny,
        **changes,
        adversarial_loss="lsgan",
        epoch_length="larger",
        epochs=3,
        decay_start=1,
    )
    train(config, tmp_path / "whole")
    train(dataclasses.replace(config, max_steps=7), tmp_path / "parts")
    assert train(config, tmp_path / "parts") == Outcome(steps=15, epochs=3, trained=True)
    whole, parts = (
        tf.train.load_checkpoint(str(tmp_path / name / "checkpoints" / "ckpt-15"))
        for name in ("whole", "parts")
    )
    names = [n for n in whole.get_variable_to_shape_map() if "save_counter" not in n]
    assert len([n for n in names if n.startswith("pools/discriminator_")]) == pools
    assert len({n.split("/")[0] for n in names if n.startswith("ema_generator_")}) == averages
    vectors = [n for n in names if n.startswith("discriminator_x/") and "/vector/" in n]
    assert len(vectors) == (5 if config.spectral_norm else 0)
    for name in names:
        if name != "_CHECKPOINTABLE_OBJECT_GRAPH":
            np.testing.assert_array_equal(
                whole.get_tensor(name), parts.get_tensor(name), err_msg=name
            )
    ours, theirs = History(tmp_path / "whole").rows, History(tmp_path / "parts").rows
    assert [row["learning_rate"] for row in ours] == pytest.approx([2e-4, 4e-4 / 3, 2e-4 / 3])
    for row, other in zip(ours, theirs, strict=True):
        timed = {"steps_per_second", "step_seconds", "data_seconds"}
        assert {k: v for k, v in row.items() if k not in timed} == {
            k: v for k, v in other.items() if k not in timed
        }
