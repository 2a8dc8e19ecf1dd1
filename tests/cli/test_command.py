"""tf-cyclegan, and python -m tf_cyclegan."""

import subprocess
import sys

import pytest

from helpers.processes import environment
from tf_cyclegan.cli import command, spelling


@pytest.fixture
def run(monkeypatch, capsys):
    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["/bin/tf-cyclegan", *arguments])
        try:
            command.main()
            status = 0
        except SystemExit as ended:
            status = ended.code
        return status, *capsys.readouterr()

    return run


def test_help_names_each_command(run):
    for arguments in ((), ("--help",)):
        status, out, _ = run(*arguments)
        assert status == 0
        assert all(f"\n  {name} " in out for name in command.COMMANDS)
    assert run("--version")[1].startswith("tf_cyclegan 0.")


def test_what_is_no_command_is_refused_in_one_line(run):
    status, out, err = run("trian")
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert err.startswith("tf-cyclegan: error: 'trian' is no command; there are train, ")


def test_commands_are_spelled_as_they_were_started(monkeypatch):
    text = "python scripts/train.py --epochs=40, or python scripts/import_weights.py"
    assert spelling.as_command(text) == text
    monkeypatch.setattr(sys, "argv", ["tf-cyclegan generate"])
    assert spelling.as_command(text) == "tf-cyclegan train --epochs=40, or tf-cyclegan import"


@pytest.mark.slow
@pytest.mark.parametrize("name", command.COMMANDS)
def test_every_command_starts(name, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "tf_cyclegan", name, "--help"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        env=environment(),
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert f"tf-cyclegan {name}" in done.stdout
    assert "scripts/" not in done.stdout
    assert list(tmp_path.iterdir()) == []
