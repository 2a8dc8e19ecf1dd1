import math
import subprocess
import sys

import pytest
from PIL import Image

from helpers.report_runs import row
from tf_cyclegan.monitoring import charts, scalars


def write(workdir, made):
    charts.write(workdir, made, "bce")
    with Image.open(workdir / "losses.png") as picture:
        return picture.convert("RGB")


@pytest.mark.parametrize("count", [1, 2, 1000])
def test_any_number_of_epochs_is_drawn(tmp_path, count):
    picture = write(tmp_path, [row(epoch) for epoch in range(1, count + 1)])
    assert picture.width > 1000
    colours = {colour for _, colour in picture.getcolors(picture.width * picture.height)}
    # Of the two directions, and of a curve without one.
    assert {(0x1F, 0x5F, 0xA8), (0xC2, 0x57, 0x1A), (0x2C, 0x7F, 0x62)} <= colours


def test_missing_columns_gaps_and_non_finite_losses_are_drawn(tmp_path):
    charts.write(tmp_path, [], "bce")
    assert list(tmp_path.iterdir()) == [], "without history there is no image"
    few = write(tmp_path, [{"epoch": 1, "step": 1, "cycle": math.nan}])
    made = [row(epoch) for epoch in range(1, 5)]
    made[1] = {"epoch": 2, "step": 20, "cycle": math.nan, "score_fid": 30.0}
    made[3]["cycle"] = math.inf
    assert write(tmp_path, made).height > few.height


@pytest.mark.slow
def test_matplotlib_is_imported_late_and_without_global_state(tmp_path):
    code = (
        "import sys, pathlib\n"
        "from tf_cyclegan.monitoring import charts\n"
        "assert 'matplotlib' not in sys.modules\n"
        "charts.write(pathlib.Path(sys.argv[1]), [{'epoch': 1, 'step': 1, 'cycle': 2.0}], 'bce')\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)


def test_panels_are_families():
    row = {"epoch": 1, "step": 9, "total_g": 1.0, "identity_g": 1.0, "cycle": 1.0, "score_fid": 3.0}
    row |= {"accuracy_x": 0.7, "gradient_norm_generator_g": 1.0, "speed": 3.0}
    found = {panel.family: panel for panel in scalars.panels([row], "hinge")}
    assert {family: panel.names for family, panel in found.items()} == {
        "total": ("total_g",),
        "cycle": ("identity_g", "cycle"),
        "accuracy": ("accuracy_x",),
        "score": ("score_fid",),
        "gradient_norm": ("gradient_norm_generator_g",),
        "other": ("speed",),
    }
    assert found["accuracy"].level == 0.5
    assert found["cycle"].colours == (0, 2)
    assert scalars.tag("cycle") == "loss/cycle"
    assert scalars.tag("score_fid") == "score/score_fid"


def test_each_score_has_a_panel_with_both_directions():
    row = {f"score_swd{n}_{d}": 1.0 for n in ("", "_64") for d in ("AtoB", "BtoA")}
    found = {panel.title: panel for panel in scalars.panels([row], "bce")}
    assert list(found) == ["Score: swd", "Score: swd 64"]
    assert found["Score: swd 64"].names == ("score_swd_64_AtoB", "score_swd_64_BtoA")
    assert scalars.label("score_swd_64_BtoA") == "B to A"
    assert scalars.score_name("score_swd_64_BtoA") == "swd 64, B to A"


def test_the_best_epoch_has_the_least_overall_score():
    made = [{"epoch": i, "score_overall": value} for i, value in enumerate((5.0, 3.0, 4.0))]
    assert scalars.best([*made, {"epoch": 3}])["epoch"] == 1
    assert scalars.best([{"epoch": 3}]) is None
    assert scalars.best([]) is None


def test_kid_is_not_compared_with_swd():
    by_swd = [{"score_overall": value, "score_swd_AtoB": value} for value in (40.0, 30.0)]
    by_kid = [{"score_overall": v, "score_swd_AtoB": 50.0, "score_kid_AtoB": v} for v in (0.2, 0.3)]
    assert scalars.best(by_swd + by_kid) is by_kid[0]
    assert scalars.best(by_kid + by_swd) is by_swd[1]


def test_a_guessing_discriminators_loss_follows_from_the_formulas():
    # Halved: 0.5 * (log 2 + log 2), 0.5 * (0.5^2 + 0.5^2), 0.5 * (1 + 1).
    levels = [scalars.chance_level(name) for name in ("bce", "lsgan", "hinge", "wgan_gp")]
    assert levels == [pytest.approx(0.693147, abs=1e-6), 0.25, 1.0, None]


@pytest.mark.parametrize(
    ("name", "values", "log"),
    [
        ("cycle", (30.0, 2.0), True),
        ("cycle", (30.0, math.nan, 2.0), True),
        ("cycle", (3.0, 2.0), False),
        ("cycle", (30.0, 0.0), False),
        ("learning_rate", (1.0, 1e-3), False),
    ],
)
def test_a_wide_range_has_a_logarithmic_scale(name, values, log):
    (panel,) = scalars.panels([{name: value} for value in values], "bce")
    assert panel.log is log


def test_curves_of_one_panel_never_share_a_colour():
    names = [f"gradient_norm_{n}" for n in ("generator_g", "generator_f", "discriminator_x", "a")]
    (panel,) = scalars.panels([dict.fromkeys(names, 1.0)], "bce")
    assert panel.colours == (0, 1, 2, 3)
