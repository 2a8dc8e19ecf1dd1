"""The scripts with standard streams that are missing, full, gone or in ASCII: real processes."""

import os
import shutil
import subprocess
import sys

import pytest

from helpers.processes import ROOT, environment, script

pytestmark = pytest.mark.slow

SMALL = ["--image_size=32", "--filters=2", "--max_steps=1"]


def shell(redirections, name, *arguments, cwd, **variables):
    """Runs a script with a shell's redirections; returns its status, output and error, as bytes."""
    program = ROOT / "scripts" / name
    done = subprocess.run(
        ["sh", "-c", f'exec "$0" "$@" {redirections}', sys.executable, program, *arguments],
        cwd=cwd,
        capture_output=True,
        timeout=120,
        # What is buffered is written at exit.
        env=environment() | {"PYTHONUNBUFFERED": ""} | variables,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory, photos):
    """A folder with a finished run."""
    cwd = tmp_path_factory.mktemp("streams")
    status, _, err = script("train.py", f"--dataset={photos}", "--workdir=run", *SMALL, cwd=cwd)
    assert status == 0, err
    return cwd


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("train.py", ["--help"]),
        ("generate.py", ["--helpfull"]),
        ("evaluate.py", ["-h"]),
        ("import_weights.py", ["--version"]),
        ("train.py", ["--workdir=run", "--max_steps=1"]),
        ("generate.py", ["--workdir=run", "--output=full"]),
        ("evaluate.py", ["--workdir=run", "--noinception"]),
    ],
)
def test_a_full_standard_output_gets_one_line(folder, name, arguments):
    status, _, err = shell(">/dev/full", name, *arguments, cwd=folder)
    line = f"{name}: error: standard output: No space left on device\n"
    assert (status, err.decode()) == (1, line)


def test_a_reader_of_the_help_that_is_gone_gets_no_trace(tmp_path):
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "train.py", "--helpfull"],
        cwd=tmp_path,
        stdout=writing,
        stderr=subprocess.PIPE,
        env=environment(),
        timeout=60,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (128 + 13, b"")


@pytest.mark.parametrize("closed", ["2>&-", ">&- 2>/dev/full", "<&- >&- 2>&-"])
def test_training_and_generating_need_no_standard_streams(tmp_path, photos, closed):
    for name, arguments in (("train.py", [f"--dataset={photos}", *SMALL]), ("generate.py", [])):
        status, out, err = shell(closed, name, "--workdir=run", *arguments, cwd=tmp_path)
        assert (status, err) == (0, b"")
        assert (out == b"") == (closed != "2>&-")
    assert len(list((tmp_path / "run" / "generated").rglob("*.png"))) == 3 + 2 + 2
    assert b"</html>" in (tmp_path / "run" / "report.html").read_bytes()


OPENS_A_FILE = """
import os
from tf_cyclegan.cli.help_text import Usage
from tf_cyclegan.cli.running import run
def main():
    with open("file", "wb"):
        for number in (1, 2):
            os.write(number, b"a library's message")
run(main, Usage("", (), {}))
"""


@pytest.mark.parametrize("closed", ["", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_no_file_gets_what_is_written_to_a_missing_stream(tmp_path, closed):
    command = ["sh", "-c", f'exec "$@" {closed}', "sh", sys.executable, "-c", OPENS_A_FILE]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=60).returncode == 0
    assert (tmp_path / "file").read_bytes() == b""


def test_a_mistake_without_standard_streams_has_its_status(tmp_path):
    for arguments in (["--epochs=0"], ["--epoch=3"]):
        assert shell("<&- >&- 2>&-", "train.py", *arguments, cwd=tmp_path) == (1, b"", b"")


def test_warnings_on_a_full_standard_error_do_not_end_a_run(tmp_path, folder):
    # Its history is set aside with a warning.
    shutil.copytree(folder / "run", tmp_path / "run")
    (tmp_path / "run" / "history.csv").write_bytes(b"\xff\0")
    status, out, _ = shell(
        "2>/dev/full", "train.py", "--workdir=run", "--max_steps=2", cwd=tmp_path
    )
    assert (status, b"2 steps." in out) == (0, True)
    assert (tmp_path / "run" / "history.csv.damaged").exists()


def test_what_the_encoding_lacks_is_escaped(tmp_path, folder, photos):
    data = tmp_path / os.fsdecode(b"caf\xe9")
    shutil.copytree(photos, data)
    (data / "testA" / "bad.png").write_bytes(b"")
    arguments = ["--workdir=run", f"--dataset={data}", "--output=\xfcber", "--skip_unreadable"]
    status, out, err = shell(
        "", "generate.py", *arguments, cwd=folder, PYTHONIOENCODING="ascii", LC_ALL="C.UTF-8"
    )
    assert status == 0, err
    assert b"pictures in \\xfcber/AtoB" in out
    assert b"/caf\\udce9/testA/bad.png: is empty" in err


@pytest.mark.parametrize("name", [b"data", b"caf\xe9"])
def test_data_sets_and_pictures_with_names_that_are_not_utf_8_are_trained_on(
    tmp_path, photos, name
):
    data = tmp_path / os.fsdecode(name)
    shutil.copytree(photos, data)
    for picture in list(data.rglob("*.png")):
        picture.rename(picture.with_name(os.fsdecode(b"\xe9") + picture.name))
    for script_name, arguments in (
        ("train.py", [f"--dataset={data}", *SMALL]),
        ("train.py", ["--max_steps=2"]),
        ("generate.py", []),
    ):
        status, _, err = shell("", script_name, "--workdir=run", *arguments, cwd=tmp_path)
        assert status == 0, err
    generated = tmp_path / "run" / "generated" / "test" / "AtoB"
    assert os.fsdecode(b"\xe90.png") in os.listdir(generated)
