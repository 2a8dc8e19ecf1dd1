import json

import pytest

from tf_cyclegan import config as configs
from tf_cyclegan.config import Config, from_recipe
from tf_cyclegan.errors import UserError


def test_mini_is_the_default():
    assert from_recipe("mini") == Config()
    assert Config().dataset == "mini_horse2zebra"
    assert (Config().image_size, Config().resize_to, Config().filters) == (64, 72, 32)


def test_tutorial_has_the_tutorials_numbers():
    tutorial = from_recipe("tutorial")
    assert tutorial.dataset == "cycle_gan/horse2zebra"
    assert (tutorial.image_size, tutorial.resize_to, tutorial.filters) == (256, 286, 64)
    assert (tutorial.interpolation, tutorial.preprocess) == ("nearest", "resize_crop")
    assert (tutorial.cycle_weight, tutorial.identity_weight) == (10.0, 0.5)
    assert (tutorial.learning_rate, tutorial.beta_1) == (2e-4, 0.5)
    assert (tutorial.batch_size, tutorial.epochs) == (1, 40)


def test_changes_win_over_the_recipe():
    changed = from_recipe("tutorial", {"image_size": 128, "epochs": 3})
    assert (changed.image_size, changed.resize_to, changed.epochs) == (128, 143, 3)
    assert changed.recipe == "tutorial"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"recipe": "tutorail"}, "--recipe=tutorail: choose one of mini, tutorial"),
        ({"interpolation": "cubic"}, "--interpolation=cubic: choose one of nearest, bilinear"),
        ({"epochs": 0}, "--epochs=0: give 1 or more"),
        ({"epochs": 1.5}, "--epochs takes a whole number, not 1.5"),
        ({"epochs": True}, "--epochs takes a whole number, not True"),
        ({"deterministic": 1}, "--deterministic takes true or false, not 1"),
        ({"cycle_weight": float("nan")}, "--cycle_weight=nan: give a finite number"),
        ({"cycle_weight": -1.0}, "--cycle_weight=-1.0: give 0 or more"),
        ({"image_size": 100}, "--image_size=100: the U-Net and its discriminator take multiples"),
        ({"load_size": 32}, "--load_size=32 is smaller than --image_size=64"),
        ({"networks": "tensorflow_examples"}, "--networks=tensorflow_examples has filters of 64"),
        (
            {"networks": "tensorflow_examples", "filters": 64},
            "--networks=tensorflow_examples takes image sizes that are a multiple of 256 only, "
            "but --image_size=64",
        ),
        ({"colour": "red"}, "no such setting: colour"),
    ],
)
def test_refusals_name_field_and_value(changes, told):
    with pytest.raises(UserError) as caught:
        from_recipe(changes.pop("recipe", "mini"), changes)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_whole_numbers_are_taken_for_floats():
    assert Config(cycle_weight=5).cycle_weight == 5.0
    assert type(Config(cycle_weight=5).cycle_weight) is float


def test_load_size_plays_no_part_without_a_crop():
    assert Config(preprocess="resize", load_size=32).image_size == 64


def test_json_comes_back(tmp_path):
    config = from_recipe("tutorial", {"seed": 7, "max_steps": 5, "learning_rate": 1e-5})
    (tmp_path / "config.json").write_text(configs.to_json(config))
    assert configs.read_json(tmp_path / "config.json") == config


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "is not JSON"),
        ("[]", "holds no settings by name"),
        (json.dumps({"epoch": 3}), "no such setting: epoch"),
        (json.dumps({"epochs": "3"}), "--epochs takes a whole number"),
        (json.dumps({"epochs": None}), "--epochs takes a whole number"),
    ],
)
def test_damaged_json_names_the_file(tmp_path, text, told):
    path = tmp_path / "config.json"
    path.write_text(text)
    with pytest.raises(UserError, match=told) as caught:
        configs.read_json(path)
    assert str(path) in str(caught.value)


def test_missing_json_names_the_file(tmp_path):
    with pytest.raises(UserError, match=r"nowhere\.json: cannot be read"):
        configs.read_json(tmp_path / "nowhere.json")


def test_continuing_keeps_settings_and_forgets_max_steps():
    stored = from_recipe("tutorial", {"batch_size": 2, "max_steps": 9})
    config = configs.continued(stored, None, {"epochs": 50})
    assert (config.batch_size, config.epochs, config.max_steps) == (2, 50, None)
    assert configs.continued(stored, "tutorial", {}).batch_size == 2


def test_continuing_under_another_recipe_takes_that_recipe():
    stored = from_recipe("tutorial")
    assert configs.continued(stored, "mini", {}) == from_recipe("mini")


def test_another_run_is_refused_by_field_with_both_values():
    stored, asked = Config(), Config(image_size=128, cycle_weight=5.0, epochs=3)
    with pytest.raises(UserError) as caught:
        configs.refuse_other_run(stored, asked, "runs/mini")
    told = str(caught.value)
    assert "image_size (there 64, now 128)" in told
    assert "cycle_weight (there 10.0, now 5.0)" in told
    assert "epochs" not in told
    assert "another --workdir" in told


def test_harmless_changes_are_taken():
    changes = {"epochs": 99, "checkpoint_every": 7, "max_to_keep": 1, "max_steps": 3}
    configs.refuse_other_run(Config(), Config(**changes), "runs/mini")
