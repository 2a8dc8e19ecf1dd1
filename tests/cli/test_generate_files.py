"""generate.py with files, as real processes."""

import shutil

import pytest
from PIL import Image

from helpers.pictures import make_picture
from helpers.processes import refused, script
from helpers.runs import save_run

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run(tiny, tmp_path_factory):
    workdir = tmp_path_factory.mktemp("runs") / "run"
    save_run(workdir, tiny)
    return workdir


@pytest.fixture
def here(run, tmp_path):
    """A folder with a run and pictures, two of them broken."""
    shutil.copytree(run, tmp_path / "run")
    for name in ("photo.jpg", "holiday/a.png", "holiday/day 2/b.jpg", "more/c.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(make_picture(0)).save(tmp_path / name)
    (tmp_path / "more" / "broken.png").write_text("no picture")
    (tmp_path / "more" / "notes.txt").write_text("no picture either")
    return tmp_path


def test_files_and_flags_come_in_any_order(here):
    status, out, err = script(
        *("generate.py", "photo.jpg", "--workdir=run", "holiday", "--format=webp"),
        *("--input=more/c*.png", "--direction=BtoA", "photo.jpg", "--", "holiday/a.png"),
        cwd=here,
    )
    assert status == 0, err
    made = here / "run" / "generated" / "files" / "BtoA"
    names = sorted(str(path.relative_to(made)) for path in made.rglob("*") if path.is_file())
    assert names == ["c.webp", "holiday/a.webp", "holiday/day 2/b.webp", "photo.webp"]
    assert f"BtoA: 4 files in {made.relative_to(here)}; " in out
    assert err.count("photo.jpg") + err.count("a.png") + err.count("c.png") <= 1, "told once"
    with Image.open(made / "photo.webp") as picture:
        assert picture.size == (48, 40)


def test_a_broken_picture_among_good_ones_gives_status_1(here):
    arguments = ("generate.py", "--workdir=run", "more", "photo.jpg", "--output=out")
    for written, kept in ((2, 0), (0, 2)):
        status, out, err = script(*arguments, cwd=here)
        assert status == 1
        lines = [line for line in err.splitlines() if "broken" in line]
        assert lines == [
            "more/broken.png: is not a picture in a supported format (JPEG, PNG, WebP, BMP, GIF, "
            "TIFF); replace or remove it"
        ]
        assert err.splitlines()[-1] == ("generate.py: error: 1 of 3 files could not be translated")
        assert f"AtoB: {written} files in out/AtoB" in out
        assert (f"{kept} kept that exist (--overwrite renews them)" in out) == bool(kept)
    status, out, _ = script(*arguments[:3], "photo.jpg", "--output=out", "--overwrite", cwd=here)
    assert (status, "AtoB: 3 files" in out) == (1, False)


def test_the_output_is_not_translated_again(here):
    for _ in range(2):
        status, _, err = script(
            "generate.py", "holiday", "--workdir=run", "--output=holiday", cwd=here
        )
        assert status == 0, err
    made = sorted(path.name for path in (here / "holiday" / "AtoB").rglob("*.png"))
    assert made == ["a.png", "b.png"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["photo.jpg", "--split=test"], "--split has no use when files are translated"),
        (["--format=webp"], "--format has no use when a split is translated"),
        (["photo.jpg", "gone/*.png"], "gone/*.png: no such file"),
        (["more/notes.txt"], "more/notes.txt: has not the suffix of a picture or a film"),
        (["photo.jpg", "--work_size=half"], "--work_size=half: give input, train, or the pixels"),
    ],
)
def test_mistakes_get_one_line(here, arguments, told):
    assert told in refused("generate.py", "--workdir=run", *arguments, cwd=here)
