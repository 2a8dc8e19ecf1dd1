import dataclasses
import shutil

import numpy as np
import pytest
from PIL import Image

from helpers.pictures import make_picture
from helpers.runs import save_run
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
    # 32 x 38 in its proportions, and a column on each side to the next multiple of 8.
    resized = images.resize(PICTURE, 32, 38, translator.config.interpolation)
    batch = images.to_float(np.pad(resized, ((0, 0), (1, 1), (0, 0)), "reflect"))[None]
    for direction, generator in (("AtoB", model.generator_g), ("BtoA", model.generator_f)):
        found = images.to_uint8(generator(batch, training=False))[0]
        expected = images.resize(found[:, 1:-1], 40, 48, "bicubic")
        for _ in range(2):
            translated = translator.translate(PICTURE, direction)
            assert (translated.dtype, translated.shape) == (np.uint8, PICTURE.shape)
            np.testing.assert_allclose(translated, expected, atol=1)


def test_an_older_or_the_best_checkpoint_can_be_chosen(workdir):
    newest, older = Translator(workdir), Translator(workdir, 0)
    assert (newest.checkpoint.name, older.checkpoint.name) == ("ckpt-5", "ckpt-0")
    assert (newest.translate(PICTURE, "AtoB") != older.translate(PICTURE, "AtoB")).any()
    checkpoint_files.keep_best(workdir, 0)
    assert Translator(workdir, "best").checkpoint == workdir / "checkpoints" / "best" / "ckpt-0"
    with pytest.raises(UserError, match="no checkpoint of step 3; there are 0, 5"):
        Translator(workdir, 3)


def test_averaged_weights_translate_where_there_are_some(tiny, run, tmp_path):
    config = dataclasses.replace(tiny, ema=0.9)
    model = CycleGAN(config)
    for variable in model.averages["generator_g"].trainable_variables:
        variable.assign(variable * 3.0)
    state = TrainingState(len(model.scalar_names), [1, 2])
    Checkpoints(tmp_path, model, state, config).save()
    default, live, ema = (Translator(tmp_path, weights=each) for each in (None, "live", "ema"))
    assert (default.weights, live.weights, ema.weights) == ("ema", "live", "ema")
    found = [each.translate(PICTURE, "AtoB") for each in (default, live, ema)]
    np.testing.assert_array_equal(found[0], found[2])
    assert (found[0] != found[1]).any()
    for translator, generator in ((ema, model.averages["generator_g"]), (live, model.generator_g)):
        for ours, theirs in zip(
            translator.generator("AtoB").trainable_variables,
            generator.trainable_variables,
            strict=True,
        ):
            np.testing.assert_array_equal(ours, theirs)
    assert Translator(run[0]).weights == "live"
    with pytest.raises(UserError, match=r"ckpt-5: weights=ema: it was trained without averages"):
        Translator(run[0], weights="ema")
    with pytest.raises(UserError, match="weights=best: choose from ema, live"):
        Translator(run[0], weights="best")


def test_a_generator_is_restored_when_it_is_needed(run, monkeypatch):
    restored, restore = [], saving.restore_networks

    def spy(path, **networks):
        restored.extend(networks)
        restore(path, **networks)

    monkeypatch.setattr(saving, "restore_networks", spy)
    translator = Translator(run[0])
    assert restored == []
    for _ in range(2):
        translator(PICTURE, direction="BtoA")
    assert restored == ["generator_f"]
    assert list(translator.generators) == ["AtoB", "BtoA"]
    assert restored == ["generator_f", "generator_g"]
    only = Translator(run[0], direction="BtoA")
    assert list(only.generators) == only.directions == ["BtoA"]
    with pytest.raises(UserError, match="has no generator for direction=AtoB"):
        only(PICTURE, direction="AtoB")


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
    translator = Translator(workdir, direction="AtoB")
    translator.translate(PICTURE, "AtoB")
    assert translator.directions == ["AtoB"]
    assert translator.checkpoint == workdir / "checkpoints" / "ckpt-0"
    assert translator.damaged == []
    np.testing.assert_array_equal(
        translator.translate(PICTURE, "AtoB"), Translator(workdir, 0).translate(PICTURE, "AtoB")
    )


@pytest.fixture(scope="module")
def shared(run):
    return Translator(run[0])


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (17, 33), (64, 100), (300, 20)])
@pytest.mark.parametrize("work_size", ["input", "train", 20])
def test_a_translation_has_the_size_of_its_picture(shared, size, work_size):
    assert shared(make_picture(0, *size), work_size=work_size).shape == (*size, 3)


def test_kinds_come_back_as_they_came(shared, tmp_path):
    Image.fromarray(PICTURE).save(tmp_path / "a.png")
    expected = shared.translate(PICTURE, "AtoB")
    for image in (tmp_path / "a.png", str(tmp_path / "a.png"), Image.fromarray(PICTURE)):
        np.testing.assert_array_equal(shared(image), expected)
    np.testing.assert_allclose(shared(PICTURE / 255), expected / 255, atol=0.02)
    batch = shared(np.stack([PICTURE, PICTURE]))
    np.testing.assert_array_equal(batch, np.stack([expected, expected]))


def test_several_are_translated_one_by_one(shared, tmp_path, capsys):
    expected = shared(PICTURE)
    taken = []

    def pictures():
        for _ in range(3):
            taken.append(1)
            yield PICTURE

    found = shared(pictures())
    assert taken == []
    np.testing.assert_array_equal(next(found), expected)
    assert len(taken) == 1
    assert len(list(found)) == 2
    assert list(shared([])) == []
    assert capsys.readouterr().err == ""
    assert len(list(shared([PICTURE, PICTURE], progress=True))) == 2
    assert "2/2" in capsys.readouterr().err


@pytest.mark.parametrize("image", [3, None, b"bytes", object()])
def test_what_is_no_picture_is_told_at_once(shared, image):
    with pytest.raises(UserError, match=f"{type(image).__name__} is no picture; give a path"):
        shared(image)


def test_choices_are_checked_at_once(run, shared):
    with pytest.raises(UserError, match="precision=int8: choose from float32"):
        Translator(run[0], precision="int8")
    with pytest.raises(UserError, match="work_size=huge: give input, train"):
        Translator(run[0], work_size="huge")
    with pytest.raises(UserError, match="work_size=5: give"):
        shared([], work_size=5)
    with pytest.raises(UserError, match="has no generator for direction=XtoY"):
        shared([], direction="XtoY")


def test_large_pictures_go_in_tiles(run, shared, monkeypatch):
    picture = make_picture(1, 150, 230)
    expected = shared(picture, work_size="input").astype(int)
    monkeypatch.setattr("tf_cyclegan.translation.translator._MAX_PIXELS", 150 * 230 // 2)
    monkeypatch.setattr("tf_cyclegan.translation.translator._TILE_SIZE", 96)
    monkeypatch.setattr("tf_cyclegan.translation.translator._OVERLAP", 40)
    found = shared(picture, work_size="input").astype(int)
    assert np.abs(found - expected).mean() < 2
    frames = [picture, picture]
    statistics = shared.measure(frames, "AtoB", "input")
    by_them = shared.translate(picture, "AtoB", "input", statistics).astype(int)
    assert np.abs(by_them - expected).mean() < 4


def test_norms_without_statistics_take_no_tiles(tiny, tmp_path, monkeypatch):
    config = dataclasses.replace(tiny, generator="resnet", norm="layer")
    save_run(tmp_path / "run", config)
    translator = Translator(tmp_path / "run", work_size="input")
    assert translator.measure([PICTURE], "AtoB") is None
    assert translator(PICTURE).shape == PICTURE.shape
    monkeypatch.setattr("tf_cyclegan.translation.translator._MAX_PIXELS", 1000)
    with pytest.raises(UserError, match="norms of this run's networks do not allow tiles"):
        translator(PICTURE)


def test_a_grey_domain_gives_grey(tiny, tmp_path):
    save_run(tmp_path / "run", dataclasses.replace(tiny, channels_x=1, identity_weight=0.0))
    translator = Translator(tmp_path / "run")
    assert translator(PICTURE, direction="BtoA").shape == (40, 48, 1)
    assert translator(PICTURE[..., 0], direction="BtoA").shape == (40, 48)
    assert translator(Image.fromarray(PICTURE), direction="BtoA").mode == "L"
    assert translator(PICTURE[..., 0], direction="AtoB").shape == (40, 48, 3)
    floats = translator(PICTURE / 255, direction="AtoB")
    expected = translator(PICTURE, direction="AtoB")
    np.testing.assert_allclose(floats, expected / 255, atol=0.05)


def test_a_bottleneck_of_one_pixel_in_training_has_no_influence_at_other_sizes(tiny, tmp_path):
    model = save_run(tmp_path / "run", dataclasses.replace(tiny, unet_levels=5))
    translator = Translator(tmp_path / "run", work_size="input")
    picture = images.to_float(make_picture(0, 32, 32))
    own = np.asarray(model.generator_g(picture[None], training=False))[0]
    np.testing.assert_allclose(translator.translate(picture, "AtoB"), own, atol=1e-3)

    large = images.to_float(make_picture(0, 64, 96))
    before = translator.translate(large, "AtoB")
    weights = translator.generator("AtoB").trainable_variables
    kernel = next(each for each in weights if each.shape == (4, 4, 16, 16))
    kernel.assign(-3 * kernel)
    np.testing.assert_allclose(translator.translate(large, "AtoB"), before, atol=1e-3)
    # The generator as it was trained differs.
    itself = np.asarray(model.generator_g(large[None], training=False))[0]
    assert np.abs(itself - before).max() > 0.01


def test_a_checkpoint_deleted_meanwhile_is_told(workdir):
    path = workdir / "checkpoints" / "ckpt-77"
    for read in (
        checkpoint_files.config_in,
        checkpoint_files.object_names,
        checkpoint_files.pictures_in,
    ):
        with pytest.raises(UserError, match="ckpt-77: cannot be read"):
            read(path)


def test_rounding_is_the_difference_from_float32(workdir):
    assert Translator(workdir).rounding("AtoB") == 0
    assert 0 <= Translator(workdir, precision="bfloat16").rounding("AtoB") <= 8
    with pytest.raises(UserError, match="precision=int8: choose from float32, bfloat16, float16"):
        Translator(workdir, precision="int8")
