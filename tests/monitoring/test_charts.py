import math
import subprocess
import sys

import pytest
from PIL import Image

from tf_cyclegan.monitoring import charts, scalars


def rows(count):
    return [
        {
            "epoch": i,
            "step": 10 * i,
            "learning_rate": 2e-4,
            "cycle": 5 / i,
            "total_g": 4 + 1 / i,
            "total_f": 4 - 1 / i,
            "discriminator_x": 0.5,
        }
        for i in range(1, count + 1)
    ]


def write(workdir, made):
    charts.write(workdir, made, "bce")
    with Image.open(workdir / "losses.png") as picture:
        return picture.convert("RGB")


def colours(picture):
    return {colour for _, colour in picture.getcolors(picture.width * picture.height)}


@pytest.mark.parametrize("count", [1, 2, 1000])
def test_any_number_of_epochs_is_drawn(tmp_path, count):
    picture = write(tmp_path, rows(count))
    assert picture.width > 1000
    # The colours of the two directions, and of what has none.
    assert {(0x1F, 0x5F, 0xA8), (0xC2, 0x57, 0x1A), (0x2C, 0x7F, 0x62)} <= colours(picture)


def test_each_family_makes_the_picture_grow(tmp_path):
    few = write(tmp_path, [{"epoch": 1, "step": 1, "cycle": 2.0}])
    assert write(tmp_path, rows(3)).height > few.height


def test_missing_columns_gaps_and_broken_losses_are_no_error(tmp_path):
    made = rows(4)
    made[1] = {"epoch": 2, "step": 20, "cycle": math.nan, "score_fid": 30.0}
    made[3]["cycle"] = math.inf
    assert write(tmp_path, made).width > 1000
    assert write(tmp_path, [{"epoch": 1, "step": 1, "cycle": math.nan}]).width > 1000


def test_without_history_there_is_no_picture(tmp_path):
    charts.write(tmp_path, [], "bce")
    assert list(tmp_path.iterdir()) == []


def test_global_state_of_matplotlib_is_not_touched():
    code = (
        "import sys, tempfile, pathlib\n"
        "from tf_cyclegan.monitoring import charts\n"
        "assert 'matplotlib' not in sys.modules\n"
        "workdir = pathlib.Path(tempfile.mkdtemp())\n"
        "charts.write(workdir, [{'epoch': 1, 'step': 1, 'cycle': 2.0}], 'bce')\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
        "import shutil; shutil.rmtree(workdir)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_panels_hold_what_belongs_together():
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


def test_a_guessing_discriminators_loss_follows_from_the_formulas():
    # Halved: 0.5 * (log 2 + log 2), 0.5 * (0.5^2 + 0.5^2), 0.5 * (1 + 1).
    levels = [scalars.chance_level(name) for name in ("bce", "lsgan", "hinge", "wgan_gp")]
    assert levels == [pytest.approx(0.693147, abs=1e-6), 0.25, 1.0, None]


def test_the_scale_is_logarithmic_where_curves_are_far_apart():
    def cycle(*values):
        made = [{"epoch": i, "cycle": value} for i, value in enumerate(values)]
        return scalars.panels(made, "bce")[0].log

    assert cycle(30.0, 2.0)
    assert cycle(30.0, math.nan, 2.0)
    assert not cycle(3.0, 2.0)
    assert not cycle(30.0, 0.0)
    assert not scalars.panels([{"learning_rate": 1.0}, {"learning_rate": 1e-3}], "bce")[0].log


def test_curves_of_one_panel_never_share_a_colour():
    names = [f"gradient_norm_{n}" for n in ("generator_g", "generator_f", "discriminator_x", "a")]
    (panel,) = scalars.panels([dict.fromkeys(names, 1.0)], "bce")
    assert panel.colours == (0, 1, 2, 3)
