"""The report's contents. test_report_page.py tests its behaviour in a browser."""

import html
import re
from urllib.parse import unquote

import numpy as np
import pytest

from helpers.pictures import make_picture
from helpers.report_runs import FACTS, HOSTILE, data, make_run, row, text
from tf_cyclegan.config import Config
from tf_cyclegan.monitoring import report
from tf_cyclegan.monitoring.balance import balances
from tf_cyclegan.monitoring.samples import Translations


def write(workdir, rows, **settings):
    report.write(workdir, Config(**settings), FACTS, rows)
    return workdir / "report.html"


def test_the_page_shows_settings_and_progress(tmp_path):
    config = Config(recipe="paper", dataset="photos", image_size=128, batch_size=2)
    shown = text(make_run(tmp_path / "run", 12, config=config, finished=False))
    for words in (
        "Recipe paper on photos, 128x128 pixels",
        "Epoch 12 of 200",
        "Step 120 of 2,000",
        "8 pictures a second",
        "Trained for 1 min",
        "Time left 16 min",
        "1,067 of A, 1,334 of B",
        "1.23 M (G) + 0.10 M (D_X)",
        "resized to 143x143, random 128x128 crop, random horizontal flip",
        "ResNet generators, PatchGAN discriminators, 64 filters",
        "least squares + 10 (cycle + 0.5 identity)",
        "batch_size 2 1",
        "image_size 128 256",
    ):
        assert words in shown
    ended = text(make_run(tmp_path / "other", 12))
    assert "Time left" not in ended
    assert "Step 2,000 of 2,000" in ended, "a run may end in mid-epoch"


def test_the_page_exists_before_the_first_epoch(tmp_path):
    path = write(tmp_path, [])
    shown = text(path)
    assert "Epoch 0 of 40" in shown
    assert "No epoch has ended yet" in shown
    assert "All settings are those of recipe mini" in shown
    assert data(path)["epochs"] == []


def test_curves_have_gaps_where_values_are_missing(tmp_path):
    rows = [row(1), row(2, score_fid=90.5, total_g=float("nan"))]
    path = write(tmp_path, rows, adversarial_loss="bce")
    panels = {panel["family"]: panel for panel in data(path)["panels"]}
    assert panels["score"]["series"][0]["values"] == [None, 90.5]
    assert panels["total"]["series"][0]["values"] == [5.0, None]
    assert panels["discriminator"]["level"] == pytest.approx(0.6931, abs=1e-4)
    shown = text(path)
    assert "fid 90.5 2" in shown
    assert "Not finite since epoch 2: total_g" in shown


def test_the_best_epoch_is_named(tmp_path):
    rows = [row(i, score_overall=score) for i, score in enumerate((3.0, 1.25, 2.0), start=1)]
    assert "Best overall: 1.25 at epoch 2" in text(write(tmp_path, rows))


def test_sheets_beyond_the_newest_epoch_are_not_shown(tmp_path):
    make_run(tmp_path, 4)
    path = write(tmp_path, [row(1), row(2)])
    assert [sheet["epoch"] for sheet in data(path)["sheets"]] == [1, 2]


def test_checkpoints_are_listed_newest_first_with_links(tmp_path):
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    for step in (10, 9, 100):
        (folder / f"ckpt-{step}.index").write_bytes(b"")
        (folder / f"ckpt-{step}.data-00000-of-00001").write_bytes(bytes(1_500_000))
    (folder / "ckpt-9.<b>&\"'%20#?").write_bytes(b"")
    (tmp_path / "losses.png").write_bytes(b"")
    path = make_run(tmp_path, 2)
    page = path.read_text(encoding="utf-8")
    assert re.findall(r"<code>(ckpt-\d+)", page) == ["ckpt-100", "ckpt-10", "ckpt-9"]
    for link in re.findall(r'href="([^"]+)"', page):
        assert link == "data:," or (tmp_path / unquote(html.unescape(link))).exists()
    shown = text(path)
    assert "ckpt-100 mid-epoch 1.5 MB data , index" in shown
    assert "ckpt-10 1 1.5 MB" in shown


def test_files_that_cannot_be_looked_at_are_listed_without_their_size(tmp_path):
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    (folder / "ckpt-9.index").write_bytes(bytes(2_500_000))
    (folder / "ckpt-9.data-00000-of-00001").symlink_to("ckpt-9.data-00000-of-00001")
    assert "ckpt-9 mid-epoch 2.5 MB data , index" in text(make_run(tmp_path, 2))


def test_large_pictures_are_shrunk_and_grey_ones_shown(tmp_path):
    grey, large = np.zeros((32, 32, 1), np.uint8), make_picture(1, 900, 600)
    path = make_run(tmp_path, 2, Translations([[grey, large, grey]], []))
    (picture,) = data(path)["pictures"]
    assert picture["direction"] == "A to B"
    assert len(picture["after"]) < 40_000


def test_names_are_escaped(tmp_path):
    config = Config(dataset=HOSTILE)
    page = make_run(tmp_path / "<b>run", 2, config=config, **{"score_<b>": 1.0}).read_text()
    assert page.count("<script") == 2
    assert "<img src=x" not in page
    assert "<b>" not in page


@pytest.mark.parametrize(
    ("name", "value", "loss", "place", "words"),
    [
        ("discriminator_x", 0.693147, "bce", 1.0, "hardly tell"),
        ("discriminator_x", 0.346574, "bce", 0.5, "many fakes, but not all"),
        ("discriminator_y", 0.0125, "lsgan", 0.05, "little to learn"),
        ("discriminator_y", 2.0, "hinge", 1.0, "Worse than guessing"),
        ("accuracy_x", 0.75, "wgan_gp", 0.5, "75% of the patches"),
    ],
)
def test_balance_in_words(name, value, loss, place, words):
    (found,) = balances({"epoch": 1, name: value}, loss)
    assert found.name == name
    assert found.place == pytest.approx(place, abs=1e-5)
    assert words in found.words


def test_a_critic_or_a_non_finite_loss_has_no_balance():
    assert balances({"discriminator_x": -3.0}, "wgan_gp") == []
    assert balances({"discriminator_x": float("nan")}, "bce") == []
