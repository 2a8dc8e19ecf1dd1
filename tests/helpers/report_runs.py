"""Writing and reading reports."""

import html
import json
import re

from PIL import Image

from helpers.pictures import make_picture
from tf_cyclegan.config import Config
from tf_cyclegan.monitoring import report
from tf_cyclegan.monitoring.facts import Facts
from tf_cyclegan.monitoring.samples import Translations

FACTS = Facts(
    pictures={"trainA": 1067, "trainB": 1334, "testA": 120, "testB": 140},
    parameters={"generator_g": 1_234_567, "discriminator_x": 98_765},
    device="CPU, 2 cores",
    steps=2000,
    started=1_700_000_000.0,
)
HOSTILE = "</script><script>window.caught=1</script>\"'<img src=x onerror=window.caught=1>"


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


def pictures(size=64):
    """Four pictures of each domain; a translation is its picture's negative."""
    groups = [[make_picture(10 * g + i, size, size) for i in range(4)] for g in range(2)]
    return Translations(*([[p, 255 - p, p] for p in group] for group in groups))


def make_run(workdir, epochs, shown=None, config=None, facts=FACTS, finished=True, **more):
    """Writes a workdir with that many epochs and returns its report; `more` goes into each row."""
    shown = shown or pictures()
    others = Translations(*([[make_picture(i)] * 3] * 4 for i in (7, 8)))
    sheets = [workdir / "samples" / f"epoch_{i + 1:04}.png" for i in range(epochs)]
    sheets[0].parent.mkdir(parents=True)
    for path, translations in zip(sheets, (shown, others), strict=False):
        Image.fromarray(translations.sheet()).save(path)
    for i, path in enumerate(sheets[2:]):
        path.hardlink_to(sheets[i % 2])
    rows = [row(i + 1, **more) for i in range(epochs)]
    report.write(workdir, config or Config(epochs=epochs), facts, rows, shown, finished)
    return workdir / "report.html"


def data(path):
    """The data that the page's script draws."""
    found = re.search(r'id="data">(.*?)</script>', path.read_text(encoding="utf-8"), re.S)
    return json.loads(found[1])


def text(path):
    """The page's text without its tags."""
    body = path.read_text(encoding="utf-8").partition("<body>")[2].partition("<script")[0]
    return " ".join(html.unescape(re.sub("<[^>]*>", " ", body)).split())
