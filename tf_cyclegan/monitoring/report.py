"""report.html: a run as a page to look at, in one file that needs no server and no network."""

import base64
import hashlib
import io
import json
import math
import string
import time
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from tf_cyclegan.config import Config
from tf_cyclegan.files import write_file
from tf_cyclegan.monitoring import history, report_sections, scalars, thumbnails
from tf_cyclegan.monitoring.report_sections import Facts

if TYPE_CHECKING:
    from tf_cyclegan.samples import Translations

FILE = "report.html"

# What is embedded: so many sheets, and pictures of at most so many pixels a side. The file stays
# near 3 MB however long the run is.
_SHEETS = 40
_SIDE = 320
# Pictures that small are enlarged, with their pixels as they are.
_SMALL = 128
# Of a sheet of samples.py, each direction's half: 400 of its 808 pixels.
_HALF = 400 / 808
# Of style.css, in the order of scalars.py.
_COLOURS = ("one", "two", "three", "four", "five", "six")


def write(
    workdir: Path,
    config: Config,
    facts: Facts,
    shown: "Translations | None" = None,
    finished: bool = False,
) -> None:
    """Writes workdir/report.html from what is in the workdir.

    Args:
      workdir: the run's folder, with history.csv, samples/ and checkpoints/ as far as they are
        there yet.
      config: the run's settings.
      facts: the rest.
      shown: pictures with their newest translations, to compare before and after; None for none.
      finished: whether the run is at its end; until then the page loads itself again now and then.

    Raises:
      OSError: the file cannot be written; the older one stays.
    """
    rows = history.read(workdir)
    sections = report_sections.sections(workdir, config, facts, rows, finished)
    page, style = _part("page.html"), _part("style.css")
    script = _part("charts.js") + _part("page.js")
    text = string.Template(page).substitute(
        sections,
        style=style,
        script=script,
        script_hash="sha256-" + _base64(hashlib.sha256(script.encode()).digest()),
        data=_json(_data(workdir, config, rows, shown, finished)),
    )
    write_file(workdir / FILE, text.encode())


def _data(
    workdir: Path,
    config: Config,
    rows: Sequence[Mapping[str, float]],
    shown: "Translations | None",
    finished: bool,
) -> dict[str, Any]:
    """What the page's script draws."""
    last = int(rows[-1]["epoch"]) if rows else 0
    return {
        "finished": finished,
        "updated": round(1000 * time.time()),
        "epoch_seconds": report_sections.epoch_seconds(rows),
        "epochs": [int(row["epoch"]) for row in rows],
        "panels": [_panel(p, rows) for p in scalars.panels(rows, config.adversarial_loss)],
        "half": _HALF,
        "sheets": [
            {
                "epoch": epoch,
                "small": _uri(thumbnails.read(workdir, epoch)),
                "full": thumbnails.sheet_path(workdir, epoch).relative_to(workdir).as_posix(),
            }
            for epoch in thumbnails.epochs(workdir, last, _SHEETS)
        ],
        "pictures": _comparisons(shown) if shown else [],
    }


def _panel(panel: scalars.Panel, rows: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    series = [
        {
            "label": scalars.label(name),
            "colour": _COLOURS[colour],
            "values": [_number(row.get(name)) for row in rows],
        }
        for name, colour in zip(panel.names, panel.colours, strict=True)
    ]
    return {
        "family": panel.family,
        "title": panel.title,
        "meaning": panel.meaning,
        "log": panel.log,
        "level": panel.level,
        "series": series,
    }


def _comparisons(shown: "Translations") -> list[dict[str, Any]]:
    directions = (("A", "B", shown.a_to_b), ("B", "A", shown.b_to_a))
    return [
        {
            "direction": f"{source} to {target}",
            "number": number,
            "before": _uri(_webp(picture)),
            "after": _uri(_webp(translation)),
            "before_name": source,
            "after_name": f"{source} to {target}",
            "pixelated": _is_small(picture),
        }
        for source, target, group in directions
        for number, (picture, translation, _) in enumerate(group, start=1)
    ]


def _webp(picture: np.ndarray) -> bytes:
    stream = io.BytesIO()
    image = Image.fromarray(picture[..., 0] if picture.shape[2] == 1 else picture)
    image.thumbnail((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    if _is_small(picture):
        # Without loss, where quality and method are no more than the effort to save bytes.
        image.save(stream, "WEBP", lossless=True, quality=20, method=1)
    else:
        image.save(stream, "WEBP", quality=85)
    return stream.getvalue()


def _is_small(picture: np.ndarray) -> bool:
    return max(picture.shape) <= _SMALL


def _uri(webp: bytes) -> str:
    return "data:image/webp;base64," + _base64(webp)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _number(value: float | None) -> float | None:
    """For JSON, which knows no NaN, in five digits, which no chart shows more of."""
    return float(f"{value:.5g}") if value is not None and math.isfinite(value) else None


def _json(data: object) -> str:
    # Inside <script>, `<` could end it.
    return json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")


def _part(name: str) -> str:
    page = resources.files("tf_cyclegan.monitoring") / "report_page"
    return (page / name).read_text(encoding="utf-8")
