"""The TFDS source, with TFDS's own cycle_gan builder and a small archive served locally."""

import errno
import functools
import http.server
import os
import shutil
import socket
import threading
import time
import zipfile

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds
from PIL import Image
from tensorflow_datasets.core import writer
from tensorflow_datasets.core.download import checksums, resource
from tensorflow_datasets.image_classification import cycle_gan

from helpers.strange_files import encoded
from tf_cyclegan.data import images
from tf_cyclegan.data.sources import tfds as tfds_source
from tf_cyclegan.system import network
from tf_cyclegan.system.errors import UserError

COUNTS = {"trainA": 3, "trainB": 4, "testA": 1, "testB": 2}
NAME = "cycle_gan/horse2zebra"


def jpeg(split, number):
    """Differs in shade between all pictures, and in height within a split."""
    shade = 40 * list(COUNTS).index(split) + 10 * number
    picture = np.full((8 + number, 10, 3), shade, np.uint8)
    return encoded(Image.fromarray(picture), "JPEG", quality=95)


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


def use_address(patch, url, archive):
    """Replaces the address and the checksum that TFDS knows for horse2zebra."""
    patch.setenv("no_proxy", "127.0.0.1")
    patch.delenv("all_proxy", raising=False)
    patch.delenv("ALL_PROXY", raising=False)
    patch.setitem(cycle_gan._DL_URLS, "horse2zebra", url)
    patch.setattr(cycle_gan.CycleGAN, "url_infos", {url: checksums.compute_url_info(archive)})


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A small horse2zebra.zip in the authors' layout, which TFDS downloads instead of theirs."""
    archive = tmp_path_factory.mktemp("served") / "horse2zebra.zip"
    with zipfile.ZipFile(archive, "w") as out:
        for split, count in COUNTS.items():
            for number in range(count):
                out.writestr(f"horse2zebra/{split}/{number}.jpg", jpeg(split, number))
    handler = functools.partial(QuietHandler, directory=str(archive.parent))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        with pytest.MonkeyPatch.context() as patch:
            use_address(patch, f"http://127.0.0.1:{server.server_port}/horse2zebra.zip", archive)
            yield archive
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def data_dir(served, tmp_path_factory):
    """Where the small horse2zebra is downloaded and prepared."""
    folder = tmp_path_factory.mktemp("data")
    tfds_source.prepared(NAME, folder)
    return folder


@pytest.fixture
def no_sockets(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("the network was used")

    for name in ("socket", "create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, refuse)


def error_of(data_dir, match, name=NAME):
    """The message of the UserError that loading raises."""
    with pytest.raises(UserError, match=match) as caught:
        tfds_source.load(name, "trainA", data_dir)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def assert_offers_alternatives(message):
    assert "dataset=mini_horse2zebra" in message
    assert "dataset=PATH" in message


@pytest.mark.parametrize("split", COUNTS)
def test_a_downloaded_set_has_every_picture_of_a_split(data_dir, split):
    pictures = tfds_source.load(NAME, split, data_dir)
    assert pictures.names == tuple(f"{number:05d}" for number in range(COUNTS[split]))
    read = sorted(map(pictures.read, range(len(pictures))), key=len)
    for number, picture in enumerate(read):
        np.testing.assert_array_equal(picture, images.decode(jpeg(split, number), ""))


def test_a_prepared_set_loads_without_network(data_dir, no_sockets):
    first, second = (tfds_source.load(NAME, "trainB", data_dir) for _ in range(2))
    for number in range(4):
        np.testing.assert_array_equal(first.read(number), second.read(number))


def test_tfds_writes_the_same_order_each_time_and_reports_progress_on_standard_error(
    data_dir, tmp_path, capsys
):
    first, second = (tfds_source.load(NAME, "trainB", folder) for folder in (data_dir, tmp_path))
    assert [len(first.read(i)) for i in range(4)] == [len(second.read(i)) for i in range(4)]
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Dl Completed" in captured.err


@pytest.mark.parametrize("folder", ["cycle_gan", "manual"])
def test_a_downloaded_archive_is_prepared_without_network(
    data_dir, served, tmp_path, no_sockets, folder
):
    source = served.parent if folder == "manual" else data_dir / "downloads" / "cycle_gan"
    shutil.copytree(source, tmp_path / "downloads" / folder)
    assert len(tfds_source.load(NAME, "trainA", tmp_path)) == 3


def test_offline_fails_fast(served, tmp_path, monkeypatch):
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{bound.getsockname()[1]}/horse2zebra.zip"
    use_address(monkeypatch, url, served)
    start = time.monotonic()
    message = error_of(tmp_path, "cannot reach .*refused")
    assert time.monotonic() - start < 10
    assert url in message
    assert_offers_alternatives(message)
    assert not list(tmp_path.iterdir())


def test_a_silent_name_server_fails_fast(served, tmp_path, monkeypatch):
    release = threading.Event()

    def hang(*args, **kwargs):
        release.wait(30)
        raise OSError

    monkeypatch.setattr(network, "_TIMEOUT_SECONDS", 0.2)
    monkeypatch.setattr(socket, "getaddrinfo", hang)
    error_of(tmp_path, "no answer in")
    release.set()


def test_a_missing_archive_fails_at_once(served, tmp_path, monkeypatch):
    url = cycle_gan._DL_URLS["horse2zebra"].replace("horse2zebra.zip", "gone/horse2zebra.zip")
    use_address(monkeypatch, url, served)
    assert_offers_alternatives(error_of(tmp_path, "404"))


def test_a_refusing_proxy_fails_fast(served, tmp_path, monkeypatch):
    # The plain HTTP server answers CONNECT with 501.
    proxy = cycle_gan._DL_URLS["horse2zebra"].removesuffix("/horse2zebra.zip")
    use_address(monkeypatch, "https://example.invalid/horse2zebra.zip", served)
    monkeypatch.setenv("https_proxy", proxy)
    error_of(tmp_path, "Tunnel connection failed: 501")


def test_a_wrong_checksum_is_an_error(served, tmp_path, monkeypatch):
    (tmp_path / "other.zip").write_bytes(b"other")
    use_address(monkeypatch, cycle_gan._DL_URLS["horse2zebra"], tmp_path / "other.zip")
    message = error_of(tmp_path, "checksum")
    assert str(tmp_path / "downloads") in message
    assert_offers_alternatives(message)


def test_an_archive_that_is_not_a_zip_is_an_error(served, tmp_path, monkeypatch):
    manual = tmp_path / "downloads" / "manual" / "horse2zebra.zip"
    manual.parent.mkdir(parents=True)
    manual.write_bytes(b"a login page")
    use_address(monkeypatch, cycle_gan._DL_URLS["horse2zebra"], manual)
    assert str(tmp_path) in error_of(tmp_path, "Error while extracting")


def test_a_data_dir_that_is_not_utf_8_is_refused_and_not_made(tmp_path):
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    message = error_of(folder, "data_dir=.* is not UTF-8, .* choose another data_dir")
    assert r"/caf\udce9:" in message
    assert not folder.exists()


def test_an_unusable_data_dir_is_an_error(served, tmp_path):
    (tmp_path / "file").touch()
    message = error_of(tmp_path / "file" / "data", "cannot prepare .* data_dir")
    assert str(tmp_path / "file" / "data") in message


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        tf.errors.ResourceExhaustedError(None, None, "No space left on device"),
    ],
)
def test_a_full_disk_leaves_nothing_half_prepared(served, tmp_path, monkeypatch, error):
    def full(*args):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(writer.Writer, "finalize", full)
        assert str(tmp_path) in error_of(tmp_path, "No space left")
    assert len(tfds_source.load(NAME, "trainA", tmp_path)) == 3


@pytest.fixture
def prepared_copy(data_dir, tmp_path):
    """The folder of a prepared set in `tmp_path`, to be damaged."""
    shutil.copytree(data_dir / "cycle_gan", tmp_path / "cycle_gan")
    return tmp_path / "cycle_gan" / "horse2zebra" / "3.0.0"


@pytest.mark.parametrize("missing", ["*", "dataset_info.json", "*trainA*"])
def test_an_incomplete_preparation_is_an_error(prepared_copy, tmp_path, missing):
    for path in prepared_copy.glob(missing):
        path.unlink()
    assert str(prepared_copy) in error_of(tmp_path, "delete that folder")


def test_features_json_is_not_needed(prepared_copy, tmp_path):
    (prepared_copy / "features.json").unlink()
    assert len(tfds_source.load(NAME, "trainA", tmp_path)) == 3


@pytest.mark.parametrize("damaged", ["dataset_info.json", "*trainA*"])
def test_a_truncated_file_is_an_error(prepared_copy, tmp_path, damaged):
    (path,) = prepared_copy.glob(damaged)
    path.write_bytes(path.read_bytes()[:-20])
    assert str(prepared_copy.parent) in error_of(tmp_path, "delete that folder")


def test_an_unknown_config_lists_the_configs(tmp_path, no_sockets):
    message = error_of(tmp_path, "cycle_gan/horses", "cycle_gan/horses")
    for config in cycle_gan._DATA_OPTIONS:
        assert f"cycle_gan/{config}" in message


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("foo/bar", "no folder or TFDS set foo/bar"),
        ("cycle_gan:9.9.9", "only: 3.0.0"),
        ("mnist/28", "choose one of mnist"),
        ("huggingface:mnist", "not a valid TFDS name"),
        ("a b", "not a valid TFDS name"),
        ("mnist", "trainA and trainB"),
        ("glue", "`image` feature"),
    ],
)
def test_unsuitable_names_are_rejected_without_network(tmp_path, no_sockets, name, message):
    error_of(tmp_path, message, name)


def test_an_unknown_split_is_an_error(data_dir):
    with pytest.raises(UserError, match="no split valA, only testA, testB, trainA, trainB"):
        tfds_source.load(NAME, "valA", data_dir)


class DrawnPictures(tfds.core.GeneratorBasedBuilder):
    """A set that is generated, not downloaded, like mini_horse2zebra."""

    VERSION = tfds.core.Version("1.0.0")
    splits = ("trainA", "trainB")

    def _info(self):
        features = {"image": tfds.features.Image(), "mask": tfds.features.Image()}
        return tfds.core.DatasetInfo(builder=self, features=tfds.features.FeaturesDict(features))

    def _split_generators(self, dl_manager):
        return {split: self._generate_examples() for split in self.splits}

    def _generate_examples(self):
        for key in range(3):
            shade = np.full((4, 4, 3), key, np.uint8)
            yield key, {"image": shade, "mask": 100 + shade}


def test_a_generated_set_is_prepared_silently_without_network(tmp_path, no_sockets, capfd):
    pictures = tfds_source.load("drawn_pictures", "trainB", tmp_path)
    assert capfd.readouterr() == ("", "")
    assert sorted(int(pictures.read(i).max()) for i in range(len(pictures))) == [0, 1, 2]


def test_sets_of_other_packages_need_the_splits(tmp_path, monkeypatch):
    monkeypatch.setattr(DrawnPictures, "splits", ("train", "test"))
    message = "trainA and trainB; drawn_pictures has test, train"
    error_of(tmp_path, message, "drawn_pictures")


def test_the_authors_archive_is_found_in_the_download_folder(tmp_path, monkeypatch):
    """With TFDS's own addresses and checksums."""
    url_infos = checksums.load_url_infos(tfds.core.tfds_path("url_checksums/cycle_gan.txt"))
    monkeypatch.setattr(cycle_gan.CycleGAN, "url_infos", url_infos)
    builder = tfds.builder("cycle_gan/maps", data_dir=tmp_path)
    url = "https://efrosgans.eecs.berkeley.edu/cyclegan/datasets/maps.zip"
    cached = resource.get_dl_fname(url, url_infos[url].checksum)
    assert not tfds_source._is_downloaded(builder, url)
    (tmp_path / "downloads").mkdir()
    for name in (cached, f"{cached}.INFO"):
        (tmp_path / "downloads" / name).touch()
    assert tfds_source._is_downloaded(builder, url)
