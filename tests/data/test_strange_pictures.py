"""Unusual picture files decode as a viewer shows them, or fail with one line."""

import numpy as np
import pytest

from helpers.strange_pictures import INVALID, VALID
from tf_cyclegan.data.sources import folder
from tf_cyclegan.system.errors import UserError


def load(tmp_path, name, content):
    """Creates the file in a data set folder and loads that."""
    path = tmp_path / "trainA" / name
    path.parent.mkdir(parents=True)
    if callable(content):
        content(path)
    else:
        path.write_bytes(content)
    return folder.load(tmp_path, "trainA")


def ids(cases):
    return [name for name, *_ in cases]


@pytest.mark.parametrize(("name", "content", "colours"), VALID, ids=ids(VALID))
def test_valid_pictures_are_decoded(tmp_path, capfd, name, content, colours):
    pictures = load(tmp_path, name, content)
    assert len(pictures) == 1
    picture = pictures.read(0)
    assert picture.dtype == np.uint8
    top, left = picture.shape[0] // 8, picture.shape[1] // 8
    corners = [picture[y, x] for y in (top, ~top) for x in (left, ~left)]
    tolerance = 26 if "lab" in name else 12 if name.lower().endswith(".jpg") else 1
    np.testing.assert_allclose(corners, colours, atol=tolerance)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(("name", "content", "message"), INVALID, ids=ids(INVALID))
def test_invalid_pictures_fail_with_one_line(tmp_path, capfd, name, content, message):
    pictures = load(tmp_path, name, content)
    with pytest.raises(UserError, match=message) as caught:
        pictures.read(0)
    assert str(caught.value).startswith(f"{tmp_path / 'trainA'}/{name}: ")
    assert capfd.readouterr() == ("", "")
