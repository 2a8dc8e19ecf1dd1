"""The runs of the demo, without its page."""

import dataclasses
import io
import os
import shutil

import numpy as np
import pytest
from PIL import Image

from helpers.pictures import make_picture
from tf_cyclegan.checkpoints import files as checkpoint_files
from tf_cyclegan.checkpoints.saving import Checkpoints, TrainingState
from tf_cyclegan.data import encoding, images
from tf_cyclegan.data.pictures import Pictures
from tf_cyclegan.data.sources import earth
from tf_cyclegan.model.cyclegan import CycleGAN
from tf_cyclegan.system.errors import UserError
from tf_cyclegan.translation import trained_runs
from tf_cyclegan.translation.trained_runs import TrainedRuns
from tf_cyclegan.translation.translator import Translator

PICTURE = make_picture(0)


@pytest.fixture(scope="module")
def saved(tiny, tmp_path_factory):
    """A run with checkpoints of the steps 0 and 5."""
    workdir = tmp_path_factory.mktemp("runs") / "tiny"
    model = CycleGAN(tiny)
    state = TrainingState(len(model.scalar_names), [1, 2])
    checkpoints = Checkpoints(workdir, model, state, tiny)
    checkpoints.save()
    state.step.assign(5)
    checkpoints.save()
    return workdir


@pytest.fixture
def workdir(saved, tmp_path):
    """A copy that a test may change."""
    return shutil.copytree(saved, tmp_path / "runs" / "tiny")


def pixels(data):
    return np.asarray(Image.open(io.BytesIO(data)))


def test_runs_with_checkpoints_are_found_the_newest_first(workdir):
    older = shutil.copytree(workdir, workdir.parent / "older")
    for index in older.rglob("*.index"):
        os.utime(index, (1, 1))
    (workdir.parent / "empty" / "checkpoints").mkdir(parents=True)
    (workdir.parent / "a file").touch()
    assert trained_runs.find(workdir.parent) == [workdir, older]
    assert trained_runs.find(workdir.parent / "none") == []


def test_a_run_has_its_checkpoints_and_keeps_a_loaded_one(workdir):
    runs = TrainedRuns([workdir])
    (name,) = runs.names
    assert runs.checkpoints(name) == ["newest", "5", "0"]
    newest = runs.translator(name)
    assert (newest.checkpoint.name, runs.translator(name, "0").checkpoint.name) == (
        "ckpt-5",
        "ckpt-0",
    )
    assert runs.translator(name) is newest
    checkpoint_files.keep_best(workdir, 0)
    assert runs.checkpoints(name) == ["newest", "best", "5", "0"]
    assert runs.translator(name, "best").checkpoint.parent.name == "best"


def test_newest_is_the_one_that_a_run_in_training_saved_last(workdir, tmp_path):
    files = checkpoint_files.files_of(workdir / "checkpoints" / "ckpt-5")
    moved = [shutil.move(file, tmp_path) for file in files]
    runs = TrainedRuns([workdir])
    assert runs.translator(runs.names[0]).checkpoint.name == "ckpt-0"
    for file in moved:
        shutil.move(file, workdir / "checkpoints")
    assert runs.translator(runs.names[0]).checkpoint.name == "ckpt-5"


def test_what_there_is_not_is_refused(workdir, tmp_path):
    runs = TrainedRuns([workdir, tmp_path / "empty"])
    for arguments, told in (
        (("other",), "run=other: there are .*tiny, .*empty"),
        ((str(workdir), "last"), "checkpoint=last: give newest, best, or a checkpoint's step"),
        ((str(workdir), "3"), "no checkpoint of step 3; there are 0, 5"),
        ((str(workdir), "best"), "no checkpoint has a score"),
    ):
        with pytest.raises(UserError, match=told):
            runs.translator(*arguments)
    with pytest.raises(UserError, match="empty: holds no trained model"):
        runs.checkpoints(str(tmp_path / "empty"))


def test_examples_are_the_first_test_pictures(workdir, photos):
    runs = TrainedRuns([workdir])
    for direction, part in (("AtoB", "testA"), ("BtoA", "testB")):
        (first, second) = runs.examples(runs.names[0], direction, 2)
        np.testing.assert_array_equal(first, np.asarray(Image.open(photos / part / "0.png")))
        np.testing.assert_array_equal(second, np.asarray(Image.open(photos / part / "1.png")))
    assert len(runs.examples(runs.names[0], "AtoB", 100)) == 3


@pytest.mark.parametrize("dataset", ["gone/folder/", "cycle_gan/horse2zebra", "no_such_set"])
def test_examples_are_left_out_where_there_are_none(workdir, tmp_path, monkeypatch, dataset):
    runs = TrainedRuns([workdir])
    translator = runs.translator(runs.names[0])
    other = dataclasses.replace(translator.config, dataset=dataset, data_dir=str(tmp_path / "tfds"))
    monkeypatch.setattr(translator, "config", other)
    assert runs.examples(runs.names[0], "AtoB", 2) == []
    assert not (tmp_path / "tfds").exists()


def test_examples_of_the_earth_are_loaded_as_nothing_is_downloaded(workdir, monkeypatch):
    runs = TrainedRuns([workdir])
    translator = runs.translator(runs.names[0])
    monkeypatch.setattr(
        translator, "config", dataclasses.replace(translator.config, dataset="earth_relief/64")
    )
    shown = Pictures(("N12.5_E030.0",), lambda i: PICTURE)
    monkeypatch.setattr(earth, "load", lambda dataset, split: shown)
    (found,) = runs.examples(runs.names[0], "BtoA", 2)
    np.testing.assert_array_equal(found, PICTURE)


def test_a_translation_is_the_translators(saved):
    translator = Translator(saved)
    done = trained_runs.translate(translator, images.Decoded(PICTURE), "AtoB")
    expected = translator(PICTURE, "AtoB")
    np.testing.assert_array_equal(pixels(done.before), PICTURE)
    np.testing.assert_array_equal(pixels(done.after), expected)
    assert done.about == "Step 5, 48 x 40 pixels, translated at 38 x 32"
    back = trained_runs.translate_back(translator, done, "AtoB")
    np.testing.assert_array_equal(pixels(back), translator(expected, "BtoA"))
    one_way = Translator(saved, direction="AtoB")
    assert trained_runs.translate_back(one_way, done, "AtoB") is None


def test_transparency_and_work_size_are_kept(saved):
    translator = Translator(saved)
    alpha = np.arange(40 * 48, dtype=np.uint8).reshape(40, 48)
    picture = images.Decoded(PICTURE, alpha)
    done = trained_runs.translate(translator, picture, "BtoA", "input")
    assert done.about == "Step 5, 48 x 40 pixels"
    seen = pixels(done.after)
    np.testing.assert_array_equal(seen[..., :3], translator(PICTURE, "BtoA", "input"))
    np.testing.assert_array_equal(seen[..., 3], alpha)


def test_bad_uploads_are_refused_by_name():
    whole = encoding.encode(PICTURE, ".jpg")
    np.testing.assert_array_equal(trained_runs.decode(whole, "a.jpg").pixels.shape, (40, 48, 3))
    bomb = io.BytesIO()
    Image.new("1", (8193, 8192)).save(bomb, "PNG")
    assert len(bomb.getvalue()) < 20_000
    for data, told in (
        (b"text", "a.jpg: is not a picture"),
        (b"", "a.jpg: is empty"),
        (whole[: len(whole) // 2], "a.jpg: cannot be decoded"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "a.jpg: is not a picture"),
        (bomb.getvalue(), "a.jpg: has 8193 x 8192 pixels, more than 67108864"),
    ):
        with pytest.raises(UserError, match=told):
            trained_runs.decode(data, "a.jpg")


@pytest.mark.parametrize(
    ("work_size", "told"),
    [("five", "work_size=five: give input, train"), ("10000", "work_size=10000: makes 12000 x")],
)
def test_bad_work_sizes_are_refused(saved, work_size, told):
    with pytest.raises(UserError, match=told):
        trained_runs.translate(Translator(saved), images.Decoded(PICTURE), "AtoB", work_size)
