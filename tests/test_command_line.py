"""The scripts as a person meets them: real processes, one line for each mistake."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import make_folder

ROOT = Path(__file__).parent.parent


def environment():
    """Of this process, but for what a test's result must not depend on."""
    return os.environ | {"CUDA_VISIBLE_DEVICES": "-1", "COLUMNS": "100"}


def script(name, *arguments, cwd):
    """Runs a script and returns its status, standard output and standard error."""
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / name, *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
        env=environment(),
    )
    return done.returncode, done.stdout, done.stderr


def refused(name, *arguments, cwd):
    """The one line that a mistake gets; nothing may be written."""
    before = sorted(cwd.rglob("*"))
    status, out, err = script(name, *arguments, cwd=cwd)
    assert status == 1, err
    assert out == ""
    assert sorted(cwd.rglob("*")) == before
    assert err.startswith(f"{name}: error: ")
    assert err.count("\n") == 1, err
    return err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--recipe=tutorail"], "--recipe=tutorail: choose one of mini, tutorial, paper"),
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
    assert "run/checkpoints: all 1 checkpoints are damaged" in told


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


def test_help_lists_each_setting_with_the_recipes_values(tmp_path):
    _, out, err = script("train.py", "--help", cwd=tmp_path)
    text = re.sub(r"\s+", " ", out + err)
    assert "--image_size: height and width that the networks train on, in pixels" in text
    assert "[mini 64; tutorial 256; paper 256; keras 256; facades 256]" in text
    assert "--[no]deterministic" in text


def test_tensorflow_is_imported_without_matplotlib_which_is_left_for_later():
    code = (
        "import gc, sys\n"
        "sys.path.insert(0, sys.argv[1])\n"
        "import command_line\n"
        "with command_line.importing_tensorflow():\n"
        "    from tf_cyclegan import training\n"
        "    assert not gc.isenabled()\n"
        "assert 'keras' in sys.modules and gc.isenabled()\n"
        "assert 'matplotlib' not in sys.modules\n"
        "import matplotlib.pyplot\n"
        "with command_line.importing_tensorflow():\n"
        "    assert sys.modules['matplotlib'] is matplotlib\n"
        "assert sys.modules['matplotlib'] is matplotlib\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, ROOT / "scripts"],
        capture_output=True,
        text=True,
        check=False,
        env=environment(),
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_importing_bad_weights_gets_one_line(tmp_path):
    assert "--from is missing" in refused("import_weights.py", cwd=tmp_path)
    (tmp_path / "page.pth").write_text("<html>not found</html>")
    assert "page.pth" in refused("import_weights.py", "--from=page.pth", cwd=tmp_path)
    assert "nothere.pth" in refused("import_weights.py", "--from=nothere.pth", cwd=tmp_path)
