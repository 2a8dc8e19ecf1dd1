import json

import pytest

from tf_cyclegan.config import RECIPES, Config, from_recipe, json_file, settings
from tf_cyclegan.system.errors import UserError


def test_mini_is_the_default():
    assert from_recipe("mini") == Config()
    assert Config().dataset == "mini_horse2zebra"
    assert (Config().image_size, Config().resize_to, Config().filters) == (64, 72, 32)
    assert (Config().epochs, Config().decay_start) == (40, 20)


def test_tutorial_has_the_tutorials_numbers():
    tutorial = from_recipe("tutorial")
    assert tutorial.dataset == "cycle_gan/horse2zebra"
    assert (tutorial.image_size, tutorial.resize_to, tutorial.filters) == (256, 286, 64)
    assert (tutorial.adversarial_loss, tutorial.pool_size) == ("bce", 0)
    assert (tutorial.interpolation, tutorial.preprocess) == ("nearest", "resize_crop")
    assert (tutorial.cycle_weight, tutorial.identity_weight) == (10.0, 0.5)
    assert (tutorial.learning_rate, tutorial.beta_1, tutorial.decay_start) == (2e-4, 0.5, None)
    assert (tutorial.batch_size, tutorial.epochs) == (1, 40)


def test_paper_keras_and_facades_have_their_numbers():
    paper, keras, facades = map(from_recipe, ("paper", "keras", "facades"))
    assert (paper.generator, paper.blocks, paper.filters) == ("resnet", 9, 64)
    assert (paper.adversarial_loss, paper.pool_size) == ("lsgan", 50)
    assert (paper.epochs, paper.decay_start, paper.epoch_length) == (200, 100, "larger")
    assert (paper.image_size, paper.resize_to, paper.interpolation) == (256, 286, "bicubic")
    assert from_recipe("paper", {"image_size": 128}).blocks == 6
    assert (keras.generator, keras.blocks, keras.adversarial_loss) == ("resnet_keras", 9, "lsgan")
    assert (keras.epochs, keras.decay_start, keras.pool_size) == (90, None, 0)
    assert (facades.dataset, facades.preprocess) == ("cycle_gan/facades", "resize")
    assert (facades.identity_weight, facades.update_order) == (0.0, "discriminators_first")
    assert (facades.pool_size, facades.pool_mode, facades.decay_start) == (50, "pair", 100)
    assert (facades.epochs, paper.pool_mode) == (200, "swap")


@pytest.mark.parametrize(
    ("image_size", "depth"),
    [(32, 3), (64, 4), (96, 5), (128, 5), (192, 6), (256, 8), (384, 7), (512, 8), (1024, 8)],
)
def test_depth_of_the_unet_follows_the_size(image_size, depth):
    assert Config(image_size=image_size).unet_depth == depth
    assert Config(image_size=image_size, unet_levels=2).unet_depth == 2


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_config_has_the_values_of_the_recipe_that_it_names(recipe):
    config = Config(recipe=recipe, seed=7)
    assert config == from_recipe(recipe, {"seed": 7}) == Config(**config.to_dict())
    assert {name: getattr(config, name) for name in RECIPES[recipe]} == RECIPES[recipe]


@pytest.mark.parametrize("recipe", ["nonsense", "", None, 5, ["paper"]])
def test_there_are_no_other_recipes(recipe):
    with pytest.raises(UserError, match=r"recipe=.*: choose one of mini, modern, tutorial"):
        Config(recipe=recipe)


def test_changes_win_over_the_recipe():
    changed = from_recipe("tutorial", {"image_size": 128, "epochs": 3})
    assert (changed.image_size, changed.resize_to, changed.epochs) == (128, 143, 3)
    assert changed.recipe == "tutorial"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"recipe": "tutorail"},
            "recipe=tutorail: choose one of mini, modern, tutorial, paper, keras, facades",
        ),
        ({"interpolation": "cubic"}, "interpolation=cubic: choose one of nearest, bilinear"),
        ({"epochs": 0}, "epochs=0: give 1 or more"),
        ({"epochs": 1.5}, "epochs takes a whole number, not 1.5"),
        ({"epochs": True}, "epochs takes a whole number, not True"),
        ({"deterministic": 1}, "deterministic takes true or false, not 1"),
        ({"cycle_weight": float("nan")}, "cycle_weight=nan: give a finite number"),
        ({"cycle_weight": -1.0}, "cycle_weight=-1.0: give 0 or more"),
        ({"image_size": 100}, "image_size=100: generator=unet takes multiples of 32"),
        ({"generator": "resnet", "image_size": 62}, "generator=resnet takes multiples of 4"),
        ({"residual_blocks": 6}, "residual_blocks=6: generator=unet has none"),
        (
            {"unet_levels": 5, "generator": "resnet"},
            "unet_levels=5: generator=resnet has none; leave it out, or give generator=unet",
        ),
        (
            {"unet_levels": 7},
            "image_size=64: generator=unet with unet_levels=7 takes multiples of 128 from "
            "32 on, such as 128 or 256",
        ),
        ({"unet_levels": 12}, "unet_levels=12: give less than 12"),
        (
            {"norm": "layer"},
            "norm=layer: generator=unet has norm=instance only; leave it out, or give "
            "generator=resnet_keras",
        ),
        ({"norm": "batch"}, "norm=batch: choose one of instance, layer"),
        (
            {"unet_levels": 5, "networks": "tensorflow_examples"},
            "networks=tensorflow_examples has unet_levels=8 only, not 5",
        ),
        ({"channels_x": 4}, "channels_x=4: give 3 for RGB or 1"),
        ({"channels_x": 1}, "channels_x=1 and channels_y=3: the identity loss"),
        ({"preprocess": "none", "batch_size": 2}, "batch_size=2 cannot combine"),
        ({"preprocess": "none", "pool_size": 50}, "pool_size=50 cannot combine"),
        (
            {"preprocess": "none", "adversarial_loss": "wgan_gp"},
            "adversarial_loss=wgan_gp cannot",
        ),
        ({"cycle_weight": 0}, "identity_weight=0.5 is multiplied by cycle_weight=0.0"),
        ({"beta_1": 1.0}, "beta_1=1.0: give less than 1"),
        ({"load_size": 32}, "load_size=32 is smaller than image_size=64"),
        ({"networks": "tensorflow_examples"}, "networks=tensorflow_examples has filters=64"),
        (
            {"recipe": "tutorial", "networks": "tensorflow_examples", "image_size": 64},
            "networks=tensorflow_examples takes image sizes that are a multiple of 256 only, "
            "but image_size=64",
        ),
        (
            {
                "recipe": "tutorial",
                "networks": "tensorflow_examples",
                "precision": "bfloat16",
            },
            "networks=tensorflow_examples computes in float32 only, not precision=bfloat16",
        ),
        (
            {"precision": "float16", "adversarial_loss": "wgan_gp"},
            "precision=float16: the gradients that adversarial_loss=wgan_gp",
        ),
        ({"xla": True, "preprocess": "none"}, "preprocess=none leaves as they are"),
        ({"upsampling": "bilinear"}, "upsampling=bilinear: choose one of transposed, resize"),
        ({"ema": 1.0}, "ema=1.0: give less than 1"),
        (
            {"attention_mask": True, "channels_y": 1, "identity_weight": 0.0},
            "attention_mask=True keeps parts of the input, which has channels_x=3 in place of",
        ),
        (
            {"augment": "color,rotation"},
            "augment=color,rotation: 'rotation' is none of color, translation, cutout",
        ),
        (
            {"gradient_penalty": 1.0, "adversarial_loss": "wgan_gp"},
            "gradient_penalty=1.0: adversarial_loss=wgan_gp has a penalty of its own",
        ),
        (
            {"gradient_penalty": 1.0, "precision": "float16"},
            "precision=float16: the gradients that gradient_penalty=1.0 penalises underflow",
        ),
        ({"pool_mode": "pair"}, "pool_mode=pair has no use without an image pool"),
        ({"penalty_at": "between"}, "penalty_at=between has no use without a gradient_penalty"),
        (
            {"penalty_at": "between", "gradient_penalty": 1.0, "preprocess": "none"},
            "penalty_at=between cannot combine",
        ),
        (
            {
                "networks": "tensorflow_examples",
                "upsampling": "resize",
                "filters": 64,
                "dropout": 0.5,
            },
            "networks=tensorflow_examples has upsampling=transposed only, not resize",
        ),
        ({"colour": "red"}, "no such setting: colour"),
    ],
)
def test_refusals_name_field_and_value(changes, told):
    with pytest.raises(UserError) as caught:
        from_recipe(changes.pop("recipe", "mini"), changes)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_augmentations_are_told_apart():
    assert Config().augmentations == ()
    assert Config(augment="cutout, color,cutout").augmentations == ("cutout", "color")


def test_settings_saved_before_a_field_was_there_are_without_it(monkeypatch):
    saved = from_recipe("mini").to_dict()
    for name in settings._YOUNGER:
        del saved[name]
    monkeypatch.setattr(
        settings, "RECIPES", {**RECIPES, "mini": {"ema": 0.9, "upsampling": "resize"}}
    )
    config = settings.from_dict(saved, "config.json")
    assert {name: getattr(config, name) for name in settings._YOUNGER} == settings._YOUNGER


def test_whole_numbers_are_taken_for_floats():
    assert Config(cycle_weight=5).cycle_weight == 5.0
    assert type(Config(cycle_weight=5).cycle_weight) is float


def test_load_size_plays_no_part_without_a_crop():
    assert Config(preprocess="resize", load_size=32).image_size == 64


def test_json_comes_back(tmp_path):
    config = from_recipe("tutorial", {"seed": 7, "max_steps": 5, "learning_rate": 1e-5})
    (tmp_path / "config.json").write_text(json_file.to_json(config))
    assert json_file.read_json(tmp_path / "config.json") == config


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "is not JSON"),
        ("[]", "is not an object of settings"),
        (json.dumps({"epoch": 3}), "no such setting: epoch"),
        (json.dumps({"epochs": "3"}), "epochs takes a whole number"),
        (json.dumps({"epochs": None}), "epochs takes a whole number"),
    ],
)
def test_damaged_json_names_the_file(tmp_path, text, told):
    path = tmp_path / "config.json"
    path.write_text(text)
    with pytest.raises(UserError, match=told) as caught:
        json_file.read_json(path)
    assert str(path) in str(caught.value)


def test_missing_json_names_the_file(tmp_path):
    with pytest.raises(UserError, match=r"nowhere\.json: cannot be read"):
        json_file.read_json(tmp_path / "nowhere.json")


@pytest.mark.parametrize("name", ["epochs", "seed", "cycle_weight"])
def test_numbers_have_an_end(name):
    with pytest.raises(UserError, match=f"{name}: give a number of 2147483647 or less"):
        Config(**{name: 2**31})


def test_long_values_are_cut_in_the_message():
    with pytest.raises(UserError, match="epochs takes a whole number") as caught:
        Config(epochs=[[0] * 10_000] * 10_000)
    assert len(str(caught.value)) < 200


def test_json_nested_without_end_is_refused(tmp_path):
    (tmp_path / "config.json").write_text("[" * 100_000)
    with pytest.raises(UserError, match=r"config\.json: is not JSON of settings: it nests"):
        json_file.read_json(tmp_path / "config.json")
