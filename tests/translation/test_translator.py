import shutil

import numpy as np
import pytest

from helpers.pictures import make_picture
from tf_cyclegan import networks
from tf_cyclegan.checkpoints import files as checkpoint_files
from tf_cyclegan.checkpoints import saving
from tf_cyclegan.checkpoints.saving import Checkpoints, TrainingState
from tf_cyclegan.data import images
from tf_cyclegan.model.cyclegan import CycleGAN
from tf_cyclegan.system.errors import UserError
from tf_cyclegan.translation.translator import Translator

PICTURE = make_picture(0)


@pytest.fixture(scope="module")
def run(tiny, tmp_path_factory):
    """A workdir with two checkpoints of different weights, and the model of the last."""
    workdir = tmp_path_factory.mktemp("runs") / "tiny"
    model = CycleGAN(tiny)
    state = TrainingState(len(model.scalar_names), [1, 2])
    saved = Checkpoints(workdir, model, state, tiny)
    saved.save()
    for variable in model.generator_g.trainable_variables:
        variable.assign(variable * 3.0)
    state.step.assign(5)
    saved.save()
    return workdir, model


@pytest.fixture
def workdir(run, tmp_path):
    """A copy of the run that a test may change."""
    return shutil.copytree(run[0], tmp_path / "run")


def test_each_direction_has_its_generator_without_dropout(run):
    workdir, model = run
    translator = Translator(workdir)
    batch = images.to_float(images.resize(PICTURE, 32, 32, "bilinear"))[None]
    for direction, generator in (("AtoB", model.generator_g), ("BtoA", model.generator_f)):
        expected = images.to_uint8(generator(batch, training=False))[0]
        for _ in range(2):
            translated = translator.translate(PICTURE, direction)
            assert translated.dtype == np.uint8
            np.testing.assert_array_equal(translated, expected)


def test_an_older_or_the_best_checkpoint_can_be_chosen(workdir):
    newest, older = Translator(workdir), Translator(workdir, 0)
    assert (newest.checkpoint.name, older.checkpoint.name) == ("ckpt-5", "ckpt-0")
    assert (newest.translate(PICTURE, "AtoB") != older.translate(PICTURE, "AtoB")).any()
    checkpoint_files.keep_best(workdir, 0)
    assert Translator(workdir, "best").checkpoint == workdir / "checkpoints" / "best" / "ckpt-0"
    with pytest.raises(UserError, match="no checkpoint of step 3; there are 0, 5"):
        Translator(workdir, 3)


def test_one_direction_restores_one_generator(run, monkeypatch):
    restored = []
    monkeypatch.setattr(
        saving, "restore_networks", lambda path, **networks: restored.append(list(networks))
    )
    Translator(run[0], direction="BtoA")
    assert restored == [["generator_f"]]


def test_settings_come_from_the_checkpoint_and_not_from_config_json(workdir):
    for text in ('{"filters": 4}', "not JSON"):
        (workdir / "config.json").write_text(text)
        assert Translator(workdir).config.filters == 2


def test_a_damaged_newest_checkpoint_is_skipped_and_reported(workdir):
    (workdir / "checkpoints" / "ckpt-5.data-00000-of-00001").write_bytes(b"")
    translator = Translator(workdir)
    assert translator.checkpoint.name == "ckpt-0"
    assert [line.split(":")[0][-6:] for line in translator.damaged] == ["ckpt-5"]


def test_a_checkpoint_deleted_while_it_is_opened_gives_way_to_the_next_newest(workdir, monkeypatch):
    build = networks.build_generator

    def slow(*arguments, **settings):
        for file in checkpoint_files.files_of(workdir / "checkpoints" / "ckpt-5"):
            file.unlink()
        return build(*arguments, **settings)

    monkeypatch.setattr(networks, "build_generator", slow)
    translator = Translator(workdir)
    assert translator.checkpoint == workdir / "checkpoints" / "ckpt-0"
    assert translator.damaged == []
    np.testing.assert_array_equal(
        translator.translate(PICTURE, "AtoB"), Translator(workdir, 0).translate(PICTURE, "AtoB")
    )


def test_a_checkpoint_deleted_meanwhile_is_told(workdir):
    path = workdir / "checkpoints" / "ckpt-77"
    for read in (
        checkpoint_files.config_in,
        checkpoint_files.object_names,
        checkpoint_files.pictures_in,
    ):
        with pytest.raises(UserError, match="ckpt-77: cannot be read"):
            read(path)
