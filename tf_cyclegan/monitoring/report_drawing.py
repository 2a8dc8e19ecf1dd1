"""The data that the script of report.html draws: curves, sample sheets, comparisons."""

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
from tf_cyclegan.data import images
from tf_cyclegan.monitoring import report_text, scalars, thumbnails
from tf_cyclegan.monitoring.samples import Translations

_Rows = Sequence[Mapping[str, float]]

# Embedded sheets, and the pixels of a picture's longer side: about 3 MB for a run of any length.
_MAX_SHEETS, _MAX_SIDE = 40, 320
# Pictures of up to this many pixels a side are enlarged without smoothing.
_MAX_PIXELATED_SIDE = 128
# CSS classes, in the order of the colours of scalars.py.
_COLOUR_CLASSES = ("one", "two", "three", "four", "five", "six")


def gather(
    workdir: Path, config: Config, rows: _Rows, shown: Translations | None, finished: bool
) -> dict[str, Any]:
    """The script's data, ready for JSON. Takes the arguments of `report.write`."""
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
                "small": _uri(thumbnail),
                "full": thumbnails.sheet_path(workdir, epoch).relative_to(workdir).as_posix(),
            }
            for epoch, thumbnail in thumbnails.load(workdir, last, _MAX_SHEETS).items()
        ],
        "pictures": [
            {
                "direction": f"{source} to {target}",
                "number": number,
                "before": _uri(_webp(picture)),
                "after": _uri(_webp(translation)),
                "before_name": source,
                "after_name": f"{source} to {target}",
                "pixelated": _is_pixelated(picture),
            }
            for source, target, group in directions
            for number, (picture, translation, _) in enumerate(group, start=1)
        ],
    }


def _panel(panel: scalars.Panel, rows: _Rows) -> dict[str, Any]:
    series = [
        {
            "label": scalars.label(name),
            "colour": _COLOUR_CLASSES[colour],
            "values": [_number(row.get(name)) for row in rows],
        }
        for name, colour in zip(panel.names, panel.colours, strict=True)
    ]
    return {**dataclasses.asdict(panel), "series": series}


def _number(value: float | None) -> float | None:
    """Rounded to five digits, more than a chart shows; None for NaN, which JSON lacks."""
    return float(f"{value:.5g}") if value is not None and math.isfinite(value) else None


def _webp(picture: np.ndarray) -> bytes:
    stream = io.BytesIO()
    image = images.to_pillow(picture)
    image.thumbnail((_MAX_SIDE, _MAX_SIDE), Image.Resampling.LANCZOS)
    if _is_pixelated(picture):
        # For lossless images, quality and method are the effort to compress.
        image.save(stream, "WEBP", lossless=True, quality=20, method=1)
    else:
        image.save(stream, "WEBP", quality=85)
    return stream.getvalue()


def _is_pixelated(picture: np.ndarray) -> bool:
    return max(picture.shape) <= _MAX_PIXELATED_SIDE


def _uri(webp: bytes) -> str:
    return "data:image/webp;base64," + base64.b64encode(webp).decode()
