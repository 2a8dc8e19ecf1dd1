"""Any input gives a result or a UserError; no other exception, no warning, no output."""

import contextlib
import dataclasses
import io
import json
import math
import os
import warnings
import zipfile

import numpy as np
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image

from helpers.strange_files import encoded
from helpers.strange_pictures import VALID
from tf_cyclegan.config import Config, json_file
from tf_cyclegan.data import images
from tf_cyclegan.data.input_pipeline import InputPipeline
from tf_cyclegan.data.pictures import Pictures
from tf_cyclegan.data.prepared_pictures import prepare
from tf_cyclegan.data.preprocessing import for_translation
from tf_cyclegan.data.sources import folder
from tf_cyclegan.system.errors import UserError
from tf_cyclegan.translation.output_names import distinct


def examples(count):
    """The same examples on every run, without a database."""
    suppressed = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    return settings(
        max_examples=count,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=suppressed,
    )


@contextlib.contextmanager
def only_user_errors(capfd):
    """Suppresses UserErrors; fails on warnings and output."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with contextlib.suppress(UserError):
            yield
    assert not caught
    assert capfd.readouterr() == ("", "")


@st.composite
def damaged(draw, files):
    """One of the files with bytes replaced, removed or inserted, or truncated."""
    data = bytearray(draw(st.sampled_from(files)))
    # Most metadata comes first.
    place = st.integers(0, len(data) - 1) | st.integers(0, min(len(data) - 1, 200))
    for _ in range(draw(st.integers(0, 4))):
        at, length = draw(place), draw(st.integers(0, 4))
        data[at : at + length] = draw(st.binary(max_size=4))
    return bytes(data[: draw(place)] if draw(st.booleans()) else data)


def json_values():
    scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
    return st.recursive(
        scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5
    )


def likely_values(field):
    """Values of a setting, many of them valid."""
    default, choices = field.default, field.metadata["choices"]
    numbers = st.sampled_from([0, 1, 2, 3, 4, 32, 64, 96, 256, -1, 2**31, 0.5, math.inf])
    return st.just(default) | (st.sampled_from(choices) if choices else numbers) | json_values()


SETTINGS = st.lists(st.sampled_from(dataclasses.fields(Config)), unique=True, max_size=5).flatmap(
    lambda fields: st.fixed_dictionaries({field.name: likely_values(field) for field in fields})
)


@examples(100)
@given(SETTINGS)
@example({"cycle_weight": 10**400})
@example({"epochs": -(10**400)})
def test_settings_are_accepted_or_rejected(capfd, chosen):
    with only_user_errors(capfd):
        config = Config(**chosen)
        assert Config(**json.loads(json_file.to_json(config))) == config
        assert all(getattr(config, name) == value for name, value in chosen.items())
        assert config.image_size % config.size_multiple == 0
        assert config.resize_to >= config.image_size or config.preprocess != "resize_crop"


@examples(50)
@given(st.dictionaries(st.text(), json_values()))
def test_unknown_settings_are_rejected(capfd, chosen):
    with only_user_errors(capfd):
        assert Config(**chosen) == Config()
        assert not chosen


@examples(100)
@given(st.binary() | json_values().map(lambda value: json.dumps(value).encode()))
@example(b"[" * 100_000)
@example(b'{"epochs":' + b"9" * 5000 + b"}")
@example(b'{"dataset": "\\ud800\\u0000\\u001b"}')
def test_config_files_are_accepted_or_rejected(capfd, tmp_path, data):
    path = tmp_path / "config.json"
    path.write_bytes(data)
    with only_user_errors(capfd):
        assert isinstance(json_file.read_json(path), Config)


FILES = [content for _, content, _ in VALID if isinstance(content, bytes) and len(content) < 20_000]


@examples(1000)
@given(damaged(FILES) | st.binary(max_size=200))
def test_damaged_pictures_are_decoded_or_rejected(capfd, monkeypatch, data):
    # A damaged header may claim a large size, which would be slow.
    monkeypatch.setattr(images, "MAX_PIXELS", 2**20)
    with only_user_errors(capfd):
        picture = images.decode(data, "a.png")
        assert picture.dtype == np.uint8
        assert picture.shape[2:] == (3,)
        assert picture.size > 0


def zip_archive(names=("set/trainA/a.png", "set/trainA/b/c.jpg", "set/notes.txt")):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, encoded(Image.new("RGB", (4, 4)), "PNG"))
    return stream.getvalue()


def read_all(path):
    pictures = folder.load(path, "trainA")
    assert len(set(pictures.names)) == len(pictures)
    for i in range(len(pictures)):
        with contextlib.suppress(UserError):
            pictures.read(i)


@examples(300)
@given(damaged([zip_archive()]) | st.binary(max_size=100))
def test_damaged_archives_are_read_or_rejected(capfd, tmp_path, data):
    path = tmp_path / "set.zip"
    path.write_bytes(data)
    with only_user_errors(capfd):
        read_all(path)


FILE_NAMES = st.text(
    st.sampled_from("aB.\u00e9\udce9\n\x1b ") | st.characters(exclude_categories=["Cs"]),
    min_size=1,
    max_size=40,
)


@examples(100)
@given(st.lists(FILE_NAMES.filter(lambda name: "\udce9" not in name), unique=True, max_size=4))
def test_archives_may_have_any_names(capfd, tmp_path, names):
    # zipfile truncates names at NUL, and warns of duplicates.
    listed = {name.split("\0")[0] for name in names}
    path = tmp_path / "set.zip"
    path.write_bytes(zip_archive(f"trainA/{name}.png" for name in listed))
    with only_user_errors(capfd):
        read_all(path)


@examples(100)
@given(st.lists(FILE_NAMES, max_size=4))
def test_folders_may_have_any_names(capfd, tmp_path_factory, names):
    root = tmp_path_factory.mktemp("set")
    (root / "trainA").mkdir()
    for name in names:
        path = root / "trainA" / f"{name}.png".replace("/", "-").replace("\0", "-")
        path.write_bytes(FILES[0])
    with only_user_errors(capfd):
        read_all(root)


PARTS = st.sampled_from(["..", ".", "/", "", "a", "b.jpg", "b.png", "\\", "C:", "\0", "x" * 300])


@examples(200)
@given(st.lists(st.lists(PARTS | st.text(st.characters(), max_size=5), max_size=4)))
def test_output_names_are_unique_and_inside_the_folder(tmp_path, parts):
    names = ["/".join(each) for each in parts]
    found = distinct(names)
    assert len(set(found)) == len(names)
    assert not {parent for path in found for parent in path.parents} & set(found)
    for path in found:
        assert ".." not in path.parts
        assert os.path.normpath(tmp_path / path) == str(tmp_path / path)
        assert all(len(os.fsencode(part)) <= 240 for part in path.parts)
        assert path.suffix == ".png" or path.name == ".png"


SIZES = st.tuples(st.integers(1, 80), st.integers(1, 80))


@examples(200)
@given(SIZES, st.sampled_from(["resize_crop", "crop", "resize", "none"]), st.sampled_from([1, 3]))
def test_pictures_of_any_size_are_translated(size, preprocess, channels):
    config = Config(image_size=32, preprocess=preprocess, channels_x=channels, channels_y=channels)
    batch = for_translation(np.zeros((*size, 3), np.uint8), "A", config)
    assert batch.dtype == np.float32
    assert (batch.ndim, batch.shape[0], batch.shape[3]) == (4, 1, channels)
    assert all(n >= 32 and n % 8 == 0 for n in batch.shape[1:3])


@st.composite
def domain(draw):
    """Up to 6 pictures of any sizes; the grey level of each is its index."""
    sizes = draw(st.lists(SIZES, min_size=1, max_size=6))
    return Pictures(
        tuple(f"{i}" for i in range(len(sizes))), lambda i: np.full((*sizes[i], 3), i, np.uint8)
    )


@examples(100)
@given(
    domain(),
    domain(),
    st.integers(1, 7),
    st.sampled_from(["smaller", "larger"]),
    st.sampled_from(["resize_crop", "resize", "none"]),
    st.sampled_from(["nearest", "bilinear", "bicubic"]),
    st.integers(0, 2**31 - 1),
)
def test_an_epoch_has_each_picture_once(x, y, batch, length, preprocess, interpolation, seed):
    config = Config(
        image_size=32,
        batch_size=1 if preprocess == "none" else batch,
        epoch_length=length,
        preprocess=preprocess,
        interpolation=interpolation,
        seed=seed,
    )
    pipeline = InputPipeline(prepare(x, "A", config), prepare(y, "B", config), config)
    steps = pipeline.steps_per_epoch
    counts = (len(x), len(y))
    shown = (max if length == "larger" else min)(counts)
    for epoch in range(2):
        batches = list(pipeline.batches(epoch * steps, (epoch + 1) * steps))
        for count, of_domain in zip(counts, zip(*batches, strict=True), strict=True):
            levels = []
            for pictures in of_domain:
                assert pictures.dtype == np.float32
                assert np.abs(pictures).max() <= 1
                assert 1 <= len(pictures) <= config.batch_size
                assert pictures.shape[3] == 3
                assert preprocess == "none" or pictures.shape[1:3] == (32, 32)
                levels += images.to_uint8(pictures[:, 0, 0, 0]).tolist()
            assert len(levels) == shown
            # Once each, or equally often where the other domain is larger.
            times = [levels.count(level) for level in range(count)]
            assert sum(times) == shown
            assert max(times) - min(times) <= 1
