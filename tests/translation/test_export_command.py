"""scripts/export.py as a person meets it."""

import pytest

from helpers.processes import refused, script
from helpers.runs import save_run
from tf_cyclegan.config import Config

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A folder with a run."""
    root = tmp_path_factory.mktemp("command")
    save_run(root / "run", Config(image_size=32, filters=2))
    return root


def test_both_directions_are_exported_into_the_workdir(run):
    status, out, err = script("export.py", "--workdir=run", "--format=keras", cwd=run)
    assert (status, err) == (0, "")
    first, *rest = out.splitlines()
    assert first == "Exporting run/checkpoints/ckpt-0"
    for line, direction in zip(rest, ("AtoB", "BtoA"), strict=True):
        file = f"run/exported/keras-{direction}/model.keras"
        assert line.startswith(f"{direction}: {file}, 0.")
        assert line.endswith("of 255 at most, 0 on average")
        assert (run / file).is_file()
        assert (run / file).with_name("README.md").is_file()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--format=coreml"], "keras|saved_model|onnx|litert"),
        (["--quantize=int8"], "--quantize=int8: --format=keras has none; leave it out, or give"),
        (["--output=there"], "--output holds one direction: give --direction=AtoB or BtoA"),
        (["--limit=3"], "--limit has no use here"),
        (["--workdir=nothing"], "nothing: holds no trained model"),
    ],
)
def test_mistakes_get_one_line_and_write_nothing(run, arguments, told):
    assert told in refused("export.py", "--workdir=run", *arguments, cwd=run)
