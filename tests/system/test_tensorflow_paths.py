import os
import tempfile

import pytest

from tf_cyclegan.system import tensorflow_paths
from tf_cyclegan.system.errors import UserError
from tf_cyclegan.system.tensorflow_paths import for_tensorflow

STRANGE = ["run[1]", "a\\b", "a*b", "what?", os.fsdecode(b"caf\xe9")]


@pytest.mark.parametrize("name", ["plain", "with space", "café", "a#b%c"])
def test_most_paths_stay_as_they_are(tmp_path, name):
    assert for_tensorflow(tmp_path / name / "ckpt-1") == tmp_path / name / "ckpt-1"


@pytest.mark.parametrize("name", STRANGE)
def test_strange_ones_lead_to_the_same_folder_by_a_plain_path(tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    path = for_tensorflow(folder / "ckpt-1")
    assert tensorflow_paths._is_plain(path)
    path.write_text("here")
    assert (folder / "ckpt-1").read_text() == "here"
    assert for_tensorflow(folder / "ckpt-2").parent == path.parent, "one link a folder"


def test_without_a_plain_temporary_folder_the_way_out_is_told(tmp_path, monkeypatch):
    (tmp_path / "[tmp]").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "[tmp]"))
    with pytest.raises(UserError, match="set TMPDIR to a folder with a plain name"):
        for_tensorflow(tmp_path / "another[1]" / "ckpt-1")
