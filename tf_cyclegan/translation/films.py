"""Films, by PyAV: frame by frame with one set of statistics. The sound is kept."""

import contextlib
import importlib.util
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from tf_cyclegan.data import images
from tf_cyclegan.system.errors import UserError
from tf_cyclegan.system.files import writing
from tf_cyclegan.translation.animations import STATISTICS_FRAMES

_Translate = Callable[[np.ndarray], np.ndarray]
# Playlists and the like, under whatever name, may make FFmpeg read other files, or addresses.
_FORMATS = {"format_whitelist": "mov,matroska,avi"}
# Quality of H.264: visually lossless.
_QUALITY = {"crf": "17", "preset": "medium"}
# Sound that MP4 takes as it is. Other becomes AAC.
_COPIED = ("aac", "ac3", "eac3", "flac", "alac", "opus")


def check() -> None:
    """Raises UserError if PyAV is not installed."""
    if importlib.util.find_spec("av") is None:
        raise UserError(
            "films need the package av, which brings FFmpeg: python -m pip install "
            "'tf_cyclegan[video]'"
        )


def sampled(path: Path) -> list[np.ndarray]:
    """A few frames, evenly spread: uint8 (height, width, 3), of one size.

    Raises:
      UserError: it is no film, or damaged.
    """
    with _opened(path) as film:
        stream = film.streams.video[0]
        found: list[np.ndarray] = []
        for i in range(STATISTICS_FRAMES):
            frames = film.decode(stream)
            if film.duration:
                # In microseconds. It goes to the keyframe before, which may be the same each time.
                moment = int((film.start_time or 0) + (i + 0.5) / STATISTICS_FRAMES * film.duration)
                film.seek(moment)
                frames = (f for f in frames if f.time is None or f.time * 1e6 >= moment)
            frame = next(frames, None)
            if frame is not None:
                found.append(_upright(frame))
        if not found:
            raise UserError(f"{path}: has no frame that can be decoded")
        return [each for each in found if each.shape == found[0].shape]


def translate(path: Path, target: Path, frames_through: _Translate) -> int:
    """Writes a film with each frame translated, as H.264 in MP4, and returns how many.

    Args:
      path: the film.
      target: the file to write; on any failure the old one stays.
      frames_through: translates uint8 (height, width, 3) to the same size, 3 or 1 channels.

    Raises:
      UserError: it is no film, or damaged.
      OSError: the target cannot be written; it names the file.
    """
    import av

    with (
        writing(target) as file,
        _opened(path) as film,
        av.open(file, "w", format="mp4") as made,
    ):
        return _copy(film, made, frames_through)


def _copy(film: Any, made: Any, frames_through: _Translate) -> int:
    import av

    source, sound = film.streams.video[0], next(iter(film.streams.audio), None)
    sound_stream = _sound_stream(made, sound) if sound else None
    picture_stream, count = None, 0
    packets: list[Any] = []  # The first one that is written ends the list of streams.
    for packet in film.demux([each for each in (source, sound) if each]):
        if packet.stream is sound:
            packets += _sound_packets(packet, sound_stream)
        else:
            for frame in packet.decode():
                translated = frames_through(_upright(frame))
                if picture_stream is None:
                    picture_stream = _picture_stream(made, source, *translated.shape[:2])
                rgb = np.ascontiguousarray(images.to_colour(translated))
                new = av.VideoFrame.from_ndarray(rgb, "rgb24")
                new = new.reformat(format=picture_stream.pix_fmt, dst_colorspace="ITU709")
                new.pts, new.time_base = frame.pts, frame.time_base
                packets += picture_stream.encode(new)
                count += 1
        if picture_stream is not None:
            made.mux(packets)
            packets = []
    if picture_stream is not None:
        made.mux(picture_stream.encode())
    return count


def _picture_stream(made: Any, source: Any, height: int, width: int) -> Any:
    made.metadata["comment"] = "tf_cyclegan"
    stream = made.add_stream("libx264", rate=source.average_rate or Fraction(25))
    stream.width, stream.height = width, height
    # Halved colour planes need even sizes.
    stream.pix_fmt = "yuv420p" if height % 2 == width % 2 == 0 else "yuv444p"
    stream.options = _QUALITY
    codec = stream.codec_context
    codec.time_base = source.time_base
    # BT.709, which players assume of most films, in limited range.
    codec.colorspace = codec.color_primaries = codec.color_trc = codec.color_range = 1
    return stream


def _sound_stream(made: Any, sound: Any) -> Any:
    if sound.codec_context.name in _COPIED:
        return made.add_stream_from_template(sound)
    return made.add_stream("aac", rate=sound.rate)


def _sound_packets(packet: Any, stream: Any) -> list[Any]:
    """What a packet of the film's sound is in the new one."""
    ended = packet.dts is None
    if packet.stream.codec_context.name in _COPIED:
        packet.stream = stream
        return [] if ended else [packet]
    packets = []
    for frame in packet.decode():
        # AVI counts in packets, which are longer than those of AAC.
        frame.pts = round((frame.time or 0) * stream.rate)
        frame.time_base = Fraction(1, stream.rate)
        packets += stream.encode(frame)
    return packets + (stream.encode(None) if ended else [])


def _upright(frame: Any) -> np.ndarray:
    turns = round(getattr(frame, "rotation", 0) / 90) % 4
    return np.rot90(frame.to_ndarray(format="rgb24"), turns)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Any]:
    check()
    import av

    if path.exists() and not path.is_file():
        # Reading a pipe may block forever.
        raise UserError(f"{path}: is not a regular file")
    with contextlib.ExitStack() as open_files:
        try:
            # A name with a colon would be a protocol to FFmpeg.
            file = open_files.enter_context(path.open("rb"))
            film = open_files.enter_context(av.open(file, options=_FORMATS))
        except (OSError, av.FFmpegError) as error:
            raise UserError(f"{path}: is no film, or damaged ({error.strerror})") from error
        if not film.streams.video:
            raise UserError(f"{path}: has no pictures, only sound")
        try:
            yield film
        except av.FFmpegError as error:
            raise UserError(f"{path}: is no film, or damaged ({error.strerror})") from error


def is_own(path: Path) -> bool:
    """Whether `translate` wrote a file."""
    try:
        with _opened(path) as film:
            return film.metadata.get("comment") == "tf_cyclegan"
    except UserError:
        return False
