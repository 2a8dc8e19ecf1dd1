import os

import numpy as np
import pytest
from PIL import Image

from tf_cyclegan.data import images
from tf_cyclegan.monitoring import animation, thumbnails


def write_sheets(workdir, epochs):
    """Sheets that can be told apart: below a ramp, each is as light as its epoch's number."""
    ramp = np.linspace(0, 255, 808)[None, :, None]
    for epoch in epochs:
        sheet = np.full((100, 808, 3), epoch, np.uint8)
        sheet[:50] = ramp
        images.write_png(thumbnails.sheet_path(workdir, epoch), sheet)


def greys(path):
    """How light each frame is below its ramp, and how long it is shown."""
    with Image.open(path) as moving:
        found = []
        for number in range(moving.n_frames):
            moving.seek(number)
            frame = moving.convert("RGB")
            found.append((frame.getpixel((200, frame.height - 10))[0], moving.info["duration"]))
        return found


@pytest.mark.parametrize("kind", ["gif", "webp"])
def test_frames_are_the_epochs_and_the_last_is_held(tmp_path, kind):
    write_sheets(tmp_path, [20, 90, 160, 230])
    animation.write(tmp_path, 200)
    found = greys(tmp_path / "samples" / f"progress.{kind}")
    np.testing.assert_allclose([grey for grey, _ in found], [20, 90, 160], atol=2)
    assert [shown for _, shown in found] == [200, 200, 3000]


def test_a_long_run_has_forty_frames_with_first_and_last(tmp_path):
    write_sheets(tmp_path, range(1, 201))
    animation.write(tmp_path, 200)
    found = greys(tmp_path / "samples" / "progress.gif")
    assert len(found) == 40
    greys_shown = [grey for grey, _ in found]
    np.testing.assert_allclose([greys_shown[0], greys_shown[-1]], [1, 200], atol=3)
    assert 3 <= min(np.diff(greys_shown)) <= max(np.diff(greys_shown)) <= 8
    small = list((tmp_path / "samples" / "small").iterdir())
    assert len(small) == 40, "the other sheets are not even opened"


def test_the_number_of_the_epoch_is_drawn(tmp_path):
    write_sheets(tmp_path, [200])
    animation.write(tmp_path, 200)
    with Image.open(tmp_path / "samples" / "progress.webp") as frame:
        strip = np.asarray(frame.convert("L"))[:22]
    assert strip.min() < 60
    assert strip[:, 200:].min() > 240


def test_without_sheets_there_is_no_animation(tmp_path):
    animation.write(tmp_path, 5)
    assert list(tmp_path.iterdir()) == []


def test_animations_lag_behind_by_less_than_a_third():
    due = [epoch for epoch in range(1, 201) if animation.due(epoch)]
    assert due == [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192]
    for epoch in range(1, 201):
        newest = max(each for each in due if each <= epoch)
        assert epoch - newest < epoch / 3


def test_a_sheet_that_was_made_again_gets_a_new_thumbnail(tmp_path):
    write_sheets(tmp_path, [1])
    first = thumbnails.read(tmp_path, 1)
    sheet = thumbnails.sheet_path(tmp_path, 1)
    images.write_png(sheet, np.full((100, 808, 3), 99, np.uint8))
    later = sheet.stat().st_mtime_ns + 10**9
    os.utime(sheet, ns=(later, later))
    assert thumbnails.read(tmp_path, 1) != first
