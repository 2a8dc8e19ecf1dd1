import errno
import os
import subprocess
import sys

import numpy as np
import pytest

from helpers.films import read_film, write_film
from tf_cyclegan.system.errors import UserError
from tf_cyclegan.translation import films

if not os.environ.get("CI"):
    pytest.importorskip("av", reason="needs PyAV: pip install -e '.[video]'")

# Of 2 seconds, brighter from frame to frame.
FRAMES = [np.full((48, 64, 3), 4 * i + 20, np.uint8) for i in range(50)]


def streams(path):
    import av

    with av.open(str(path)) as film:
        return {
            each.type: (each.codec_context.name, float(each.duration * each.time_base))
            for each in film.streams
        }


@pytest.mark.parametrize(
    ("name", "codec", "sound", "kept"),
    [
        ("a.mp4", "libx264", "aac", "aac"),
        ("a.mkv", "libx264", "flac", "flac"),
        # What MP4 does not take.
        ("a.mkv", "libx264", "pcm_s16le", "aac"),
        ("a.avi", "mpeg4", "libmp3lame", "aac"),
        ("a.mov", "mpeg4", None, None),
        ("a.webm", "libvpx", None, None),
    ],
)
def test_a_film_is_translated_frame_by_frame_with_its_sound(tmp_path, name, codec, sound, kept):
    path, target = tmp_path / name, tmp_path / "new" / "made.mp4"
    write_film(path, FRAMES, codec, sound)
    assert films.translate(path, target, lambda frame: 255 - frame) == 50
    expected, found = read_film(path).astype(int), read_film(target).astype(int)
    assert found.shape == expected.shape
    assert np.abs(found - (255 - expected)).max() <= 4
    made = streams(target)
    assert made["video"] == ("h264", pytest.approx(2.0, abs=0.1))
    assert made.get("audio") == ((kept, pytest.approx(2.0, abs=0.1)) if sound else None)
    assert films.is_own(target)
    assert not films.is_own(path)
    assert [each.name for each in target.parent.iterdir()] == ["made.mp4"]


def test_colours_are_those_that_players_show(tmp_path):
    colours = np.zeros((48, 64, 3), np.uint8)
    colours[:, :32], colours[:, 32:] = (200, 60, 20), (20, 180, 60)
    write_film(tmp_path / "a.mp4", [colours] * 3)
    films.translate(tmp_path / "a.mp4", tmp_path / "b.mp4", lambda frame: frame)
    found = read_film(tmp_path / "b.mp4")[0]
    np.testing.assert_allclose(found[24, [10, 50]], colours[24, [10, 50]], atol=6)


def test_films_of_turned_phones_are_upright(tmp_path):
    """Their frames lie on the side, and a matrix in the header of the track turns them."""
    corner = np.full((48, 64, 3), 30, np.uint8)
    corner[:24, :32] = 220
    write_film(tmp_path / "a.mp4", [corner] * 3)
    data = bytearray((tmp_path / "a.mp4").read_bytes())
    # ISO/IEC 14496-12: x' = 48 - y, y' = x, so that the top left goes to the top right.
    matrix = np.array([0, 1, 0, -1, 0, 0, 48, 0, 2**14], ">i4") * np.int32(2**16)
    at = data.index(b"tkhd") + 44
    data[at : at + 36] = matrix.astype(">i4").tobytes()
    (tmp_path / "a.mp4").write_bytes(data)
    seen = []
    films.translate(tmp_path / "a.mp4", tmp_path / "b.mp4", lambda f: seen.append(f) or f)
    for frame in (seen[0], films.sampled(tmp_path / "a.mp4")[0], read_film(tmp_path / "b.mp4")[0]):
        assert frame.shape == (64, 48, 3)
        upper_left, upper_right = frame[16, 12].mean(), frame[16, 36].mean()
        assert (upper_left < 60, upper_right > 190) == (True, True)
        assert frame[48].max() < 60


def test_grey_and_odd_sizes(tmp_path):
    write_film(tmp_path / "a.mp4", FRAMES[:3])
    for name, through in (
        ("grey.mp4", lambda frame: frame[..., :1]),
        ("odd.mp4", lambda frame: frame[:47, :63]),
    ):
        films.translate(tmp_path / "a.mp4", tmp_path / name, through)
    assert read_film(tmp_path / "grey.mp4").shape == (3, 48, 64, 3)
    assert read_film(tmp_path / "odd.mp4").shape == (3, 47, 63, 3)


def test_the_sample_is_spread_over_the_film(tmp_path):
    write_film(tmp_path / "a.mp4", FRAMES)  # One keyframe.
    levels = [frame.mean() for frame in films.sampled(tmp_path / "a.mp4")]
    # Of frames 3.125, 9.375, ...
    expected = 20 + 4 * np.ceil((np.arange(8) + 0.5) / 8 * 50)
    np.testing.assert_allclose(levels, expected, atol=5)
    write_film(tmp_path / "short.mp4", FRAMES[:2])
    assert 1 <= len(films.sampled(tmp_path / "short.mp4")) <= 8


@pytest.fixture
def strange(tmp_path):
    """Files that are no films, by their fault."""
    write_film(tmp_path / "good.mp4", FRAMES)
    good = (tmp_path / "good.mp4").read_bytes()
    contents = {
        "empty.mp4": b"",
        "half.mp4": good[: len(good) // 2],
        "text.mp4": b"not a film",
        # These would read other files.
        "playlist.mp4": b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\ngood.mp4\n#EXT-X-ENDLIST\n",
        "list.mkv": b"ffconcat version 1.0\nfile good.mp4\n",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    os.mkfifo(tmp_path / "pipe.mp4")
    return tmp_path


@pytest.mark.parametrize(
    "name",
    ["empty.mp4", "half.mp4", "text.mp4", "playlist.mp4", "list.mkv", "gone.mp4", "pipe.mp4"],
)
def test_what_is_no_film_is_told(strange, name):
    target = strange / "out" / "made.mp4"
    for read in (films.sampled, lambda path: films.translate(path, target, lambda frame: frame)):
        with pytest.raises(UserError, match=f"{name}: is (no film, or damaged|not a regular file)"):
            read(strange / name)
    assert not films.is_own(strange / name)
    assert not any(target.parent.iterdir())


@pytest.mark.parametrize("name", ["http:a.mp4", "concat:b.mp4", os.fsdecode(b"\xff.mp4"), "pipe:0"])
def test_a_name_is_no_address(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    write_film(tmp_path / "good.mp4", FRAMES[:2])
    path = type(tmp_path)(name)
    (tmp_path / "good.mp4").rename(path)
    target = type(tmp_path)(f"new {name}.mp4")
    assert films.translate(path, target, lambda frame: frame) == 2
    assert target.exists()


def test_nothing_is_left_of_what_was_stopped(tmp_path):
    write_film(tmp_path / "a.mp4", FRAMES, sound="aac")
    target = tmp_path / "out" / "made.mp4"
    target.parent.mkdir()
    target.write_text("the old one")
    victim = tmp_path / "victim"
    victim.write_text("of somebody else")
    (target.parent / ".made.mp4.partial").symlink_to(victim)
    count = []

    def stopping(frame):
        count.append(frame)
        if len(count) > 20:
            raise KeyboardInterrupt
        return frame

    with pytest.raises(KeyboardInterrupt):
        films.translate(tmp_path / "a.mp4", target, stopping)
    assert [each.name for each in target.parent.iterdir()] == ["made.mp4"]
    assert (target.read_text(), victim.read_text()) == ("the old one", "of somebody else")


_LIMITED = """
import resource, signal, sys
from pathlib import Path
import numpy as np
from tf_cyclegan.translation import films

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
noise = np.random.default_rng(0)
try:
    films.translate(
        Path("a.mp4"),
        Path("out/made.mp4"),
        lambda frame: noise.integers(0, 255, frame.shape, dtype=np.uint8),
    )
except OSError as error:
    print(error.errno, error.strerror, error.filename)
"""


@pytest.mark.slow
def test_what_cannot_be_written_names_the_file(tmp_path):
    write_film(tmp_path / "a.mp4", FRAMES)
    done = subprocess.run(
        [sys.executable, "-c", _LIMITED], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.stdout == f"{errno.EFBIG} File too large out/made.mp4\n", done.stderr
    assert not any((tmp_path / "out").iterdir())


def test_a_full_disk_tells_what_is_free(tmp_path, monkeypatch):
    write_film(tmp_path / "a.mp4", FRAMES[:2])

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(OSError, match=r"No space left on device; [\d.]+ MiB are free.*b\.mp4"):
        films.translate(tmp_path / "a.mp4", tmp_path / "b.mp4", full)
    assert [each.name for each in tmp_path.iterdir()] == ["a.mp4"]


def test_without_pyav_the_command_that_installs_it_is_told(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install 'tf_cyclegan\[video\]'"):
        films.check()
