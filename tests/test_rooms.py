"""Imports run one way: from a room only into those below it."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "tf_cyclegan"

# From top to bottom.
ROOMS = (
    *("cli", "benchmark", "training", "evaluation", "translation", "foreign_weights"),
    *("monitoring", "checkpoints", "model", "networks", "data", "config", "system"),
)


def imported(source):
    """The modules of this package that a source imports, wherever in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def wrong_imports(room, source):
    """Rooms that a source in `room` imports, and may not."""
    allowed = ROOMS[ROOMS.index(room) :]
    parts = [name.split(".") for name in imported(source)]
    ours = [part for part in parts if part[0] == "tf_cyclegan" and part[1:] != ["__version__"]]
    # `import tf_cyclegan` alone could reach any room.
    return {part[1] if len(part) > 1 else "tf_cyclegan" for part in ours} - set(allowed)


def test_the_rooms_are_these():
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir()} - {"__pycache__"}
    assert folders == set(ROOMS)
    modules = {path.name for path in PACKAGE.iterdir() if path.is_file()}
    assert modules == {"__init__.py", "__main__.py", "py.typed"}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_those_below_it(room):
    for path in (PACKAGE / room).rglob("*.py"):
        found = wrong_imports(room, path.read_text(encoding="utf-8"))
        assert not found, f"{path} imports {', '.join(sorted(found))}"


def test_a_wrong_import_is_seen():
    source = "def late():\n    from tf_cyclegan.training import train\n"
    assert wrong_imports("model", source) == {"training"}
    assert wrong_imports("model", "import tf_cyclegan.cli.running") == {"cli"}
    assert wrong_imports("model", "from tf_cyclegan import networks") == set()
    assert wrong_imports("networks", "from tf_cyclegan import model") == {"model"}


@pytest.mark.parametrize("folder", ["tests", "scripts"])
def test_tests_and_scripts_import_no_test(folder):
    for path in (PACKAGE.parent / folder).rglob("*.py"):
        for name in imported(path.read_text(encoding="utf-8")):
            last = name.split(".")
            assert not any(part.startswith("test_") for part in last[:-1]), f"{path}: {name}"


def test_every_test_lies_in_the_folder_of_a_room():
    tests = PACKAGE.parent / "tests"
    folders = {path.name for path in tests.iterdir() if path.is_dir()} - {"__pycache__"}
    assert folders <= {*ROOMS, "benchmarks", "golden", "helpers"}
