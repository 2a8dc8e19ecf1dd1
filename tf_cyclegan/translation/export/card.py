"""The model card: README.md in the Hugging Face hub's format, for people and for the hub."""

import json
from collections.abc import Mapping
from pathlib import Path

from tf_cyclegan.monitoring import history, scalars
from tf_cyclegan.monitoring.thumbnails import sheet_path
from tf_cyclegan.translation.export.check import Difference
from tf_cyclegan.translation.export.formats import FORMATS
from tf_cyclegan.translation.export.metadata import Metadata

FILE, SAMPLES = "README.md", "samples.png"
# Those of the hub's identifiers that weights have most often. The hub refuses others.
_LICENCES = {
    *("apache-2.0", "mit", "bsd-3-clause", "gpl-3.0", "openrail", "cc0-1.0"),
    *("cc-by-4.0", "cc-by-sa-4.0", "cc-by-nc-4.0", "cc-by-nc-sa-4.0"),
}
_NETWORKS = {
    "unet": "pix2pix U-Net, as in the TensorFlow tutorial",
    "resnet": "ResNet, as in the paper",
    "resnet_keras": "ResNet, as in the keras.io example",
}


def text(
    metadata: Metadata,
    difference: Difference,
    size: int,
    scores: Mapping[str, float],
    has_samples: bool,
) -> str:
    """The card.

    Args:
      metadata: what was exported.
      difference: from the generator.
      size: of the exported file in bytes.
      scores: by column of history.csv; may be empty.
      has_samples: whether SAMPLES lies beside it.
    """
    config = metadata.config
    source, target = metadata.direction.split("to")
    title = f"CycleGAN, {metadata.direction}: {_inline(config.dataset)}"
    samples = f"![Samples: both directions, there and back]({SAMPLES})\n\n" if has_samples else ""
    layers = f"{config.blocks} blocks"
    if config.generator == "unet":
        layers = f"{config.unet_depth} levels"
    rows = {
        "direction": f"domain {source} to domain {target}",
        "file": f"`{FORMATS[metadata.format].file}`, {size / 1e6:.1f} MB, "
        f"{metadata.quantize or 'float32'}",
        "network": f"{_NETWORKS[config.generator]}; {config.filters} filters, {layers}",
        "recipe": f"`{config.recipe}`",
        "data set": _inline(config.dataset),
        "trained at": f"{config.image_size} x {config.image_size} pixels",
        "checkpoint": f"step {metadata.step}",
        "input, output": "uint8 (batch, height, width, {}) to (batch, height, width, {})".format(
            *metadata.channels
        ),
        "difference from the trained network": f"{difference}",
    }
    return f"""{_front_matter(metadata)}
# {title}

Unpaired image-to-image translation ([Zhu et al., 2017](https://arxiv.org/abs/1703.10593)), trained
and exported with tf_cyclegan.

{samples}| | |
|---|---|
{_table(rows)}

## Use

Takes pictures of any height and width. Scaling to [-1, 1] and back is in the file; sizes that are
no multiples of {config.size_multiple} are reflected up and cropped back. It was trained at
{config.image_size} x {config.image_size} pixels: scale yours to about that.

```python
{_code(metadata)}
```

Needs: `{_packages(metadata)}`.

## Scores

{_scores(scores)}

## Licence

{_inline(metadata.licence)}
"""


def scores_of(workdir: Path, step: int, direction: str) -> dict[str, float]:
    """The scores of a checkpoint in history.csv: by column, without the other direction's."""
    other = "BtoA" if direction == "AtoB" else "AtoB"
    return {
        name: value
        for name, value in _row(workdir, step).items()
        if name.startswith("score_") and not name.endswith(other)
    }


def samples_of(workdir: Path, step: int) -> Path | None:
    """The sample sheet of a checkpoint's epoch, else the newest; None without any."""
    epoch = _row(workdir, step).get("epoch")
    if epoch is not None and (sheet := sheet_path(workdir, int(epoch))).is_file():
        return sheet
    sheets = sorted(workdir.glob("samples/epoch_*.png"))
    return sheets[-1] if sheets else None


def _row(workdir: Path, step: int) -> dict[str, float]:
    """The row of a step in history.csv; empty where there is none, or the file is damaged."""
    return next((row for row in history.rows_of(workdir) if row["step"] == step), {})


def _front_matter(metadata: Metadata) -> str:
    licence = metadata.licence.strip().lower()
    lines = [f"license: {licence}"]
    if licence not in _LICENCES:
        lines = ["license: other", f"license_name: {json.dumps(metadata.licence)}"]
    tags = ["cyclegan", "image-to-image", "unpaired-translation", metadata.format]
    lines += ["library_name: tf_cyclegan", "pipeline_tag: image-to-image"]
    lines += ["tags:", *(f"- {tag}" for tag in tags)]
    return "\n".join(["---", *lines, "---"])


def _code(metadata: Metadata) -> str:
    source, target = metadata.channels
    mode, axes = ("RGB", "None") if source == 3 else ("L", "None, ..., None")
    first = "0" if target == 3 else "0, ..., 0"
    imports, use = FORMATS[metadata.format].imported().USAGE.split("\n\n")
    return f"""\
import numpy as np
from PIL import Image
{imports}

pictures = np.asarray(Image.open("picture.png").convert("{mode}"))[{axes}]
{use}
Image.fromarray(translations[{first}]).save("translation.png")"""


def _packages(metadata: Metadata) -> str:
    runtime = FORMATS[metadata.format].runtime
    if not runtime:
        runtime = ("tf_cyclegan",) if metadata.format == "keras" else ("tensorflow",)
    return " ".join(("pip install", *runtime, "numpy", "pillow"))


def _scores(scores: Mapping[str, float]) -> str:
    if not scores:
        return "Not scored."
    rows = {scalars.score_name(name): f"{value:.4g}" for name, value in scores.items()}
    return f"| score | value |\n|---|---|\n{_table(rows)}"


def _table(rows: Mapping[str, str]) -> str:
    return "\n".join(f"| {name} | {value} |" for name, value in rows.items())


def _inline(words: str) -> str:
    """Text that is a user's, in one line and without what Markdown or HTML would read."""
    plain = " ".join(words.split())
    return "".join(f"\\{c}" if c in r"\`*_[]<>|#" else c for c in plain)
