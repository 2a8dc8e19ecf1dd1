"""What the script of report.html draws: curves, sample sheets, pictures to compare."""

import base64
import dataclasses
import io
import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tf_cyclegan.config import Config
from tf_cyclegan.monitoring import report_text, scalars, thumbnails
from tf_cyclegan.monitoring.samples import Translations

_Rows = Sequence[Mapping[str, float]]

# At most so many sheets are embedded, and pictures of at most so many pixels a side. This keeps the
# file near 3 MB however long the run.
_SHEETS, _SIDE = 40, 320
# Pictures of at most so many pixels a side are enlarged pixel by pixel.
_SMALL = 128
# Classes of style.css, in the order of the colours of scalars.py.
_COLOURS = ("one", "two", "three", "four", "five", "six")


def gather(
    workdir: Path, config: Config, rows: _Rows, shown: Translations | None, finished: bool
) -> dict[str, Any]:
    """The script's data, ready for JSON. Arguments as those of `report.write`."""
    last = int(rows[-1]["epoch"]) if rows else 0
    directions = (("A", "B", shown.a_to_b), ("B", "A", shown.b_to_a)) if shown else ()
    return {
        "finished": finished,
        "updated": round(1000 * time.time()),
        "epoch_seconds": report_text.epoch_seconds(rows)[-1] if rows else 0.0,
        "epochs": [int(row["epoch"]) for row in rows],
        "panels": [_panel(p, rows) for p in scalars.panels(rows, config.adversarial_loss)],
        "sheets": [
            {
                "epoch": epoch,
                "small": _uri(thumbnails.read(workdir, epoch)),
                "full": thumbnails.sheet_path(workdir, epoch).relative_to(workdir).as_posix(),
            }
            for epoch in thumbnails.epochs(workdir, last, _SHEETS)
        ],
        "pictures": [
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
        ],
    }


def _panel(panel: scalars.Panel, rows: _Rows) -> dict[str, Any]:
    series = [
        {
            "label": scalars.label(name),
            "colour": _COLOURS[colour],
            "values": [_number(row.get(name)) for row in rows],
        }
        for name, colour in zip(panel.names, panel.colours, strict=True)
    ]
    return {**dataclasses.asdict(panel), "series": series}


def _number(value: float | None) -> float | None:
    """Five digits, more than a chart shows; None for NaN, which JSON lacks."""
    return float(f"{value:.5g}") if value is not None and math.isfinite(value) else None


def _webp(picture: np.ndarray) -> bytes:
    stream = io.BytesIO()
    image = Image.fromarray(picture[..., 0] if picture.shape[2] == 1 else picture)
    image.thumbnail((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    if _is_small(picture):
        # Lossless, where quality and method only set the effort to save bytes.
        image.save(stream, "WEBP", lossless=True, quality=20, method=1)
    else:
        image.save(stream, "WEBP", quality=85)
    return stream.getvalue()


def _is_small(picture: np.ndarray) -> bool:
    return max(picture.shape) <= _SMALL


def _uri(webp: bytes) -> str:
    return "data:image/webp;base64," + base64.b64encode(webp).decode()
