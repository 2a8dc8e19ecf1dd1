"""The scripts as a person meets them: real processes, one line for each mistake."""

import re
from dataclasses import fields

import pytest

from helpers.pictures import make_folder
from helpers.processes import refused, script
from tf_cyclegan.config import Config

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--recipe=tutorail"], "--recipe=tutorail: choose one of mini, modern, tutorial, paper"),
        (["--epochs=many"], "flag --epochs=many: .*many"),
        (["--epochs=0"], "--epochs=0: give 1 or more"),
        (["--epoch=3"], "Unknown command line flag 'epoch'. Did you mean: .*epochs"),
        (["epochs=3"], "'epochs=3' is not a flag"),
        (["--interpolation=best"], "--interpolation=best: choose one of nearest, bilinear"),
        (["--image_size=128", "--load_size=100"], "--load_size=100 .* --image_size=128"),
        (
            ["--networks=tensorflow_examples"],
            "--networks=tensorflow_examples has --filters=64 only, not 32",
        ),
    ],
)
def test_bad_flags_get_one_line(tmp_path, arguments, told):
    assert re.search(told, refused("train.py", *arguments, cwd=tmp_path))


def test_bad_data_gets_one_line_and_writes_nothing(tmp_path):
    make_folder(tmp_path / "no_a", trainB=1)
    assert "has no folder trainA" in refused("train.py", "--dataset=no_a", cwd=tmp_path)


@pytest.fixture
def with_bad_pictures(tmp_path):
    """Data of 9 pictures, two of them for training and one for testing that cannot be read."""
    root = make_folder(tmp_path / "photos", trainA=3, trainB=2, testA=1, testB=1)
    (root / "trainA" / "1.png").write_bytes(b"")
    (root / "trainB" / "a text.JPG").write_text("not a picture")
    (root / "testB" / "link.png").symlink_to("gone.png")
    return root


BAD = ["trainA/1.png: is empty", "trainB/a text.JPG: is not a", "testB/link.png: cannot be read"]


def test_all_bad_pictures_are_listed_and_nothing_is_written(tmp_path, with_bad_pictures):
    before = sorted(tmp_path.rglob("*"))
    status, out, err = script("train.py", "--dataset=photos", cwd=tmp_path)
    lines = err.splitlines()
    assert (status, out, len(lines)) == (1, "", 4), err
    for line, told in zip(lines, BAD, strict=False):
        assert line.startswith(f"{with_bad_pictures}/{told}")
    assert lines[3] == (
        "train.py: error: 3 of 9 pictures cannot be used (listed above); remove them, or go on "
        "without them: --skip_unreadable"
    )
    assert sorted(tmp_path.rglob("*")) == before


def test_bad_pictures_can_be_left_out(tmp_path, with_bad_pictures):
    small = ["--image_size=32", "--filters=2", "--max_steps=1"]
    status, _, err = script(
        "train.py", "--dataset=photos", "--workdir=run", "--skip_unreadable", *small, cwd=tmp_path
    )
    assert status == 0, err
    assert "\nGoing on without 3 of 9 pictures, which cannot be used (listed above)\n" in err
    status, out, err = script("generate.py", "--workdir=run", "--skip_unreadable", cwd=tmp_path)
    assert status == 0, err
    assert err.splitlines()[-1].startswith("Going on without 1 of 3 pictures")
    assert "BtoA: 1 pictures in" in out


def test_a_workdir_that_cannot_be_written_gets_one_line(tmp_path, photos):
    (tmp_path / "file").write_text("in the way")
    told = refused("train.py", f"--dataset={photos}", "--workdir=file/run", cwd=tmp_path)
    assert "--workdir=file/run" in told
    assert "choose another one" in told


def test_a_damaged_config_and_no_whole_checkpoint_get_one_line(tmp_path):
    (tmp_path / "run" / "checkpoints").mkdir(parents=True)
    (tmp_path / "run" / "checkpoints" / "ckpt-1.index").touch()
    (tmp_path / "run" / "config.json").write_text("{")
    told = refused("train.py", "--workdir=run", cwd=tmp_path)
    assert "run/checkpoints: none of 1 checkpoints can be read" in told


def test_generating_without_a_run_says_what_makes_one(tmp_path):
    assert "python scripts/train.py --epochs=40" in refused("generate.py", cwd=tmp_path)
    told = refused("generate.py", "--workdir=elsewhere", cwd=tmp_path)
    assert "python scripts/train.py --workdir=elsewhere" in told


def test_bad_generate_flags_get_one_line(tmp_path):
    told = refused("generate.py", "--split=validation", cwd=tmp_path)
    assert "test|train" in told or "train" in told
    assert "--direction" in refused("generate.py", "--direction=XtoY", cwd=tmp_path)
    told = refused("generate.py", "--workdir=x", "--checkpoint=last", cwd=tmp_path)
    assert "--checkpoint=last: give a checkpoint's step, such as 8000, or best" in told
    told = refused("generate.py", "--workdir=x", f"--checkpoint={'9' * 5000}", cwd=tmp_path)
    assert "9: give a checkpoint's step, such as 8000, or best" in told


@pytest.mark.parametrize(
    "command", ["train", "generate", "evaluate", "export", "import_weights", "demo"]
)
@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_is_short_and_has_examples(tmp_path, command, flag):
    status, out, err = script(f"{command}.py", flag, cwd=tmp_path)
    assert (status, err) == (0, "")
    assert len(out.splitlines()) < 80
    assert max(map(len, out.splitlines())) <= 100
    assert 2 <= out.count(f"  python scripts/{command}.py") <= 3


def test_help_lists_what_is_used_most_and_helpfull_all(tmp_path):
    _, short, _ = script("train.py", "--help", cwd=tmp_path)
    status, full, _ = script("train.py", "--helpfull", cwd=tmp_path)
    assert status == 0
    assert short.index("--epochs") < short.index("--learning_rate")
    assert "--beta_1" not in short
    for field in fields(Config):
        assert re.search(rf"^  --(\[no\])?{field.name}\b", full, re.M), field.name
    text = re.sub(r"\s+", " ", full)
    assert "--image_size height and width of training pictures, in pixels" in text
    assert "[64; modern, tutorial, paper, keras, facades: 256]" in text
    assert "[bilinear; modern, paper: bicubic; tutorial: nearest]" in text, (
        "those that differ alone"
    )


def test_version(tmp_path):
    assert script("train.py", "--version", cwd=tmp_path) == (0, "tf_cyclegan 0.1.0\n", "")


def test_importing_bad_weights_gets_one_line(tmp_path):
    assert "--from=FILE is missing" in refused("import_weights.py", cwd=tmp_path)
    (tmp_path / "page.pth").write_text("<html>not found</html>")
    assert "page.pth" in refused("import_weights.py", "--from=page.pth", cwd=tmp_path)
    assert "nothere.pth" in refused("import_weights.py", "--from=nothere.pth", cwd=tmp_path)
