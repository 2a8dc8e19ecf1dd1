"""samples/progress.gif and progress.webp: the same test pictures from epoch to epoch."""

import io
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from tf_cyclegan.monitoring import thumbnails
from tf_cyclegan.system.files import write_file

_FRAMES = 40
# Milliseconds that a frame is shown, and the last one, before it all begins again.
_SHOWN, _LAST_SHOWN = 200, 3000
# A GIF takes several times the bytes of a WebP, so it is smaller.
_GIF_WIDTH = 400
_STRIP = 22


def due(epoch: int) -> bool:
    """Whether to write the animations after this epoch of a run that goes on.

    They are made from all their frames each time, which takes seconds. So they are written after
    each of the first four epochs and then ever more rarely, at half the rate each time the run is
    twice as long (4, 6, 8, 12, 16, 24, ...): they lag behind by less than a third. The run's last
    epoch is to be written always.
    """
    return epoch % 2 ** max(0, epoch.bit_length() - 2) == 0


def write(workdir: Path, epoch: int) -> None:
    """Writes both files from the sample sheets up to this epoch; none where there is no sheet.

    At most 40 epochs, evenly spread, the newest always, each with its number. The GIF is 400 pixels
    wide, the WebP 560: a few megabytes at most.
    """
    shown = thumbnails.epochs(workdir, epoch, _FRAMES)
    frames = [_frame(thumbnails.read(workdir, each), each) for each in shown]
    if not frames:
        return
    folder = workdir / "samples"
    write_file(folder / "progress.webp", _encoded(frames, "WEBP", quality=70, method=2))
    write_file(folder / "progress.gif", _encoded(_with_one_palette(frames), "GIF", optimize=False))


def _frame(small: bytes, epoch: int) -> Image.Image:
    """The sheet under a strip with the epoch's number."""
    with Image.open(io.BytesIO(small)) as sheet:
        frame = Image.new("RGB", (sheet.width, sheet.height + _STRIP), "white")
        frame.paste(sheet, (0, _STRIP))
    text = ImageFont.load_default(16)
    ImageDraw.Draw(frame).text((4, 2), f"epoch {epoch}", "black", text)
    return frame


def _with_one_palette(frames: list[Image.Image]) -> list[Image.Image]:
    """Frames of the same 256 colours, taken from four of them: sought once, not 40 times."""
    size = (_GIF_WIDTH, round(frames[0].height * _GIF_WIDTH / frames[0].width))
    scaled = [frame.resize(size, Image.Resampling.LANCZOS) for frame in frames]
    quarter = (size[0] // 2, size[1] // 2)
    four = Image.new("RGB", size)
    for i in range(4):
        part = scaled[i * (len(scaled) - 1) // 3].resize(quarter, Image.Resampling.NEAREST)
        four.paste(part, (i % 2 * quarter[0], i // 2 * quarter[1]))
    palette = four.quantize(256, dither=Image.Dither.NONE)
    return [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in scaled]


def _encoded(frames: list[Image.Image], kind: str, **options: int) -> bytes:
    stream = io.BytesIO()
    shown = [_SHOWN] * (len(frames) - 1) + [_LAST_SHOWN]
    frames[0].save(
        stream, kind, save_all=True, append_images=frames[1:], duration=shown, loop=0, **options
    )
    return stream.getvalue()
