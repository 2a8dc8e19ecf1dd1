"""examples/cyclegan.ipynb, executed."""

import csv
import tempfile
from pathlib import Path

import nbclient
import nbformat
import pytest
from PIL import Image

from helpers.processes import ROOT, environment

pytestmark = pytest.mark.slow

NOTEBOOK = ROOT / "examples" / "cyclegan.ipynb"
SETTINGS = {"EPOCHS": 1, "MORE_EPOCHS": 1, "LIMIT": 2}


def shrunk(notebook):
    """The notebook with these SETTINGS in place of its own."""
    (cell,) = (cell for cell in notebook.cells if cell.id == "settings")
    lines = cell.source.splitlines()
    names = [line.split(" = ")[0] for line in lines]
    assert set(SETTINGS) < set(names)
    cell.source = "\n".join(
        f"{name} = {SETTINGS[name]}" if name in SETTINGS else line
        for name, line in zip(names, lines, strict=True)
    )
    return notebook


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """The folder that it ran in, and the outputs of each code cell by its id."""
    cwd = tmp_path_factory.mktemp("notebook")
    notebook = shrunk(nbformat.read(NOTEBOOK, as_version=4))
    # The runtime folder holds sockets, whose paths must be short.
    with tempfile.TemporaryDirectory() as runtime, pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_RUNTIME_DIR", runtime)
        patch.setenv("IPYTHONDIR", str(cwd / "ipython"))
        client = nbclient.NotebookClient(
            notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": cwd}}
        )
        client.execute(env=environment() | {"PYTHONPATH": str(ROOT)})
    return cwd, {cell.id: cell.outputs for cell in notebook.cells if cell.cell_type == "code"}


def text(outputs):
    return "".join(each.text for each in outputs if each.output_type == "stream")


def pictures(outputs):
    return sum("image/png" in each.get("data", {}) for each in outputs)


def test_it_is_stored_valid_and_without_outputs():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    for cell in notebook.cells:
        assert not cell.get("outputs"), cell.id
        assert cell.get("execution_count") is None, cell.id


def test_its_cells_show_what_they_are_about(executed):
    _, outputs = executed
    assert not outputs["install"], "the package is installed here"
    assert text(outputs["networks"]).count(" weights") == 4
    assert "total_g" in text(outputs["losses"])
    assert "1 epochs, 2 steps" in text(outputs["train"])
    assert "Resuming from step 2" in text(outputs["resume"])
    assert "2 epochs, 4 steps" in text(outputs["resume"])
    shown = {name: pictures(each) for name, each in outputs.items() if pictures(each)}
    assert shown == {
        **{"data": 1, "untrained": 1, "watch": 2},
        **{"translate": 2, "own": 1, "export": 1},
    }


def test_it_leaves_a_run_a_translation_and_an_export(executed):
    run = executed[0] / "runs" / "mini"
    assert sorted(path.name for path in (run / "samples").glob("epoch_*.png")) == [
        "epoch_0001.png",
        "epoch_0002.png",
    ]
    with Path(run / "history.csv").open(newline="") as file:
        assert [row["step"] for row in csv.DictReader(file)] == ["2", "4"]
    with Image.open(executed[0] / "zebra.png") as zebra:
        assert zebra.size == (64, 64)
    assert (run / "exported" / "saved_model-AtoB" / "saved_model" / "saved_model.pb").is_file()
