"""samples/progress.gif and progress.webp: the same test pictures from epoch to epoch."""

import io
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from tf_cyclegan.monitoring import thumbnails
from tf_cyclegan.system.files import write_output

_MAX_FRAMES = 40
# Milliseconds. The last frame stays longer before the animation repeats.
_FRAME_DURATION, _LAST_DURATION = 200, 3000
# Pixels. A GIF is narrower, since it takes several times the bytes of a WebP.
_GIF_WIDTH = 400
_LABEL_HEIGHT = 22


def due(epoch: int) -> bool:
    """Whether to write the animations after this epoch: 1, 2, 3, 4, 6, 8, 12, 16, 24, ...

    Each time takes seconds, since all frames are encoded again. So the interval doubles whenever
    the run has doubled, and the animations lag behind by less than a third. The caller always
    writes them after the last epoch.
    """
    return epoch % 2 ** max(0, epoch.bit_length() - 2) == 0


def write(workdir: Path, epoch: int) -> None:
    """Writes both files from the sample sheets up to this epoch; nothing if there are none.

    They show at most 40 epochs, evenly spaced and numbered, the newest included. The GIF is 400
    pixels wide, the WebP 560: a few megabytes at most.
    """
    sheets = thumbnails.load(workdir, epoch, _MAX_FRAMES)
    frames = [_frame(sheet, each) for each, sheet in sheets.items()]
    if not frames:
        return
    folder = workdir / "samples"
    write_output(folder / "progress.webp", _encode(frames, "WEBP", quality=70, method=2))
    write_output(folder / "progress.gif", _encode(_with_one_palette(frames), "GIF", optimize=False))


def _frame(thumbnail: bytes, epoch: int) -> Image.Image:
    """The sheet under a strip with the epoch's number."""
    with Image.open(io.BytesIO(thumbnail)) as sheet:
        frame = Image.new("RGB", (sheet.width, sheet.height + _LABEL_HEIGHT), "white")
        frame.paste(sheet, (0, _LABEL_HEIGHT))
    ImageDraw.Draw(frame).text((4, 2), f"epoch {epoch}", "black", ImageFont.load_default(16))
    return frame


def _with_one_palette(frames: list[Image.Image]) -> list[Image.Image]:
    """Quantizes all frames to 256 colours of four of them: faster than a palette for each."""
    size = (_GIF_WIDTH, round(frames[0].height * _GIF_WIDTH / frames[0].width))
    scaled = [frame.resize(size, Image.Resampling.LANCZOS) for frame in frames]
    width, height = size[0] // 2, size[1] // 2
    mosaic = Image.new("RGB", size)
    for i in range(4):
        frame = scaled[i * (len(scaled) - 1) // 3]
        part = frame.resize((width, height), Image.Resampling.NEAREST)
        mosaic.paste(part, (i % 2 * width, i // 2 * height))
    palette = mosaic.quantize(256, dither=Image.Dither.NONE)
    return [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in scaled]


def _encode(frames: list[Image.Image], kind: str, **options: int) -> bytes:
    stream = io.BytesIO()
    options["loop"] = 0  # Endlessly.
    durations = [_FRAME_DURATION] * (len(frames) - 1) + [_LAST_DURATION]
    first, *rest = frames
    first.save(stream, kind, save_all=True, append_images=rest, duration=durations, **options)
    return stream.getvalue()
