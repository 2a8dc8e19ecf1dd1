"""The report's contents. What it does under a reader's hands is in test_report_page.py."""

import html
import json
import re

import numpy as np
import pytest
from conftest import make_picture
from PIL import Image

from tf_cyclegan.config import Config
from tf_cyclegan.monitoring import history, report
from tf_cyclegan.monitoring.balance import balances
from tf_cyclegan.monitoring.report_sections import Facts
from tf_cyclegan.recipes import from_recipe
from tf_cyclegan.samples import Translations

FACTS = Facts(
    pictures={"trainA": 1067, "trainB": 1334, "testA": 120, "testB": 140},
    parameters={"generator_g": 1_234_567, "discriminator_x": 98_765},
    device="CPU, 2 cores",
    steps=2000,
    started=1_700_000_000.0,
)


def row(epoch, **more):
    return {
        "epoch": epoch,
        "step": 10 * epoch,
        "steps_per_second": 2.0,
        "learning_rate": 2e-4,
        "cycle": 5 / epoch,
        "total_g": 4 + 1 / epoch,
        "total_f": 4 - 1 / epoch,
        "discriminator_x": 0.5,
        "discriminator_y": 0.02,
        **more,
    }


def pictures(count=4, size=64):
    """Translations that can be told apart: the second is the first one's negative."""
    groups = [[[make_picture(10 * g + i, size, size)] for i in range(count)] for g in range(2)]
    return Translations(*([[p, 255 - p, p] for (p,) in group] for group in groups))


def make_run(workdir, epochs, shown=None, config=None, finished=True, **more):
    """A workdir of that many epochs with its report; `more` goes into each row."""
    history._write(workdir, [row(i + 1, **more) for i in range(epochs)])
    others = Translations(*([[make_picture(i)] * 3] * 4 for i in (7, 8)))
    sheets = [(shown or pictures()).sheet(), others.sheet()]
    (workdir / "samples").mkdir(parents=True)
    for i in range(epochs):
        path = workdir / "samples" / f"epoch_{i + 1:04}.png"
        if i < 2:
            Image.fromarray(sheets[i]).save(path)
        else:
            path.hardlink_to(workdir / "samples" / f"epoch_{i % 2 + 1:04}.png")
    report.write(workdir, config or Config(epochs=epochs), FACTS, shown or pictures(), finished)
    return workdir / "report.html"


def data(path):
    """What the page's script gets."""
    found = re.search(r'id="data">(.*?)</script>', path.read_text(encoding="utf-8"), re.S)
    return json.loads(found[1])


def text(path):
    """What is left of the page without its tags."""
    body = path.read_text(encoding="utf-8").partition("<body>")[2].partition("<script")[0]
    return " ".join(html.unescape(re.sub("<[^>]*>", " ", body)).split())


def test_the_page_says_what_is_trained_on_what_and_how_far_it_is(tmp_path):
    config = from_recipe("paper", {"dataset": "photos", "image_size": 128, "batch_size": 2})
    shown = text(make_run(tmp_path / "run", 12, config=config, finished=False))
    for words in (
        "The recipe paper on photos, 128x128 pixels",
        "Epoch 12 of 200",
        "Step 120 of 2,000",
        "8 pictures a second",
        "Trained for 1 min",
        "Time left 16 min",
        "1,067 of A, 1,334 of B",
        "1.23 M (G) + 0.10 M (D_X)",
        "ResNets, PatchGAN discriminators, 64 filters",
        "least squares + 10 (cycle + 0.5 identity)",
        "batch_size 2 1",
        "image_size 128 256",
    ):
        assert words in shown
    ended = text(make_run(tmp_path / "other", 12))
    assert "Time left" not in ended
    assert "Step 2,000 of 2,000" in ended, "a run may end within an epoch"


def test_before_the_first_epoch_there_is_a_page_already(tmp_path):
    report.write(tmp_path, Config(), FACTS)
    shown = text(tmp_path / report.FILE)
    assert "Epoch 0 of 40" in shown
    assert "No epoch has ended yet" in shown
    assert data(tmp_path / report.FILE)["epochs"] == []


def test_curves_have_gaps_where_nothing_was_measured(tmp_path):
    history.append(tmp_path, row(1))
    history.append(tmp_path, row(2, score_fid=90.5, total_g=float("nan")))
    report.write(tmp_path, Config(adversarial_loss="bce"), FACTS)
    panels = {panel["family"]: panel for panel in data(tmp_path / report.FILE)["panels"]}
    assert panels["score"]["series"][0]["values"] == [None, 90.5]
    assert panels["total"]["series"][0]["values"] == [5.0, None]
    assert panels["discriminator"]["level"] == pytest.approx(0.6931, abs=1e-4)
    shown = text(tmp_path / report.FILE)
    assert "fid 90.5 2" in shown
    assert "Since epoch 2 these are no numbers any more: total_g" in shown


def test_sheets_beyond_the_newest_epoch_are_not_shown(tmp_path):
    make_run(tmp_path, 4)
    history.forget_after(tmp_path, 2)
    report.write(tmp_path, Config(), FACTS)
    assert [sheet["epoch"] for sheet in data(tmp_path / report.FILE)["sheets"]] == [1, 2]


def test_checkpoints_are_listed_newest_first_with_links(tmp_path):
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    for step in (10, 9, 100):
        (folder / f"ckpt-{step}.index").write_bytes(b"")
        (folder / f"ckpt-{step}.data-00000-of-00001").write_bytes(bytes(1_500_000))
    (tmp_path / "losses.png").write_bytes(b"")
    page = make_run(tmp_path, 2).read_text(encoding="utf-8")
    assert re.findall(r"<code>(ckpt-\d+)", page) == ["ckpt-100", "ckpt-10", "ckpt-9"]
    for link in re.findall(r'href="([^"#]+)"', page):
        assert link.startswith("data:") or (tmp_path / link).exists()
    assert "1.5 MB" in page


def test_grey_and_large_pictures_are_shown_small_enough(tmp_path):
    grey, large = np.zeros((32, 32, 1), np.uint8), make_picture(1, 900, 600)
    path = make_run(tmp_path, 2, Translations([[grey, large, grey]], []))
    (picture,) = data(path)["pictures"]
    assert picture["direction"] == "A to B"
    assert len(picture["after"]) < 40_000


def test_nothing_from_outside_gets_into_the_page_as_markup(tmp_path):
    name = "</script><script>window.caught=1</script>\"'<img src=x onerror=window.caught=1>"
    config = Config(dataset=name, recipe=name)
    page = make_run(tmp_path / "<b>run", 2, config=config, **{"score_<b>": 1.0}).read_text()
    assert page.count("<script") == 2
    assert "<img src=x" not in page
    assert "<b>" not in page


@pytest.mark.parametrize(
    ("name", "value", "loss", "place", "words"),
    [
        ("discriminator_x", 0.693147, "bce", 1.0, "hardly tell"),
        ("discriminator_x", 0.346574, "bce", 0.5, "tells many apart"),
        ("discriminator_y", 0.0125, "lsgan", 0.05, "little to learn"),
        ("discriminator_y", 2.0, "hinge", 1.0, "Worse than guessing"),
        ("accuracy_x", 0.75, "wgan_gp", 0.5, "75% of the patches"),
    ],
)
def test_balance_is_told_in_words(name, value, loss, place, words):
    (found,) = balances({"epoch": 1, name: value}, loss)
    assert found.name == name
    assert found.place == pytest.approx(place, abs=1e-5)
    assert words in found.words


def test_a_critic_without_chance_level_or_a_broken_loss_has_no_balance():
    assert balances({"discriminator_x": -3.0}, "wgan_gp") == []
    assert balances({"discriminator_x": float("nan")}, "bce") == []
