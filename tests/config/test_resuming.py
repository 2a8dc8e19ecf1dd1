import pytest

from tf_cyclegan.config import Config, from_recipe
from tf_cyclegan.config.resuming import refuse_other_run, resumed
from tf_cyclegan.system.errors import UserError


def test_resuming_keeps_settings_and_forgets_max_steps():
    stored = from_recipe("tutorial", {"batch_size": 2, "max_steps": 9})
    config = resumed(stored, None, {"epochs": 50})
    assert (config.batch_size, config.epochs, config.max_steps) == (2, 50, None)
    assert resumed(stored, "tutorial", {}).batch_size == 2


def test_resuming_under_another_recipe_takes_that_recipe():
    stored = from_recipe("tutorial")
    assert resumed(stored, "mini", {}) == from_recipe("mini")


def test_another_run_is_refused_by_field_with_both_values():
    stored, asked = Config(), Config(image_size=128, cycle_weight=5.0, epochs=3)
    with pytest.raises(UserError) as caught:
        refuse_other_run(stored, asked, "runs/mini")
    told = str(caught.value)
    assert "image_size (there 64, now 128)" in told
    assert "cycle_weight (there 10.0, now 5.0)" in told
    assert "epochs" not in told
    assert "another workdir" in told


def test_where_a_run_started_from_stays():
    stored = Config(init_from="runs/first")
    assert resumed(stored, None, {"epochs": 50}).init_from == "runs/first"
    with pytest.raises(UserError, match=r"init_from \(there runs/first, now runs/other\)"):
        refuse_other_run(stored, Config(init_from="runs/other"), "runs/mini")


def test_what_does_not_change_the_run_may_change():
    changes = {"epochs": 99, "checkpoint_every": "7", "max_to_keep": 1, "max_steps": 3}
    changes["skip_unreadable"] = True
    refuse_other_run(Config(), Config(**changes), "runs/mini")
