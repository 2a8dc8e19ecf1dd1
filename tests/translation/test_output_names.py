from pathlib import PurePosixPath

import pytest

from tf_cyclegan.system.errors import UserError
from tf_cyclegan.translation.output_names import png_names, refuse_ways_out


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
    ],
)
def test_names_stay_apart_and_in_the_folder(names, expected):
    assert png_names(names) == [PurePosixPath(f"{name}.png") for name in expected]


def test_links_out_of_the_output_are_refused(tmp_path):
    inside, outside = tmp_path / "out" / "AtoB", tmp_path / "elsewhere"
    inside.mkdir(parents=True)
    outside.mkdir()
    (inside / "here").symlink_to(".")
    (inside / "loop").symlink_to("loop")
    names = [PurePosixPath(f"{place}x.png") for place in ("", "new/", "here/", "loop/")]
    refuse_ways_out(inside, names, tmp_path / "out")
    (inside / "there").symlink_to("../../elsewhere")
    for name in ("there/x.png", "there/new/x.png"):
        with pytest.raises(UserError, match=r"there.*: leads out of .*out by a link"):
            refuse_ways_out(inside, [PurePosixPath(name)], tmp_path / "out")
