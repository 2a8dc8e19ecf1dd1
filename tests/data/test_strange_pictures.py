"""Pictures as people have them: each is seen as a person would see it, or gets its one line."""

import numpy as np
import pytest

from helpers.strange_pictures import REFUSED, SEEN
from tf_cyclegan.data.sources import folder
from tf_cyclegan.system.errors import UserError


def made(tmp_path, name, content):
    """A data set folder with this one picture, as a source of pictures."""
    path = tmp_path / "trainA" / name
    path.parent.mkdir(parents=True)
    if callable(content):
        content(path)
    else:
        path.write_bytes(content)
    return folder.load(tmp_path, "trainA")


def ids(cases):
    return [name for name, *_ in cases]


@pytest.mark.parametrize(("name", "content", "colours"), SEEN, ids=ids(SEEN))
def test_is_seen_as_a_person_would(tmp_path, capfd, name, content, colours):
    pictures = made(tmp_path, name, content)
    assert len(pictures) == 1
    picture = pictures.read(0)
    assert picture.dtype == np.uint8
    # Within the corners: lossy kinds mix the colours where they meet.
    top, left = picture.shape[0] // 8, picture.shape[1] // 8
    corners = [picture[y, x] for y in (top, ~top) for x in (left, ~left)]
    np.testing.assert_allclose(corners, colours, atol=26 if "lab" in name else 12)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(("name", "content", "told"), REFUSED, ids=ids(REFUSED))
def test_is_refused_in_one_line(tmp_path, capfd, name, content, told):
    pictures = made(tmp_path, name, content)
    with pytest.raises(UserError, match=told) as caught:
        pictures.read(0)
    assert str(caught.value).startswith(f"{tmp_path / 'trainA'}/{name}: ")
    assert capfd.readouterr() == ("", "")
