from pathlib import PurePosixPath

import pytest

from tf_cyclegan.system.errors import UserError
from tf_cyclegan.translation.output_names import distinct, reject_links_outside


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a.jpg", "b/a.jpg", "00012", "c d\u00e9.JPG"], ["a", "b/a", "00012", "c d\u00e9"]),
        (["a.jpg", "a.png", "a.png.jpg"], ["a", "a.png", "a.png.jpg"]),
        (["a", "a", "a"], ["a", "a-2", "a-3"]),
        (["a.jpg", "a.png/b.jpg"], ["a.jpg", "a.png/b"]),
        (["../up.jpg", "../../up.png", "b/../c.png"], ["up", "up.png", "b/c"]),
        (["/etc/x.png", "//x.png"], ["etc/x", "x"]),
        (["..", "/", "."], ["picture", "picture-2", "picture-3"]),
        (["C:\\x.png", "..\\x.png", "nul\0.png", "\x1b[2J.png"], ["C:_x", ".._x", "nul_", "_[2J"]),
        (["x" * 251 + ".jpg", "x" * 251 + ".png"], ["x" * 196, "x" * 196 + ".png"]),
        (["d/" * 3000 + "x.png"], ["x"]),
        (["caf\udce9.png", "\ud800.png"], ["caf\udce9", "_"]),
        ([".png", "..jpg", "...png"], ["", ".", ".."]),
        (["a.mov", "b/c.MP4"], ["a", "b/c"]),
    ],
)
def test_names_are_distinct_and_inside_the_folder(names, expected):
    assert distinct(names) == [PurePosixPath(f"{name}.png") for name in expected]


def test_links_out_of_the_output_are_refused(tmp_path):
    output, inside = tmp_path / "out", tmp_path / "out" / "AtoB"
    inside.mkdir(parents=True)
    (inside / "here").symlink_to(".")
    (inside / "loop").symlink_to("loop")
    names = [PurePosixPath(f"{place}x.png") for place in ("", "new/", "here/", "loop/")]
    reject_links_outside(inside, names, output)
    (tmp_path / "elsewhere").mkdir()
    (inside / "there").symlink_to("../../elsewhere")
    for name in ("there/x.png", "there/new/x.png"):
        with pytest.raises(UserError, match=r"there.*: a symbolic link leads out of .*out; remove"):
            reject_links_outside(inside, [PurePosixPath(name)], output)
