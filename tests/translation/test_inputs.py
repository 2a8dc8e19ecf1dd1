import os

import pytest

from tf_cyclegan.system.errors import UserError
from tf_cyclegan.translation import inputs


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The current folder, with files of which only the names count."""
    for name in (
        *("a.jpg", "b.PNG", "film.MOV", "notes.txt", "[1].png", ".hidden.png"),
        *("holiday/c.webp", "holiday/day 2/d.png", "holiday/day 2/e.tiff", "holiday/list.csv"),
        *("more/f.png", "more/deep/g.png", "more/h.jpg"),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(*patterns, output=None):
    return [(str(each.path), each.name) for each in inputs.find(patterns, output)]


HOLIDAY = [
    ("holiday/c.webp", "holiday/c.webp"),
    ("holiday/day 2/d.png", "holiday/day 2/d.png"),
    ("holiday/day 2/e.tiff", "holiday/day 2/e.tiff"),
]


def test_files_folders_and_patterns(folder):
    assert found("a.jpg", "b.PNG") == [("a.jpg", "a.jpg"), ("b.PNG", "b.PNG")]
    assert found("holiday") == found("holiday/") == HOLIDAY
    assert found("more/*.png") == [("more/f.png", "f.png")]
    assert [name for _, name in found("more/**/*.png")] == ["g.png", "f.png"]
    assert found("hol*") == HOLIDAY
    assert [each.is_film for each in inputs.find(["film.MOV", "a.jpg"])] == [True, False]


def test_a_folder_has_its_name_wherever_one_is(folder, monkeypatch):
    monkeypatch.chdir(folder / "holiday")
    assert [name for _, name in found(".")] == [name for _, name in HOLIDAY]


def test_each_file_is_there_once(folder):
    twice = found("holiday", "holiday/c.webp", "./a.jpg", "a.jpg", str(folder / "a.jpg"), "*.jpg")
    assert twice == [*HOLIDAY, ("a.jpg", "a.jpg")]


def test_a_name_with_brackets_is_no_pattern():
    assert found("[1].png") == [("[1].png", "[1].png")]


def test_a_pattern_leaves_out_what_is_no_picture():
    assert [name for _, name in found("*", output=None)][:3] == ["[1].png", "a.jpg", "b.PNG"]
    assert "notes.txt" not in dict(found("*"))


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("gone.png", "gone.png: no such file"),
        ("*.bmp", r"\*.bmp: no such file, nor does it contain or match any"),
        ("notes.txt", "notes.txt: has not the suffix of a picture or a film"),
        ("*.txt", "nor does it contain or match any"),
        ("empty", "empty: no such file, nor does it contain"),
        ("", ": no such file"),
    ],
)
def test_what_is_not_there_is_told(folder, pattern, told):
    (folder / "empty").mkdir()
    with pytest.raises(UserError, match=told):
        inputs.find(["a.jpg", pattern])


def test_the_output_is_no_input_of_the_next_time(folder):
    output = folder / "more" / "out"
    (output / "more").mkdir(parents=True)
    (output / "more" / "f.png").touch()
    assert ("more/out/more/f.png", "more/out/more/f.png") in found("more")
    for pattern in ("more", "more/**/*.png", "."):
        assert not any("out" in path for path, _ in found(pattern, output=output))
    named = "more/out/more/f.png"
    assert found(named, output=output) == [(named, "f.png")]
    with pytest.raises(UserError, match="no such file, nor does it contain"):
        inputs.find(["more/out"], output)


def test_links_in_circles_end(folder):
    (folder / "holiday" / "again").symlink_to("..")
    (folder / "holiday" / "self.png").symlink_to("self.png")
    assert ("holiday/self.png", "holiday/self.png") in found("holiday", output=folder / "out")
    assert found("holiday/self.png") == [("holiday/self.png", "self.png")]


def test_names_that_are_not_utf_8(folder):
    name = os.fsdecode(b"\xff.png")
    (folder / name).touch()
    assert found(name) == [(name, name)]
