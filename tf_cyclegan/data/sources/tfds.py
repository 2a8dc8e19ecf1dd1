"""Pictures from tensorflow-datasets (TFDS) with CycleGAN's splits.

Without a network, TFDS retries a download for 204 seconds and ends in a long trace. This module
probes the archive's address first and turns every failure into one line. It imports TFDS inside
functions: the import is slow, and most sources do not need it.
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

# set[/config][:version]. TFDS also accepts namespaces, which run code from the network.
_NAME = re.compile(r"(\w+)(/[\w.\-]+)?(:[\d.*]+)?")
_REQUIREMENT = "training needs a set with an `image` feature and the splits trainA and trainB"
_ALTERNATIVES = "use the drawn set (dataset=mini_horse2zebra) or a folder or .zip (dataset=PATH)"


def load(
    name: str, split: str, data_dir: str | os.PathLike[str] | None = None, feature: str = "image"
) -> Pictures:
    """Loads one split of a TFDS set. Encoded pictures stay in memory and are decoded on read.

    The order is that of TFDS's records, fixed by a hash of their keys. TFDS does not keep file
    names, so a picture's name is its number in that order.

    Args:
      name: a TFDS name, such as "cycle_gan/horse2zebra". Import the module of a set that does not
        come with TFDS first, to register the name.
      split: trainA, trainB, testA or testB.
      data_dir: the data folder of TFDS; None for its default.
      feature: the picture feature to read.

    Raises:
      UserError: as `prepared`, or the split does not exist or is damaged.
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
                key: tfds.decode.SkipDecoding()
                for key, each in builder.info.features.items()
                if isinstance(each, tfds.features.Image)
            },
            # Shards in order; no tf.data cache, as the bytes are kept here.
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

    Uses no network if the set is prepared or its archive is in TFDS's download folder.

    Raises:
      UserError: the name is unknown, the set lacks the feature or splits, its archive is
        unreachable, `data_dir` is unusable, or the prepared data is damaged.
    """
    import tensorflow_datasets as tfds

    builder = _find(name, data_dir)
    features = builder.info.features
    if not isinstance(dict(features).get("image"), tfds.features.Image):
        raise UserError(f"{_REQUIREMENT}; {name} has no `image`, but {', '.join(features)}")
    if not builder.data_path.exists():
        _check_source(builder)
        _check_network(builder)
        _prepare(builder)
    if not builder.info.splits:  # TFDS accepts any folder of the right name as a prepared set.
        raise _damaged(builder.data_dir, "an earlier preparation is incomplete")
    if not {"trainA", "trainB"} <= set(builder.info.splits):
        raise UserError(f"{_REQUIREMENT}; {name} has {', '.join(sorted(builder.info.splits))}")
    return builder


def _find(name: str, data_dir: str | os.PathLike[str] | None) -> Any:
    import tensorflow_datasets as tfds
    from google.protobuf import json_format  # type: ignore[import-untyped]

    parts = _NAME.fullmatch(name)
    if not parts:
        raise UserError(f"{name} is not a valid TFDS name: {_ALTERNATIVES}")
    group, config = parts[1], parts[2] or ""
    directory = os.path.expanduser(data_dir or tfds.core.constants.DATA_DIR)
    # Python has surrogates for bytes that are not UTF-8.
    if re.search("[\ud800-\udfff]", directory):
        raise UserError(
            f"data_dir={directory}: is not UTF-8, and TFDS cannot open such paths; choose another "
            f"data_dir"
        )
    try:
        return tfds.builder(name, data_dir=directory if data_dir else None)
    except tfds.core.DatasetNotFoundError as error:
        raise UserError(f"there is no folder or TFDS set {name}: {_ALTERNATIVES}") from error
    except (ValueError, AssertionError) as error:
        # An unknown config or version. TFDS lists only similar names.
        valid = [f"{group}/{each}" for each in tfds.builder_cls(group).builder_configs] or [group]
        if config and group + config not in valid:
            raise UserError(f"there is no {name}: choose one of {', '.join(valid)}") from error
        raise UserError(f"TFDS cannot load {name}: {first_line(error)}") from error
    except (OSError, json_format.ParseError) as error:
        raise _damaged(os.path.join(directory, group + config), first_line(error)) from error


def _check_source(builder: Any) -> None:
    """Rejects sets of TFDS itself without trainA before the download.

    An unprepared set does not list its splits, so this looks for the name in its source code. Sets
    of other packages may compose the name and are not checked.
    """
    module = sys.modules[type(builder).__module__]
    is_builtin = module.__name__.startswith("tensorflow_datasets.")
    if is_builtin and "trainA" not in inspect.getsource(module):
        raise UserError(f"{_REQUIREMENT}; {builder.name} has no such splits: choose cycle_gan/...")


def _check_network(builder: Any) -> None:
    """Raises UserError if the set's archive is neither in the download folder nor reachable."""
    urls = list(builder.url_infos or [])  # None for a generated set.
    config = builder.builder_config.name if builder.builder_config else None
    # `url_infos` covers all configs. If no archive bears this config's name, any may be needed.
    needed = [url for url in urls if PurePosixPath(url).stem == config] or urls
    web = [url for url in needed if url.startswith(("http://", "https://"))]
    if not web or any(_is_downloaded(builder, url) for url in needed):
        return
    if reason := why_unreachable(web[0]):
        raise _unreachable(builder, f"{web[0]} ({reason})")


def _is_downloaded(builder: Any, url: str) -> bool:
    """Whether the archive is in one of the folders that TFDS's DownloadManager searches."""
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
    """Downloads and prepares a set; shows TFDS's progress bars only for a download."""
    import requests
    import tensorflow as tf
    import tensorflow_datasets as tfds
    from tensorflow_datasets.core.download.download_manager import NonMatchingChecksumError
    from tensorflow_datasets.core.download.extractor import ExtractError

    logging.info("Preparing %s in %s", builder.info.full_name, builder.data_dir)
    # TFDS prints to standard output, which belongs to the program.
    output = sys.stderr if builder.url_infos else io.StringIO()
    try:
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            builder.download_and_prepare()
    except (requests.exceptions.RequestException, tfds.download.DownloadError) as error:
        raise _unreachable(builder, first_line(error)) from error
    except NonMatchingChecksumError as error:
        raise UserError(
            f"the archive of {builder.info.full_name} in {builder.data_dir_root / 'downloads'} has "
            f"the wrong checksum: delete it and run again, or {_ALTERNATIVES}"
        ) from error
    except (OSError, ExtractError, tf.errors.OpError, RuntimeError) as error:
        # TFDS wraps TensorFlow's error for a full disk in a RuntimeError.
        if isinstance(error, RuntimeError) and not isinstance(error.__cause__, tf.errors.OpError):
            raise
        raise UserError(
            f"cannot prepare {builder.info.full_name} in {builder.data_dir} "
            f"({first_line(error)}): make room, make it writable, or choose another data_dir"
        ) from error


def _unreachable(builder: Any, what: str) -> UserError:
    return UserError(
        f"{builder.info.full_name} is not in {builder.data_dir_root} and cannot be downloaded: "
        f"cannot reach {what}; connect to the network, or {_ALTERNATIVES}"
    )


def _damaged(folder: str, reason: str) -> UserError:
    return UserError(
        f"the prepared data in {folder} is damaged ({reason}): delete that folder and run again"
    )
