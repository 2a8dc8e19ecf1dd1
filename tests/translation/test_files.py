"""Files into files, with a stand-in for the generators; still scenes with a real network."""

import dataclasses
import os

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageSequence

from helpers.films import read_film, write_film
from helpers.pictures import make_picture
from helpers.runs import save_run
from helpers.strange_files import icc_profile
from tf_cyclegan.data import encoding, images
from tf_cyclegan.system.errors import UserError
from tf_cyclegan.translation import files, inputs
from tf_cyclegan.translation.translator import Translator


class Negatives:
    """Negatives; by shared statistics, the mean of all values, some of the picture and of these."""

    work_size = "input"

    def size_at_work(self, height, width):
        return min(height, 100), min(width, 100)

    def measure(self, pictures, direction):
        return np.mean(pictures)

    def translate(self, picture, direction, statistics=None):
        return 255 - picture if statistics is None else (picture // 8 + np.uint8(statistics / 2))


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def save(path, picture=None, **options):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    image = Image.fromarray(make_picture(0) if picture is None else picture)
    image.save(path, **options)


def translate(*patterns, translator=None, output="out", **choices):
    """What was written, and the lines that were said."""
    said, steps = [], []
    found = inputs.find(patterns)
    summary = files.translate(
        translator or Negatives(),
        found,
        "AtoB",
        type(found[0].path)(output),
        say=said.append,
        progress=lambda: steps.append(1),
        **choices,
    )
    assert len(steps) == len(found)
    return summary, said


def names(folder="out"):
    return sorted(
        os.path.relpath(os.path.join(root, name), folder)
        for root, _, files in os.walk(folder)
        for name in files
    )


def decoded(path):
    with open(path, "rb") as file:
        return images.decode_whole(file.read(), path)


def test_names_and_structure_are_kept():
    for name in ("a.jpg", "holiday/b.png", "holiday/day 2/c.webp", "holiday/day 2/b.PNG"):
        save(name)
    summary, said = translate("a.jpg", "holiday")
    assert (summary.written, summary.kept, summary.failed, said) == (4, 0, [], [])
    assert names() == ["a.png", "holiday/b.png", "holiday/day 2/b.png", "holiday/day 2/c.png"]
    np.testing.assert_array_equal(decoded("out/holiday/b.png").pixels, 255 - make_picture(0))


def test_equal_names_do_not_collide():
    for name in ("a.jpg", "a.png", "one/a.png", "two/a.png"):
        save(name)
    translate("a.jpg", "a.png", "one/a.png", "two/a.png")
    assert len(names()) == 4


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("png", ["a.png", "b.png", "c.png", "d.png", "e.png"]),
        ("jpeg", ["a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg"]),
        ("webp", ["a.webp", "b.webp", "c.webp", "d.webp", "e.webp"]),
        ("same", ["a.jpeg", "b.webp", "c.tif", "d.png", "e.gif"]),
    ],
)
def test_formats(kind, expected):
    for name in ("a.jpeg", "b.webp", "c.tif", "d.bmp", "e.gif"):
        save(f"in/{name}")
    translate("in", kind=kind)
    assert names("out/in") == expected
    for name in expected:
        with Image.open(f"out/in/{name}") as picture:
            suffix = os.path.splitext(name)[1]
            assert (picture.format, picture.size) == (encoding.FORMATS[suffix], (48, 40))


@pytest.mark.parametrize("orientation", [3, 6])
def test_outputs_are_upright(orientation):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    save("a.png", exif=exif)
    translate("a.png")
    turns = {3: 2, 6: -1}[orientation]
    np.testing.assert_array_equal(
        decoded("out/a.png").pixels, np.rot90(255 - make_picture(0), turns)
    )


def test_transparency_and_colour_profile_are_kept():
    alpha = np.asarray(Image.linear_gradient("L").resize((48, 40)))
    save("a.png", np.dstack([make_picture(0), alpha]), icc_profile=icc_profile())
    translate("a.png")
    found = decoded("out/a.png")
    np.testing.assert_array_equal(found.alpha, alpha)
    assert found.profile == icc_profile()


def test_what_exists_is_kept_unless_it_is_to_be_overwritten():
    save("a.png")
    translate("a.png")
    before = os.stat("out/a.png").st_ino
    summary, _ = translate("a.png")
    assert (summary.written, summary.kept) == (0, 1)
    assert os.stat("out/a.png").st_ino == before
    summary, _ = translate("a.png", overwrite=True)
    assert (summary.written, summary.kept) == (1, 0)
    assert os.stat("out/a.png").st_ino != before


def test_files_of_others_and_inputs_are_never_overwritten():
    save("in/a.png")
    save("in/b.png")
    save("out/in/b.png")
    before = decoded("out/in/b.png").pixels
    assert translate("in")[0].kept == 1
    with pytest.raises(UserError, match=r"out/in/b\.png: exists, and tf_cyclegan did not write it"):
        translate("in", overwrite=True)
    np.testing.assert_array_equal(decoded("out/in/b.png").pixels, before)
    # An output that is translated back.
    with pytest.raises(UserError, match=r"out/in/a\.png: is one of the inputs; give another"):
        translate("out/in/a.png", output="out/in", overwrite=True)


def test_a_pipe_in_the_place_of_an_output_stops_nothing():
    save("a.png")
    os.makedirs("out")
    os.mkfifo("out/a.png")
    assert translate("a.png")[0].kept == 1
    with pytest.raises(UserError, match="did not write it"):
        translate("a.png", overwrite=True)


def test_links_out_of_the_output_are_refused(here):
    save("in/a.png")
    os.makedirs("out")
    os.makedirs("elsewhere")
    os.symlink(here / "elsewhere", "out/in")
    with pytest.raises(UserError, match="a symbolic link leads out of out"):
        translate("in")


def test_broken_pictures_are_told_and_the_rest_goes_on(here):
    for name in "abcde":
        save(f"in/{name}.png")
    (here / "in" / "b.png").write_bytes((here / "in" / "b.png").read_bytes()[:100])
    (here / "in" / "c.webp").write_text("no picture")
    os.mkfifo("pipe.png")
    os.symlink(here / "pipe.png", "in/d.gif")
    summary, said = translate("in", "pipe.png", frames=True)
    assert summary.written == 4
    assert [line.split(":")[0] for line in said] == [
        "in/b.png",
        "in/c.webp",
        "in/d.gif",
        "pipe.png",
    ]
    assert summary.failed == said


def test_what_a_format_cannot_hold_names_the_picture():
    save("wide.png", np.zeros((2, 17_000, 3), np.uint8))
    summary, said = translate("wide.png", kind="webp")
    assert summary.failed == said[1:]
    assert said[1].startswith("wide.png: 17000x2 pixels are too many for WEBP")


def test_a_full_disk_ends_it_in_one_line(monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device; 0.0 MiB are free", "out/a.png")

    save("a.png")
    monkeypatch.setattr(files, "write_file", full)
    with pytest.raises(OSError, match=r"0\.0 MiB are free.*out/a\.png"):
        translate("a.png")


def test_it_is_told_once_that_pictures_are_shrunk():
    for name in "abc":
        save(f"in/{name}.png", make_picture(0, 150, 120))
    save("in/d.png", make_picture(0, 2, 90))
    _, said = translate("in")
    assert said == [
        "in/a.png: its 120x150 pixels are translated at 100x100 and enlarged again, as all larger "
        "pictures; work_size=input translates them in full",
        "in/d.png: its 90x2 pixels are translated at 90x2; more extreme proportions than 16:1 are "
        "enlarged less",
    ]


def frames(count, **size):
    return [make_picture(i, **size) for i in range(count)]


@pytest.mark.parametrize("suffix", [".gif", ".webp"])
@pytest.mark.parametrize("kind", ["png", "same"])
def test_animations_stay_animations(suffix, kind):
    durations = [40, 100, 200, 50, 1000]
    first, *others = map(Image.fromarray, frames(5))
    first.save(f"a{suffix}", save_all=True, append_images=others, duration=durations, loop=3)
    save(f"still{suffix}")
    translate(f"a{suffix}", f"still{suffix}", kind=kind)
    assert names() == sorted([f"a{suffix}", f"still{suffix if kind == 'same' else '.png'}"])
    with Image.open(f"out/a{suffix}") as picture:
        found = [(np.asarray(f.convert("RGB")), f.info["duration"]) for f in _frames(picture)]
        assert picture.info["loop"] == 3
    assert [duration for _, duration in found] == durations
    for (pixels, _), frame in zip(found, frames(5), strict=True):
        expected = frame // 8 + np.mean(frames(5)) / 2
        assert np.abs(pixels - expected).mean() < 8, "translated by the statistics of all"


def _frames(picture):
    return ImageSequence.Iterator(picture)


def test_animations_of_too_many_pixels_are_told(monkeypatch):
    monkeypatch.setattr(images, "MAX_PIXELS", 5 * 48 * 40 - 1)
    first, *others = map(Image.fromarray, frames(5))
    first.save("a.gif", save_all=True, append_images=others)
    _, said = translate("a.gif")
    assert "a.gif: its 5 frames have more than 9599 pixels; shorten it, or make a film" in said[0]


def test_a_damaged_animation_is_told(here):
    first, *others = map(Image.fromarray, frames(5))
    for name in ("a.gif", "a.webp"):
        first.save(name, save_all=True, append_images=others)
        data = (here / name).read_bytes()
        (here / name).write_bytes(data[: len(data) * 2 // 3])
    summary, said = translate("a.gif", "a.webp")
    assert summary.written + len(said) == 2


def test_the_frames_of_a_folder_share_statistics():
    for i, picture in enumerate(frames(20)):
        save(f"shot/{i:04d}.png", picture)
        save(f"other/{i:04d}.png", picture // 4)
    translate("shot", "other", frames=True)
    for folder in ("shot", "other"):
        added = {
            int(
                (decoded(f"out/{folder}/{name}").pixels - decoded(f"{folder}/{name}").pixels // 8)[
                    0, 0, 0
                ]
            )
            for name in names(f"out/{folder}")
        }
        assert len(added) == 1


def test_films_become_mp4(here):
    if not os.environ.get("CI"):
        pytest.importorskip("av", reason="needs PyAV: pip install -e '.[video]'")
    shot = [np.full((48, 64, 3), 60 + i, np.uint8) for i in range(10)]
    write_film(here / "a.mov", shot)
    save("b.png")
    (here / "bad.mp4").write_text("no film")
    summary, said = translate("a.mov", "b.png", "bad.mp4")
    assert (summary.written, names()) == (2, ["a.mp4", "b.png"])
    assert said[0].startswith("bad.mp4: is no film, or damaged")
    assert read_film("out/a.mp4").shape == (10, 48, 64, 3)
    assert translate("a.mov", "b.png", overwrite=True)[0].written == 2
    (here / "out" / "a.mp4").write_bytes((here / "a.mov").read_bytes())
    assert translate("a.mov")[0].kept == 1
    with pytest.raises(UserError, match=r"a\.mp4: exists, and tf_cyclegan did not write it"):
        translate("a.mov", overwrite=True)


def test_films_without_pyav_are_told_before_anything_is_written(here, monkeypatch):
    (here / "a.mp4").touch()
    save("b.png")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match="films need the package av"):
        translate("a.mp4", "b.png")
    assert names() == []


def variation(pictures):
    """The mean standard deviation of a pixel from frame to frame, of the right half."""
    half = np.stack(pictures).astype(float)[:, :, 96:]
    return half.std(axis=0).mean()


def by_frame_and_by_film(translator, still):
    """The variation of the translated frames by statistics of their own, and by shared ones."""
    for i, picture in enumerate(still):
        save(f"shot/{i}.png", picture)
    translate("shot", translator=translator, output="own", overwrite=True)
    translate("shot", translator=translator, output="shared", overwrite=True, frames=True)
    for name in names("shared/shot"):
        yield decoded(f"own/shot/{name}").pixels, decoded(f"shared/shot/{name}").pixels


@pytest.mark.parametrize("generator", ["unet", "resnet"])
def test_a_still_scene_does_not_flicker(tiny, tmp_path, generator):
    small = {"residual_blocks": 1} if generator == "resnet" else {}
    save_run(tmp_path / "run", dataclasses.replace(tiny, generator=generator, **small))
    translator = Translator(tmp_path / "run", work_size="input")
    rng = np.random.default_rng(0)
    scene = make_picture(3, 64, 192)
    for noise in (0, 3):
        still = []
        for i in range(10):
            frame = scene + rng.normal(0, noise, scene.shape)
            frame[20:50, : 4 * i] = 255  # Something moves, at the left.
            still.append(np.clip(frame, 0, 255).astype(np.uint8))
        own, shared = zip(*by_frame_and_by_film(translator, still), strict=True)
        assert variation(shared) <= variation(own)
        if noise == 0:
            assert variation(own) > 1
            assert variation(shared) == 0
