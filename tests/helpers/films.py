"""Short films, by PyAV."""

from fractions import Fraction

import numpy as np


def write_film(path, frames, codec="libx264", sound=None, rate=25, quality="10"):
    """Writes frames, uint8 (height, width, 3), with a tone of the same length before them.

    Args:
      path: the film; its suffix tells the container.
      frames: the frames.
      codec: of the pictures.
      sound: codec of the sound; None for none.
      rate: frames a second.
      quality: of H.264, the smaller the better.
    """
    import av

    with av.open(str(path), "w") as film:
        pictures = film.add_stream(codec, rate=rate)
        pictures.height, pictures.width = frames[0].shape[:2]
        pictures.pix_fmt = "yuv420p"
        if codec == "libx264":
            pictures.options = {"crf": quality}
        if sound:
            heard, count = film.add_stream(sound, rate=44_100), 44_100 * len(frames) // rate
            tone = np.sin(np.arange(count) / 20) * 10_000
            for start in range(0, count, 4410):
                part = tone[None, start : start + 4410].astype(np.int16)
                frame = av.AudioFrame.from_ndarray(part, format="s16", layout="mono")
                frame.sample_rate, frame.pts, frame.time_base = 44_100, start, Fraction(1, 44_100)
                film.mux(heard.encode(frame))
            film.mux(heard.encode())
        for i, pixels in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), "rgb24")
            frame.pts, frame.time_base = i, Fraction(1, rate)
            film.mux(pictures.encode(frame))
        film.mux(pictures.encode())


def read_film(path):
    """The frames of a film, uint8 (count, height, width, 3)."""
    import av

    with av.open(str(path)) as film:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)])
