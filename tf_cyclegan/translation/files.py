"""Translating files into files."""

import contextlib
import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tf_cyclegan.data import encoding, images
from tf_cyclegan.data.sources import folder
from tf_cyclegan.system.errors import UserError
from tf_cyclegan.system.files import write_file
from tf_cyclegan.translation import animations, films, sizes
from tf_cyclegan.translation.inference import Statistics
from tf_cyclegan.translation.inputs import Input
from tf_cyclegan.translation.output_names import distinct, reject_foreign, reject_links_outside
from tf_cyclegan.translation.overlap import overlapped
from tf_cyclegan.translation.translator import Translator

FORMATS = {"png": ".png", "jpeg": ".jpg", "webp": ".webp"}


@dataclass
class Summary:
    """What became of the inputs.

    Attributes:
      written, kept: the numbers of files that were written, and that existed.
      failed: a line about each input that could not be translated.
    """

    written: int = 0
    kept: int = 0
    failed: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Job:
    source: Input
    target: Path
    is_animated: bool


def translate(
    translator: Translator,
    inputs: Sequence[Input],
    direction: str,
    output: Path,
    kind: str = "png",
    overwrite: bool = False,
    frames: bool = False,
    say: Callable[[str], None] = lambda line: None,
    progress: Callable[[], object] = lambda: None,
) -> Summary:
    """Translates files into `output`, each under its name, in its size.

    Transparency and RGB colour profiles are kept. Animations and films are translated frame by
    frame with one set of statistics, into GIF, WebP and MP4.

    Args:
      translator: a trained run.
      inputs: the files.
      direction: AtoB or BtoA.
      output: a folder, created if missing.
      kind: png, jpeg, webp; or same, the input's, with PNG for BMP.
      overwrite: whether files that this package wrote are written anew; otherwise they are kept.
      frames: whether the pictures of each folder are the frames of one film.
      say: called with a line about each input that cannot be translated, and once if pictures are
        translated at a smaller size than theirs.
      progress: called after each input.

    Raises:
      UserError: a link leads out of `output`, or an input or a file of somebody else's would be
        overwritten; nothing is written then.
      OSError: a file cannot be written.
    """
    jobs = _jobs(inputs, output, kind, overwrite)
    summary = Summary(kept=len(inputs) - len(jobs))
    for _ in range(summary.kept):
        progress()
    pictures = [job for job in jobs if not job.source.is_film]
    film_jobs = [job for job in jobs if job.source.is_film]
    if film_jobs:
        films.check()
    files = _Files(translator, direction, say)
    if frames:
        files.share_statistics([job.source for job in pictures])
    done = overlapped(pictures, files.read, files.encoded, _write)
    for _, error in itertools.chain(done, files.films(film_jobs)):
        if error is None:
            summary.written += 1
        else:
            summary.failed.append(str(error))
            say(str(error))
        progress()
    return summary


def _jobs(inputs: Sequence[Input], output: Path, kind: str, overwrite: bool) -> list[_Job]:
    """What is to be done, without what exists and is kept."""
    animated = [_is_animated(each.path) for each in inputs]
    suffixes = [_suffix(each, is_one, kind) for each, is_one in zip(inputs, animated, strict=True)]
    names = distinct([each.name for each in inputs], suffixes)
    reject_links_outside(output, names, output)
    sources = {os.path.realpath(each.path) for each in inputs}
    jobs = []
    for each, name, is_animated in zip(inputs, names, animated, strict=True):
        target = output / name
        if os.path.lexists(target):
            if not overwrite:
                continue
            if os.path.realpath(target) in sources:
                raise UserError(f"{target}: is one of the inputs; give another output")
            reject_foreign(target, films.is_own if each.is_film else encoding.is_own)
        jobs.append(_Job(each, target, is_animated))
    return jobs


def _suffix(source: Input, is_animated: bool, kind: str) -> str:
    suffix = source.path.suffix.lower()
    if source.is_film:
        return ".mp4"
    if is_animated:
        return suffix
    if kind == "same":
        return suffix if suffix in encoding.FORMATS else ".png"
    return FORMATS[kind]


def _is_animated(path: Path) -> bool:
    if path.suffix.lower() not in animations.SUFFIXES:
        return False
    try:
        with images.opened(folder.read_file(path), str(path)) as picture:
            return getattr(picture, "n_frames", 1) > 1
    except UserError:  # It is reported when it is translated.
        return False


class _Files:
    """Reads and encodes files, with what they have in common."""

    def __init__(self, translator: Translator, direction: str, say: Callable[[str], None]):
        self._translator, self._direction, self._say = translator, direction, say
        self._statistics: dict[Path, Statistics | None] = {}
        self._told: set[str] = set()

    def share_statistics(self, inputs: Sequence[Input]) -> None:
        """Takes the statistics of each folder's pictures together."""
        for parent in {each.path.parent for each in inputs}:
            paths = [each.path for each in inputs if each.path.parent == parent]
            pictures = []
            for i in animations.evenly_spread(len(paths)):
                # A broken one is reported when it is translated.
                with contextlib.suppress(UserError):
                    pictures.append(images.decode(folder.read_file(paths[i]), str(paths[i])))
            alike = [each for each in pictures if each.shape == pictures[0].shape]
            if alike:
                self._statistics[parent] = self._translator.measure(alike, self._direction)

    def read(self, job: _Job) -> images.Decoded | animations.Animation:
        data, where = folder.read_file(job.source.path), str(job.source.path)
        animation = animations.decode(data, where) if job.is_animated else None
        return animation or images.decode_whole(data, where)

    def encoded(self, job: _Job, read: images.Decoded | animations.Animation) -> bytes:
        with _naming(job.source):
            if isinstance(read, animations.Animation):
                return self._encoded_animation(job, read)
            self._tell(job.source, read.pixels)
            statistics = self._statistics.get(job.source.path.parent)
            translated = self._translator.translate(
                read.pixels, self._direction, statistics=statistics
            )
            return encoding.encode(translated, job.target.suffix, read.alpha, read.profile)

    def _encoded_animation(self, job: _Job, animation: animations.Animation) -> bytes:
        through = self._through(job.source, animation.sample)
        frames = ((through(frame.pixels), frame.alpha) for frame in animation.frames())
        return encoding.encode_animation(
            frames, animation.durations, job.target.suffix, animation.loop
        )

    def films(self, jobs: Sequence[_Job]) -> Iterator[tuple[_Job, UserError | None]]:
        for job in jobs:
            try:
                with _naming(job.source):
                    through = self._through(job.source, films.sampled(job.source.path))
                    films.translate(job.source.path, job.target, through)
                yield job, None
            except UserError as error:
                yield job, error

    def _through(
        self, source: Input, sample: list[np.ndarray]
    ) -> Callable[[np.ndarray], np.ndarray]:
        """Translates frames by the statistics of a sample of them."""
        self._tell(source, sample[0])
        statistics = self._translator.measure(sample, self._direction)
        return lambda frame: self._translator.translate(
            frame, self._direction, statistics=statistics
        )

    def _tell(self, source: Input, pixels: np.ndarray) -> None:
        """Says once that pictures are shrunk, and once that one is not enlarged as asked."""
        height, width = pixels.shape[:2]
        high, wide = self._translator.size_at_work(height, width)
        if high < height or wide < width:
            self._tell_once(
                "shrunk",
                f"{source.path}: its {width}x{height} pixels are translated at {wide}x{high} and "
                f"enlarged again, as all larger pictures; work_size=input translates them in full",
            )
        elif max(height, width) > sizes.EXTREME * min(height, width):
            self._tell_once(
                "extreme",
                f"{source.path}: its {width}x{height} pixels are translated at {wide}x{high}; more "
                f"extreme proportions than {sizes.EXTREME}:1 are enlarged less",
            )

    def _tell_once(self, what: str, line: str) -> None:
        if what not in self._told:
            self._told.add(what)
            self._say(line)


@contextlib.contextmanager
def _naming(source: Input) -> Iterator[None]:
    """Puts the file's name in front of errors that lack it."""
    try:
        yield
    except UserError as error:
        if str(source.path) in str(error):
            raise
        raise UserError(f"{source.path}: {error}") from error


def _write(job: _Job, data: bytes) -> None:
    write_file(job.target, data)
