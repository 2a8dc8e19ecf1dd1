"""losses.png: the curves of history.csv as one image."""

import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tf_cyclegan.monitoring import scalars
from tf_cyclegan.system.files import write_output

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS = ("#1f5fa8", "#c2571a", "#2c7f62", "#7a4fa0", "#8a6d00", "#5b6570")
# Inches: the figure, a row of panels, and a panel's margins.
_WIDTH, _ROW_HEIGHT = 11.0, 3.1
_LEFT, _RIGHT, _TOP, _BOTTOM = 0.65, 0.15, 0.55, 0.5
# Few points get markers, without which a single one would be invisible.
_MAX_MARKERS = 30


def write(workdir: Path, rows: Sequence[Mapping[str, float]], adversarial_loss: str) -> None:
    """Writes workdir/losses.png; nothing if there are no rows.

    Args:
      workdir: the run's folder.
      rows: those of history.csv.
      adversarial_loss: the setting, which determines a guessing discriminator's loss.
    """
    # Takes a second to import. Figure, unlike pyplot, has no global state.
    from matplotlib.figure import Figure

    panels = [p for p in scalars.panels(rows, adversarial_loss) if p.family != "time"]
    if not panels:
        return
    row_count = math.ceil(len(panels) / 2)
    height = _ROW_HEIGHT * row_count
    figure = Figure(figsize=(_WIDTH, height), dpi=110)
    # Matplotlib's own layout engines draw everything twice.
    figure.subplots_adjust(
        left=_LEFT / _WIDTH,
        right=1 - _RIGHT / _WIDTH,
        bottom=_BOTTOM / height,
        top=1 - _TOP / height,
        wspace=2 * (_LEFT + _RIGHT) / (_WIDTH - 2 * (_LEFT + _RIGHT)),
        hspace=(_TOP + _BOTTOM) / (_ROW_HEIGHT - _TOP - _BOTTOM),
    )
    for place, panel in enumerate(panels, start=1):
        _draw(figure.add_subplot(row_count, 2, place), panel, rows)
    stream = io.BytesIO()
    figure.savefig(stream, format="png")
    write_output(workdir / "losses.png", stream.getvalue())


def _draw(axes: "Axes", panel: scalars.Panel, rows: Sequence[Mapping[str, float]]) -> None:
    from matplotlib.ticker import LogLocator, MaxNLocator

    for name, colour in zip(panel.names, panel.colours, strict=True):
        points = [
            (row["epoch"], row[name]) for row in rows if math.isfinite(row.get(name, math.nan))
        ]
        if points:
            axes.plot(
                *zip(*points, strict=True),
                color=_COLOURS[colour],
                label=scalars.label(name),
                linewidth=1.6,
                marker="o" if len(points) <= _MAX_MARKERS else None,
                markersize=3,
            )
    if panel.level is not None:
        axes.axhline(panel.level, color="#5b6570", linestyle=(0, (4, 3)), linewidth=1.2)
        axes.annotate(
            f"guessing, {panel.level:.3g}",
            (1, panel.level),
            xycoords=("axes fraction", "data"),
            xytext=(-4, 3),
            textcoords="offset points",
            ha="right",
            fontsize=8,
            color="#5b6570",
        )
    if panel.log:
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_minor_formatter("")
    else:
        axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.3g}")
    if len(rows) > 1:
        axes.set_xlim(rows[0]["epoch"], rows[-1]["epoch"])
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    title = panel.title + (" (log scale)" if panel.log else "")
    axes.set_title(title, loc="left", fontsize=11, pad=20)
    axes.set_xlabel("epoch", fontsize=9)
    axes.tick_params(labelsize=9)
    axes.grid(color="#e3e3e3", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    if len(axes.lines) > 1:
        # Above the curves: Matplotlib's search for the best place is slow.
        place = {"loc": "lower left", "bbox_to_anchor": (0, 1), "borderaxespad": 0}
        axes.legend(fontsize=8, frameon=False, ncols=4, borderpad=0.3, **place)
