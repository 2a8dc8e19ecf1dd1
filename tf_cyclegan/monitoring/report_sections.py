"""The parts of report.html that are text: everything from outside is escaped here."""

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timezone
from html import escape
from pathlib import Path
from urllib.parse import quote

from tf_cyclegan.config import Config
from tf_cyclegan.monitoring import balance, scalars
from tf_cyclegan.recipes import RECIPES, from_recipe

_Rows = Sequence[Mapping[str, float]]

_GENERATORS = {
    "unet": "U-Nets, PatchGAN discriminators",
    "resnet": "ResNets, PatchGAN discriminators",
    "resnet_keras": "ResNets and PatchGANs of the keras.io example",
}
_LOSSES = {
    "bce": "cross-entropy on logits",
    "lsgan": "least squares",
    "hinge": "hinge",
    "wgan_gp": "Wasserstein with gradient penalty",
}
_FILES = (
    ("samples/", "sample sheets, full size"),
    ("checkpoints/", "checkpoints"),
    ("losses.png", "the curves as a picture"),
    ("history.csv", "the numbers of each epoch"),
    ("config.json", "the settings"),
    ("logs/", "for TensorBoard"),
)


@dataclass(frozen=True)
class Facts:
    """What neither the settings nor the history say of a run.

    Attributes:
      pictures: how many pictures are in use of trainA, trainB, testA and testB.
      parameters: how many numbers each network learns, by the network's name.
      device: what it runs on, in words.
      steps: training steps that the run is to have in all.
      started: when this part of the run began, in seconds since 1970.
    """

    pictures: Mapping[str, int]
    parameters: Mapping[str, int]
    device: str
    steps: int
    started: float


def sections(
    workdir: Path, config: Config, facts: Facts, rows: _Rows, finished: bool
) -> dict[str, str]:
    """The page's text parts as HTML, by the name of their place in page.html."""
    name = workdir.absolute().name
    epoch = int(rows[-1]["epoch"]) if rows else 0
    size = f"{config.image_size}x{config.image_size} pixels"
    return {
        "title": escape(f"{name}: epoch {epoch} of {config.epochs}"),
        "name": escape(name),
        "what": escape(f"The recipe {config.recipe} on {config.dataset}, {size}"),
        "progress": _progress(config, facts, rows, finished),
        "alerts": _alerts(rows),
        "animations": _animations(workdir),
        "balance": _balance(rows, config),
        "scores": _scores(rows),
        "facts": _facts(config, facts),
        "differences": _differences(config),
        "settings": _settings(config),
        "files": _files(workdir, rows),
    }


def epoch_seconds(rows: _Rows) -> float:
    """How long the newest epoch took; 0 where none has ended."""
    return _seconds(rows[-1], rows[-2] if len(rows) > 1 else {}) if rows else 0.0


def _seconds(row: Mapping[str, float], before: Mapping[str, float]) -> float:
    speed = row.get("steps_per_second", math.nan)
    return (row["step"] - before.get("step", 0)) / speed if speed > 0 else 0.0


def _progress(config: Config, facts: Facts, rows: _Rows, finished: bool) -> str:
    newest = rows[-1] if rows else {}
    # A run may end within an epoch, after its last row.
    step = facts.steps if finished else int(newest.get("step", 0))
    epoch = int(newest.get("epoch", 0))
    speed = newest.get("steps_per_second", math.nan)
    spent = sum(_seconds(row, before) for row, before in zip(rows, [{}, *rows], strict=False))
    figures = [
        ("Epoch", f"{epoch}", f"of {config.epochs}"),
        ("Step", f"{step:,}", f"of {facts.steps:,}"),
    ]
    if speed > 0:
        figures.append(("Speed", f"{2 * config.batch_size * speed:.3g}", "pictures a second"))
        figures.append(("Trained for", _duration(spent), ""))
        if not finished:
            left = _duration((facts.steps - step) / speed)
            figures.append(("Time left", left, "at this speed"))
    when = f"{'Finished' if finished else 'As of'} {_time(time.time())}. "
    when += f"Last started {_time(facts.started)}.{'' if rows else ' No epoch has ended yet.'}"
    items = "".join(
        f"<div><dt>{what}</dt><dd>{number} <small>{unit}</small></dd></div>"
        for what, number, unit in figures
    )
    percent = 100 * step / facts.steps
    return (
        f'<div class="bar" role="progressbar" aria-label="Steps done" aria-valuemin="0" '
        f'aria-valuemax="100" aria-valuenow="{percent:.0f}">'
        f'<span style="width:{percent:.2f}%"></span></div>'
        f'<dl class="figures">{items}</dl>'
        f'<p class="when">{when}</p>'
    )


def _alerts(rows: _Rows) -> str:
    broken = [
        name for name, value in (rows[-1] if rows else {}).items() if not math.isfinite(value)
    ]
    if not broken:
        return ""
    since = next(row["epoch"] for row in rows if not all(map(math.isfinite, row.values())))
    return (
        f'<p class="alert" role="alert">Since epoch {since:.0f} these are no numbers any more: '
        f"{escape(', '.join(broken))}. Training broke there; go back to an older checkpoint, or "
        f"start again with a smaller learning rate.</p>"
    )


def _animations(workdir: Path) -> str:
    there = [
        _link(f"samples/progress.{kind}", kind.upper())
        for kind in ("gif", "webp")
        if (workdir / "samples" / f"progress.{kind}").exists()
    ]
    text = "A click on the sheet opens it in full size."
    return text + (f" As an animation: {' or '.join(there)}." if there else "")


def _balance(rows: _Rows, config: Config) -> str:
    found = balance.balances(rows[-1], config.adversarial_loss) if rows else []
    if not found:
        return ""
    meters = "".join(
        f'<div class="meter"><h3>{escape(_title(each.name))}</h3>'
        f'<div class="track {"one" if each.name.endswith("y") else "two"}">'
        f'<span style="left:{100 * each.place:.1f}%"></span></div>'
        f'<div class="ends" aria-hidden="true"><span>always knows</span><span>guesses</span></div>'
        f"<p>{escape(each.words)}</p></div>"
        for each in found
    )
    return (
        '<section aria-labelledby="balance-title"><h2 id="balance-title">Discriminator balance'
        '</h2><p class="hint">D_X tells real pictures of A from those that F makes, D_Y real '
        "pictures of B from those of G. One that always knows, or never, teaches its generator "
        "nothing.</p>"
        f'<div class="meters">{meters}</div></section>'
    )


def _title(name: str) -> str:
    return f"{scalars.label(name)}: {'accuracy' if scalars.family(name) == 'accuracy' else 'loss'}"


def _scores(rows: _Rows) -> str:
    newest = {
        name: (row["epoch"], value)
        for row in rows
        for name, value in row.items()
        if scalars.family(name) == "score"
    }
    if not newest:
        return ""
    lines = [
        (escape(scalars.score_name(name)), f"{value:.4g}", f"{epoch:.0f}")
        for name, (epoch, value) in newest.items()
    ]
    best = ""
    if row := scalars.best(rows):
        best = (
            f"<p>The best so far is epoch {row['epoch']:.0f}, with {row[scalars.OVERALL]:.4g} "
            f"overall (lower is better). Its checkpoint is kept: --checkpoint=best.</p>"
        )
    return (
        '<section aria-labelledby="scores-title"><h2 id="scores-title">Scores</h2>'
        f"{best}{_table(('score', 'newest', 'at epoch'), lines)}</section>"
    )


def _facts(config: Config, facts: Facts) -> str:
    def count(split: str) -> str:
        a, b = (facts.pictures[split + domain] for domain in "AB")
        return f"{a:,} of A, {b:,} of B"

    jitter = {
        "resize_crop": f"random crops from {config.resize_to}x{config.resize_to}, mirrored or not",
        "crop": "random crops of the pictures as they are, mirrored or not",
        "resize": "nothing random",
        "none": "each picture in its own size",
    }
    parameters = " + ".join(
        f"{count / 1e6:.2f} M ({scalars.label(name).partition(',')[0]})"
        for name, count in facts.parameters.items()
    )
    listed = (
        ("Data set", config.dataset),
        ("Training pictures", count("train")),
        ("Test pictures", count("test")),
        ("Size", f"{config.image_size}x{config.image_size}, {jitter[config.preprocess]}"),
        ("Networks", f"{_GENERATORS[config.generator]}, {config.filters} filters"),
        ("Parameters", parameters),
        (
            "Loss",
            f"{_LOSSES[config.adversarial_loss]} + {config.cycle_weight:g} (cycle "
            f"+ {config.identity_weight:g} identity)",
        ),
        ("Device", facts.device),
    )
    return "\n".join(f"<dt>{what}</dt><dd>{escape(text)}</dd>" for what, text in listed)


def _differences(config: Config) -> str:
    if config.recipe not in RECIPES:
        return ""
    recipe = from_recipe(config.recipe).to_dict()
    lines = [
        (f"<code>{name}</code>", escape(_shown(value)), escape(_shown(recipe[name])))
        for name, value in config.to_dict().items()
        if value != recipe[name]
    ]
    if not lines:
        return f"<h3>All settings are those of the recipe {config.recipe}.</h3>"
    heading = f"<h3>Settings that differ from the recipe {config.recipe}</h3>"
    return heading + _table(("setting", "here", "in the recipe"), lines)


def _settings(config: Config) -> str:
    lines = "".join(
        f"<tr><td><code>{field.name}</code></td>"
        f"<td>{escape(_shown(getattr(config, field.name)))}</td>"
        f'<td class="meaning">{escape(field.metadata["meaning"])}</td></tr>'
        for field in fields(config)
    )
    return f'<details id="settings"><summary>All settings</summary><table>{lines}</table></details>'


def _files(workdir: Path, rows: _Rows) -> str:
    there = [(path, text) for path, text in _FILES if (workdir / path).exists()]
    links = "".join(f"<li>{_link(path, path)}, {text}</li>" for path, text in there)
    steps = sorted(
        int(step)
        for path in (workdir / "checkpoints").glob("ckpt-*.index")
        if (step := path.stem.removeprefix("ckpt-")).isdecimal()
    )
    lines = [_checkpoint(workdir, step, rows) for step in reversed(steps)]
    table = _table(("saved as", "after epoch", "size", "files"), lines) if lines else ""
    return f'<ul class="links">{links}</ul>{table}'


def _checkpoint(workdir: Path, step: int, rows: _Rows) -> tuple[str, ...]:
    parts = sorted((workdir / "checkpoints").glob(f"ckpt-{step}.*"))
    size = sum(path.stat().st_size for path in parts) / 1e6
    epochs = [f"{row['epoch']:.0f}" for row in rows if row["step"] == step]
    links = ", ".join(_link(f"checkpoints/{p.name}", p.suffix[1:].partition("-")[0]) for p in parts)
    return f"<code>ckpt-{step}</code>", *(epochs or ["within"]), f"{size:.1f} MB", links


def _table(headings: Iterable[str], lines: Iterable[Iterable[str]]) -> str:
    """A table of cells that are HTML already."""
    head = "".join(f'<th scope="col">{heading}</th>' for heading in headings)
    body = "".join(f"<tr>{''.join(f'<td>{c}</td>' for c in cells)}</tr>" for cells in lines)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _link(path: str, text: str) -> str:
    return f'<a href="{escape(quote(path))}">{escape(text)}</a>'


def _shown(value: object) -> str:
    return "none" if value is None else str(value)


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 1:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _time(seconds: float) -> str:
    """A moment, which the page's script shows in the reader's own time."""
    moment = datetime.fromtimestamp(seconds, timezone.utc)
    return f'<time datetime="{moment:%Y-%m-%dT%H:%M:%SZ}">{moment:%Y-%m-%d %H:%M} UTC</time>'
