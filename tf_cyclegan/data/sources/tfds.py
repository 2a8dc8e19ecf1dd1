"""Pictures from any tensorflow-datasets (TFDS) set that has the splits of CycleGAN's.

TFDS downloads a set with up to ten retries and pauses that double, so that without a network it
ends after 204 seconds in a long trace. What is done here about it: before a set is prepared, its
archive's address is tried once, briefly; every failure becomes one line. TFDS is imported inside
the functions, because the import is slow and most sources do without it.
"""

import contextlib
import inspect
import io
import os
import re
import sys
from pathlib import PurePosixPath
from typing import Any

from absl import logging

from tf_cyclegan.data import images
from tf_cyclegan.data.pictures import Pictures
from tf_cyclegan.system.errors import UserError, first_line
from tf_cyclegan.system.network import why_unreachable

# set, set/config, set:version or set/config:version. TFDS also takes namespaces, which run code
# from the network, and keyword arguments; neither is of use here.
_NAME = re.compile(r"(\w+)(/[\w.\-]+)?(:[\d.*]+)?")
_NEEDS = "a set for training needs an `image` feature and the splits trainA and trainB"
_WAYS_OUT = "take the drawn set (dataset=mini_horse2zebra) or a folder or zip (dataset=PATH)"


def load(
    name: str,
    split: str,
    data_dir: str | os.PathLike[str] | None = None,
    feature: str = "image",
) -> Pictures:
    """One split of a TFDS set, as encoded bytes in memory that are decoded when read.

    The order is that in which TFDS wrote the records: fixed by a hash of each picture's key, not
    alphabetical. TFDS does not keep file names, so a picture's name is its number in that order.

    Args:
      name: a TFDS name, such as "cycle_gan/horse2zebra". The module of a set that does not come
        with TFDS has to be imported first: that registers its name.
      split: "trainA", "trainB", "testA" or "testB".
      data_dir: where TFDS keeps its sets; None for TFDS's own default.
      feature: which of the set's picture features to read.

    Raises:
      UserError: as `prepared`; or there is no such split; or its files are damaged.
    """
    import tensorflow as tf
    import tensorflow_datasets as tfds

    builder = prepared(name, data_dir)
    if split not in builder.info.splits:
        raise UserError(
            f"{name} has no split {split}, only {', '.join(sorted(builder.info.splits))}"
        )
    try:
        records = builder.as_dataset(
            split=split,
            shuffle_files=False,
            decoders={
                name: tfds.decode.SkipDecoding()
                for name, feature in builder.info.features.items()
                if isinstance(feature, tfds.features.Image)
            },
            # One shard after the other. No tf.data cache: the bytes are held here.
            read_config=tfds.ReadConfig(interleave_cycle_length=1, try_autocache=False),
        )
        encoded = [record[feature] for record in tfds.as_numpy(records)]
    except (OSError, tf.errors.OpError) as error:
        raise _damaged(builder.data_dir, first_line(error)) from error
    names = tuple(f"{number:05d}" for number in range(len(encoded)))
    where = f"{builder.info.full_name} {split}"
    return Pictures(names, lambda i: images.decode(encoded[i], f"{where} {names[i]}"))


def prepared(name: str, data_dir: str | os.PathLike[str] | None = None) -> Any:
    """The TFDS builder of a set, downloaded and prepared on first use.

    A set that is already prepared, or whose archive is in TFDS's download folder, is not looked
    for on the network.

    Raises:
      UserError: the name is unknown; the set is not fit for CycleGAN; its archive cannot be
        reached; it cannot be prepared in `data_dir`; or what is prepared there is damaged.
    """
    builder = _find(name, data_dir)
    _check_image(builder)
    if not builder.data_path.exists():
        _check_source(builder)
        _check_network(builder)
        _prepare(builder)
    if not builder.info.splits:  # TFDS takes any folder of the right name for a prepared set.
        raise _damaged(builder.data_dir, "an earlier preparation is incomplete")
    if not {"trainA", "trainB"} <= set(builder.info.splits):
        raise UserError(f"{_NEEDS}; {name} has {', '.join(sorted(builder.info.splits))}")
    return builder


def _find(name: str, data_dir: str | os.PathLike[str] | None) -> Any:
    import tensorflow_datasets as tfds
    from google.protobuf import json_format  # type: ignore[import-untyped]

    parts = _NAME.fullmatch(name)
    if not parts:
        raise UserError(f"{name} is no TFDS name: {_WAYS_OUT}")
    group, config = parts[1], parts[2] or ""
    directory = os.path.expanduser(data_dir or tfds.core.constants.DATA_DIR)
    try:
        return tfds.builder(name, data_dir=directory if data_dir else None)
    except tfds.core.DatasetNotFoundError as error:
        raise UserError(f"there is no folder or TFDS set {name}: {_WAYS_OUT}") from error
    except (ValueError, AssertionError) as error:
        # A config or version that does not exist. TFDS lists only names that look similar.
        valid = [f"{group}/{each}" for each in tfds.builder_cls(group).builder_configs] or [group]
        if config and group + config not in valid:
            raise UserError(f"there is no {name}: choose one of {', '.join(valid)}") from error
        raise UserError(f"TFDS cannot load {name}: {first_line(error)}") from error
    except (OSError, json_format.ParseError) as error:
        raise _damaged(os.path.join(directory, group + config), first_line(error)) from error


def _check_image(builder: Any) -> None:
    import tensorflow_datasets as tfds

    features = builder.info.features
    if not isinstance(dict(features).get("image"), tfds.features.Image):
        raise UserError(f"{_NEEDS}; {builder.name} has no `image`, but {', '.join(features)}")


def _check_source(builder: Any) -> None:
    """Refuses a set of TFDS's own without the splits, before anything is downloaded.

    A set's splits are known only once it is prepared; until then, from its source alone. In TFDS
    4.9.10 only cycle_gan's has `trainA`. Other packages may compose the names: they are not judged.
    """
    module = sys.modules[type(builder).__module__]
    tfds_own = module.__name__.startswith("tensorflow_datasets.")
    if tfds_own and "trainA" not in inspect.getsource(module):
        raise UserError(f"{_NEEDS}; {builder.name} has no such splits: choose cycle_gan/...")


def _check_network(builder: Any) -> None:
    """Raises UserError where the set's archive is neither in the download folder nor reachable."""
    known = builder.url_infos or {}  # None for a set that is drawn, not downloaded.
    config = builder.builder_config.name if builder.builder_config else None
    # The checksums list the archives of all configs. Where none is named after this config, it is
    # unknown which are needed; then one that is there already is taken as a good sign.
    needed = [url for url in known if PurePosixPath(url).stem == config] or list(known)
    web = [url for url in needed if url.startswith(("http://", "https://"))]
    if not web or any(_is_downloaded(builder, url) for url in needed):
        return
    if reason := why_unreachable(web[0]):
        raise _unreachable(builder, f"{web[0]} ({reason})")


def _is_downloaded(builder: Any, url: str) -> bool:
    """Whether TFDS will find the archive where it keeps downloads (`DownloadManager`)."""
    from tensorflow_datasets.core.download import resource

    info = builder.url_infos[url]
    folder = builder.data_dir_root / "downloads"
    cached = resource.get_dl_fname(url, info.checksum)
    if info.filename and (folder / "manual" / info.filename).exists():
        return True
    return any(
        resource.is_locally_cached(parent / cached) for parent in (folder / builder.name, folder)
    )


def _prepare(builder: Any) -> None:
    """Downloads, where needed, and prepares; shows TFDS's progress bars only for a download."""
    import requests
    import tensorflow as tf
    import tensorflow_datasets as tfds
    from tensorflow_datasets.core.download.download_manager import NonMatchingChecksumError
    from tensorflow_datasets.core.download.extractor import ExtractError

    logging.info("Preparing %s in %s", builder.info.full_name, builder.data_dir)
    # TFDS prints to standard output, which belongs to the program.
    messages = sys.stderr if builder.url_infos else io.StringIO()
    try:
        with contextlib.redirect_stdout(messages), contextlib.redirect_stderr(messages):
            builder.download_and_prepare()
    except (requests.exceptions.RequestException, tfds.download.DownloadError) as error:
        raise _unreachable(builder, first_line(error)) from error
    except NonMatchingChecksumError as error:
        raise UserError(
            f"the archive of {builder.info.full_name} in {builder.data_dir_root / 'downloads'} has "
            f"not the checksum that TFDS knows: delete it and run again, or {_WAYS_OUT}"
        ) from error
    except (OSError, ExtractError, tf.errors.OpError, RuntimeError) as error:
        # TFDS wraps some of TensorFlow's errors, such as that of a full disk.
        if isinstance(error, RuntimeError) and not isinstance(error.__cause__, tf.errors.OpError):
            raise
        raise UserError(
            f"cannot prepare {builder.info.full_name} in {builder.data_dir} "
            f"({first_line(error)}): make room, make it writable, or choose another data_dir"
        ) from error


def _unreachable(builder: Any, what: str) -> UserError:
    return UserError(
        f"{builder.info.full_name} is not in {builder.data_dir_root} and cannot be downloaded: "
        f"cannot reach {what}; connect to the network, or {_WAYS_OUT}"
    )


def _damaged(folder: str, reason: str) -> UserError:
    return UserError(
        f"the prepared data in {folder} is damaged ({reason}): delete that folder and run again"
    )
