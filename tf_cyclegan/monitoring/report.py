"""report.html: a run as one self-contained page, without server or network."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from tf_cyclegan.config import Config
from tf_cyclegan.monitoring import report_drawing, report_text
from tf_cyclegan.monitoring.facts import Facts
from tf_cyclegan.monitoring.samples import Translations
from tf_cyclegan.system.files import write_output

FILE = "report.html"
_FINISHED = '<html lang="en" data-finished="true">'

_ENVIRONMENT = Environment(
    autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


def write(
    workdir: Path,
    config: Config,
    facts: Facts,
    rows: Sequence[Mapping[str, float]],
    shown: Translations | None = None,
    finished: bool = False,
) -> None:
    """Writes workdir/report.html.

    Args:
      workdir: the run's folder; samples/ and checkpoints/ may be missing.
      config: the run's settings.
      facts: other facts of the run.
      rows: those of history.csv.
      shown: test pictures with their newest translations, for comparison.
      finished: whether the run has ended; until then the page reloads itself.

    Raises:
      OSError: the file cannot be written; the previous one is kept.
    """
    files = resources.files("tf_cyclegan.monitoring") / "report_page"
    template, style, charts, behaviour = (
        (files / name).read_text(encoding="utf-8")
        for name in ("page.html", "style.css", "charts.js", "page.js")
    )
    script = charts + behaviour
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    page = _ENVIRONMENT.from_string(template).render(
        report_text.gather(workdir, config, facts, rows, finished),
        data=report_drawing.gather(workdir, config, rows, shown, finished),
        style=style,
        script=script,
        script_hash=f"sha256-{digest}",
    )
    # Names of files may hold bytes that are not UTF-8.
    write_output(workdir / FILE, page.encode(errors="replace"))


def is_finished(workdir: Path) -> bool:
    """Whether the report is there, and was written at the end of the run."""
    try:
        with (workdir / FILE).open(encoding="utf-8", errors="replace") as page:
            return _FINISHED in page.read(200)
    except OSError:
        return False
