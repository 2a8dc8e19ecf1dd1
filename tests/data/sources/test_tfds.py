"""The TFDS source, through TFDS's own cycle_gan builder and a small archive."""

import errno
import functools
import http.server
import io
import shutil
import socket
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds
from PIL import Image
from tensorflow_datasets.core import writer
from tensorflow_datasets.core.download import checksums, resource
from tensorflow_datasets.image_classification import cycle_gan

from tf_cyclegan.data.sources import tfds as tfds_source
from tf_cyclegan.system import network as network_probe
from tf_cyclegan.system.errors import UserError

COUNTS = {"trainA": 3, "trainB": 4, "testA": 1, "testB": 2}
NAME = "cycle_gan/horse2zebra"


def picture_bytes(split: str, number: int) -> bytes:
    """A picture that no other (split, number) has; the sizes differ too."""
    shade = 40 * list(COUNTS).index(split) + 10 * number
    picture = Image.fromarray(np.full((8 + number, 10, 3), shade, np.uint8))
    with io.BytesIO() as out:
        picture.save(out, "JPEG", quality=95)
        return out.getvalue()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A small horse2zebra.zip, laid out as the authors', that TFDS takes for theirs.

    It is served from this machine, at an address and with a checksum put in place of theirs.
    """
    archive = tmp_path_factory.mktemp("served") / "horse2zebra.zip"
    with zipfile.ZipFile(archive, "w") as out:
        for split, count in COUNTS.items():
            for number in range(count):
                out.writestr(f"horse2zebra/{split}/{number}.jpg", picture_bytes(split, number))
    handler = functools.partial(QuietHandler, directory=str(archive.parent))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        with pytest.MonkeyPatch.context() as patch:
            use_address(patch, f"http://127.0.0.1:{server.server_port}/horse2zebra.zip", archive)
            yield archive
        server.shutdown()
        thread.join()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


def use_address(patch: pytest.MonkeyPatch, url: str, archive: Path) -> None:
    patch.setenv("no_proxy", "127.0.0.1")
    patch.delenv("all_proxy", raising=False)
    patch.delenv("ALL_PROXY", raising=False)
    patch.setitem(cycle_gan._DL_URLS, "horse2zebra", url)
    patch.setattr(cycle_gan.CycleGAN, "url_infos", {url: checksums.compute_url_info(archive)})


@pytest.fixture(scope="module")
def data_dir(served: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the small horse2zebra has been downloaded to and prepared in."""
    folder = tmp_path_factory.mktemp("data")
    tfds_source.prepared(NAME, folder)
    return folder


@pytest.fixture
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("the network was used")

    for name in ("socket", "create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, refuse)


@pytest.mark.parametrize("split", COUNTS)
def test_a_downloaded_set_gives_every_picture_of_a_split(data_dir: Path, split: str) -> None:
    pictures = tfds_source.load(NAME, split, data_dir)
    assert pictures.names == tuple(f"{number:05d}" for number in range(COUNTS[split]))
    read = [pictures.read(number) for number in range(len(pictures))]
    for number in range(COUNTS[split]):  # TFDS's order is not that of the files.
        (found,) = (array for array in read if len(array) == 8 + number)
        with Image.open(io.BytesIO(picture_bytes(split, number))) as expected:
            np.testing.assert_array_equal(found, np.asarray(expected))
        assert found.dtype == np.uint8


def test_a_prepared_set_loads_again_without_network_and_in_the_same_order(
    data_dir: Path, no_sockets: None
) -> None:
    first, second = (tfds_source.load(NAME, "trainB", data_dir) for _ in range(2))
    assert first.names == second.names
    for number in range(4):
        np.testing.assert_array_equal(first.read(number), second.read(number))


def test_tfds_writes_the_same_order_each_time(data_dir: Path, served: Path, tmp_path: Path) -> None:
    first = tfds_source.load(NAME, "trainB", data_dir)
    second = tfds_source.load(NAME, "trainB", tmp_path)
    assert [len(first.read(i)) for i in range(4)] == [len(second.read(i)) for i in range(4)]


def test_a_downloaded_archive_is_prepared_without_network(
    data_dir: Path, tmp_path: Path, no_sockets: None
) -> None:
    shutil.copytree(data_dir / "downloads" / "cycle_gan", tmp_path / "downloads" / "cycle_gan")
    assert len(tfds_source.load(NAME, "trainA", tmp_path)) == 3


def test_an_archive_put_into_the_manual_folder_is_prepared_without_network(
    served: Path, tmp_path: Path, no_sockets: None
) -> None:
    (tmp_path / "downloads" / "manual").mkdir(parents=True)
    shutil.copy(served, tmp_path / "downloads" / "manual")
    assert len(tfds_source.load(NAME, "trainA", tmp_path)) == 3


def test_progress_goes_to_standard_error(
    served: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tfds_source.prepared(NAME, tmp_path)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Dl Completed" in captured.err


@pytest.fixture
def closed_port(served: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Makes the archive's address one where nothing listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{bound.getsockname()[1]}/horse2zebra.zip"
    use_address(monkeypatch, url, served)
    return url


def assert_names_both_ways_out(message: str) -> None:
    assert "dataset=mini_horse2zebra" in message
    assert "dataset=PATH" in message
    assert "\n" not in message


def test_offline_fails_fast_and_names_the_ways_out(closed_port: str, tmp_path: Path) -> None:
    start = time.monotonic()
    with pytest.raises(UserError, match="cannot reach") as caught:
        tfds_source.load(NAME, "trainA", tmp_path)
    assert time.monotonic() - start < 10
    assert closed_port in str(caught.value)
    assert "refused" in str(caught.value)
    assert_names_both_ways_out(str(caught.value))
    assert not list(tmp_path.iterdir())


def test_a_server_that_never_answers_fails_fast(
    served: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network_probe, "_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/horse2zebra.zip"
        use_address(monkeypatch, url, served)
        with pytest.raises(UserError, match="cannot reach"):
            tfds_source.load(NAME, "trainA", tmp_path)


def test_a_name_server_that_never_answers_fails_fast(
    served: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()

    def hang(*args: object, **kwargs: object) -> None:
        release.wait(30)
        raise OSError

    monkeypatch.setattr(network_probe, "_SECONDS", 0.2)
    monkeypatch.setattr(socket, "getaddrinfo", hang)
    with pytest.raises(UserError, match="no answer in"):
        tfds_source.load(NAME, "trainA", tmp_path)
    release.set()


def test_an_archive_that_is_gone_is_reported_at_once(
    served: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = cycle_gan._DL_URLS["horse2zebra"].replace("horse2zebra.zip", "gone/horse2zebra.zip")
    use_address(monkeypatch, url, served)
    with pytest.raises(UserError, match="404") as caught:
        tfds_source.load(NAME, "trainA", tmp_path)
    assert_names_both_ways_out(str(caught.value))


def test_a_proxy_without_upstream_fails_fast(
    served: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any HTTP server does for a proxy that refuses to connect: it answers 501."""
    url = cycle_gan._DL_URLS["horse2zebra"]
    use_address(monkeypatch, "https://example.invalid/horse2zebra.zip", served)
    monkeypatch.setenv("https_proxy", url.removesuffix("/horse2zebra.zip"))
    with pytest.raises(UserError, match="Tunnel connection failed: 501"):
        tfds_source.load(NAME, "trainA", tmp_path)


def test_an_archive_with_another_checksum_is_refused(
    served: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "other.zip").write_bytes(b"other")
    use_address(monkeypatch, cycle_gan._DL_URLS["horse2zebra"], tmp_path / "other.zip")
    with pytest.raises(UserError, match="checksum") as caught:
        tfds_source.load(NAME, "trainA", tmp_path)
    assert str(tmp_path / "downloads") in str(caught.value)
    assert_names_both_ways_out(str(caught.value))


def test_an_archive_that_is_no_zip_is_one_line(
    tmp_path: Path, served: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manual = tmp_path / "downloads" / "manual" / "horse2zebra.zip"
    manual.parent.mkdir(parents=True)
    manual.write_bytes(b"a login page")
    use_address(monkeypatch, cycle_gan._DL_URLS["horse2zebra"], manual)
    with pytest.raises(UserError, match="Error while extracting") as caught:
        tfds_source.load(NAME, "trainA", tmp_path)
    assert str(tmp_path) in str(caught.value)


def test_a_data_dir_that_cannot_be_made_is_named(served: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot prepare") as caught:
        tfds_source.load(NAME, "trainA", tmp_path / "file" / "data")
    assert str(tmp_path / "file" / "data") in str(caught.value)
    assert "data_dir" in str(caught.value)


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        tf.errors.ResourceExhaustedError(None, None, "No space left on device"),
    ],
)
def test_a_full_disk_is_one_line_and_leaves_nothing_half_prepared(
    served: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def full(*args: object, **kwargs: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(writer.Writer, "finalize", full)
        with pytest.raises(UserError, match="No space left") as caught:
            tfds_source.load(NAME, "trainA", tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert len(tfds_source.load(NAME, "trainA", tmp_path)) == 3


def damaged_copy(data_dir: Path, tmp_path: Path) -> Path:
    shutil.copytree(data_dir / "cycle_gan", tmp_path / "cycle_gan")
    return tmp_path / "cycle_gan" / "horse2zebra" / "3.0.0"


@pytest.mark.parametrize("missing", ["*", "dataset_info.json", "features.json", "*trainA*"])
def test_a_partial_earlier_preparation_is_named(
    data_dir: Path, tmp_path: Path, missing: str
) -> None:
    folder = damaged_copy(data_dir, tmp_path)
    for path in folder.glob(missing):
        path.unlink()
    if missing == "features.json":  # Not needed: the builder's code has the features.
        assert len(tfds_source.load(NAME, "trainA", tmp_path)) == 3
        return
    with pytest.raises(UserError, match="delete that folder") as caught:
        tfds_source.load(NAME, "trainA", tmp_path)
    assert str(folder) in str(caught.value)


@pytest.mark.parametrize("damaged", ["dataset_info.json", "*trainA*"])
def test_a_cut_off_file_is_named(data_dir: Path, tmp_path: Path, damaged: str) -> None:
    folder = damaged_copy(data_dir, tmp_path)
    (path,) = folder.glob(damaged)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UserError, match="delete that folder") as caught:
        tfds_source.load(NAME, "trainA", tmp_path)
    assert str(folder.parent) in str(caught.value)


def test_an_unknown_config_lists_the_configs(tmp_path: Path, no_sockets: None) -> None:
    with pytest.raises(UserError, match="cycle_gan/horses") as caught:
        tfds_source.load("cycle_gan/horses", "trainA", tmp_path)
    for config in cycle_gan._DATA_OPTIONS:
        assert f"cycle_gan/{config}" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("foo/bar", "no folder or TFDS set foo/bar"),
        ("cycle_gan:9.9.9", "only: 3.0.0"),
        ("mnist/28", "choose one of mnist"),
        ("huggingface:mnist", "no TFDS name"),
        ("a b", "no TFDS name"),
        ("mnist", "trainA and trainB"),
        ("glue", "`image` feature"),
    ],
)
def test_an_unfit_name_is_refused_without_network(
    tmp_path: Path, no_sockets: None, name: str, message: str
) -> None:
    with pytest.raises(UserError, match=message):
        tfds_source.load(name, "trainA", tmp_path)


def test_a_split_that_is_not_there(data_dir: Path) -> None:
    with pytest.raises(UserError, match="no split valA, only testA, testB, trainA, trainB"):
        tfds_source.load(NAME, "valA", data_dir)


class DrawnPictures(tfds.core.GeneratorBasedBuilder):
    """A set that is drawn and not downloaded, as mini_horse2zebra."""

    VERSION = tfds.core.Version("1.0.0")
    splits = ("trainA", "trainB")

    def _info(self) -> tfds.core.DatasetInfo:
        features = {"image": tfds.features.Image(), "mask": tfds.features.Image()}
        return tfds.core.DatasetInfo(builder=self, features=tfds.features.FeaturesDict(features))

    def _split_generators(self, dl_manager: tfds.download.DownloadManager) -> dict:
        return {split: self._generate_examples() for split in self.splits}

    def _generate_examples(self) -> Iterator[tuple[int, dict[str, np.ndarray]]]:
        for key in range(3):
            shade = np.full((4, 4, 3), key, np.uint8)
            yield key, {"image": shade, "mask": 100 + shade}


def test_a_drawn_set_is_prepared_quietly_and_without_network(
    tmp_path: Path, no_sockets: None, capfd: pytest.CaptureFixture[str]
) -> None:
    pictures = tfds_source.load("drawn_pictures", "trainB", tmp_path)
    assert capfd.readouterr() == ("", "")
    assert sorted(int(pictures.read(i).max()) for i in range(len(pictures))) == [0, 1, 2]


def test_a_set_without_the_splits_that_is_not_tfds_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DrawnPictures, "splits", ("train", "test"))
    with pytest.raises(UserError, match="trainA and trainB; drawn_pictures has test, train"):
        tfds_source.load("drawn_pictures", "trainA", tmp_path)


def test_the_authors_own_archive_is_looked_for_in_the_download_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With TFDS's own table of addresses and checksums."""
    table = checksums.load_url_infos(tfds.core.tfds_path("url_checksums/cycle_gan.txt"))
    monkeypatch.setattr(cycle_gan.CycleGAN, "url_infos", table)
    builder = tfds.builder("cycle_gan/maps", data_dir=tmp_path)
    url = "https://efrosgans.eecs.berkeley.edu/cyclegan/datasets/maps.zip"
    cached = resource.get_dl_fname(url, builder.url_infos[url].checksum)
    assert not tfds_source._is_downloaded(builder, url)
    (tmp_path / "downloads").mkdir()
    for name in (cached, f"{cached}.INFO"):
        (tmp_path / "downloads" / name).touch()
    assert tfds_source._is_downloaded(builder, url)
