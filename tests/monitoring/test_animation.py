import itertools
import os

import numpy as np
import pytest
from PIL import Image

from tf_cyclegan.data import encoding
from tf_cyclegan.monitoring import animation, thumbnails
from tf_cyclegan.system.files import write_file


def write_sheets(workdir, epochs):
    """Sheets with a ramp above a grey level that is the epoch's number."""
    for epoch in epochs:
        sheet = np.full((100, 808, 3), epoch, np.uint8)
        sheet[:50] = np.linspace(0, 255, 808)[None, :, None]
        write_file(thumbnails.sheet_path(workdir, epoch), encoding.encode(sheet))


def read_frames(path):
    """Each frame's grey level below the ramp, and the durations."""
    greys, durations = [], []
    with Image.open(path) as moving:
        for number in range(moving.n_frames):
            moving.seek(number)
            frame = moving.convert("RGB")
            greys.append(frame.getpixel((200, frame.height - 10))[0])
            durations.append(moving.info["duration"])
    return greys, durations


@pytest.mark.parametrize("kind", ["gif", "webp"])
def test_frames_are_the_epochs_and_the_last_stays_longer(tmp_path, kind):
    animation.write(tmp_path, 200)
    assert list(tmp_path.iterdir()) == [], "without sheets there is nothing to write"
    write_sheets(tmp_path, [20, 90, 160, 230])
    animation.write(tmp_path, 200)
    greys, durations = read_frames(tmp_path / "samples" / f"progress.{kind}")
    np.testing.assert_allclose(greys, [20, 90, 160], atol=2)
    assert durations == [200, 200, 3000]


def test_a_long_run_has_forty_frames_with_first_and_last(tmp_path):
    write_sheets(tmp_path, range(1, 201))
    animation.write(tmp_path, 200)
    greys, _ = read_frames(tmp_path / "samples" / "progress.gif")
    assert len(greys) == 40
    np.testing.assert_allclose([greys[0], greys[-1]], [1, 200], atol=3)
    assert 3 <= min(np.diff(greys)) <= max(np.diff(greys)) <= 8
    small = list((tmp_path / "samples" / "small").iterdir())
    assert len(small) == 40, "the other sheets are not even opened"


def test_the_epoch_number_is_drawn(tmp_path):
    write_sheets(tmp_path, [200])
    animation.write(tmp_path, 200)
    with Image.open(tmp_path / "samples" / "progress.webp") as frame:
        strip = np.asarray(frame.convert("L"))[:22]
    assert strip.min() < 60
    assert strip[:, 200:].min() > 240


def test_animations_lag_behind_by_less_than_a_third():
    due = [epoch for epoch in range(1, 201) if animation.due(epoch)]
    assert due == [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192]
    assert all(later - 1 - epoch < (later - 1) / 3 for epoch, later in itertools.pairwise(due))


def test_a_sheet_that_was_written_again_gets_a_new_thumbnail(tmp_path):
    write_sheets(tmp_path, [1])
    first = thumbnails.load(tmp_path, 1, 1)
    sheet = thumbnails.sheet_path(tmp_path, 1)
    write_file(sheet, encoding.encode(np.full((100, 808, 3), 99, np.uint8)))
    later = sheet.stat().st_mtime_ns + 10**9
    os.utime(sheet, ns=(later, later))
    assert thumbnails.load(tmp_path, 1, 1) != first
