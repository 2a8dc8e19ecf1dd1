"""The documentation: links, flags, and docs/api.md, which is made of docstrings.

`UPDATE_DOCS=1 python -m pytest -n 0 tests/test_docs.py` writes docs/api.md anew.
"""

import dataclasses
import functools
import inspect
import os
import re
from pathlib import Path
from urllib.parse import unquote

import pytest

import tf_cyclegan
from helpers.processes import ROOT, script
from tf_cyclegan.cli.command import COMMANDS
from tf_cyclegan.training.progress import Progress
from tf_cyclegan.training.train import Outcome

DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "BUILD.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]
API = ROOT / "docs" / "api.md"

FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
COMMAND = re.compile(r"(?:python scripts/(\w+)\.py|tf-cyclegan (\w+))([^#|;&\n]*)")
FLAG = re.compile(r"(?<![\w-])--(\w+)")
# Flags of other programs: of the authors' PyTorch implementation.
FOREIGN = {"eval"}
ALWAYS = {"help", "helpfull", "version"}

of_each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)


def prose(document):
    """The text without its blocks of code."""
    return FENCE.sub("", document.read_text(encoding="utf-8"))


def anchors(document):
    """Of all headings, as GitHub makes them."""
    found = set()
    for heading in re.findall(r"^#+ +(.+?) *$", prose(document), re.MULTILINE):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        anchor = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
        repeats = sum(
            re.fullmatch(rf"{re.escape(anchor)}(-\d+)?", each) is not None for each in found
        )
        found.add(f"{anchor}-{repeats}" if repeats else anchor)
    return found


def broken_links(document):
    for link in re.findall(r"\]\(([^)\s]+)\)", SPAN.sub("", prose(document))):
        if re.match(r"\w+:", link):
            continue
        name, _, anchor = unquote(link).partition("#")
        target = (document.parent / name).resolve() if name else document
        if not target.exists():
            yield f"{link}: no such file"
        elif anchor and anchor not in anchors(target):
            yield f"{link}: no such heading"


@of_each_document
def test_links_lead_somewhere(document):
    assert not list(broken_links(document))


def test_broken_links_are_seen(tmp_path):
    (tmp_path / "b.md").write_text("# A & b\n# Twice\n# Twice\n", encoding="utf-8")
    page = tmp_path / "a.md"
    page.write_text(
        "# Top\n[1](b.md) [2](b.md#a--b) [3](b.md#twice-1) [4](#top) [5](https://a.b/c.md#d)\n"
        "[6](c.md) [7](b.md#c) [8](#c) `[9](c.md)`\n```\n[10](c.md)\n```\n",
        encoding="utf-8",
    )
    wrong = [each.split(":")[0] for each in broken_links(page)]
    assert wrong == ["c.md", "b.md#c", "#c"]


@functools.cache
def flags_of(command):
    """The flags that --helpfull of a script lists."""
    status, out, err = script(f"{command}.py", "--helpfull", cwd=Path.cwd())
    assert status == 0, err
    found = set(ALWAYS)
    for no, name in re.findall(r"^  --(\[no\])?(\w+)", out, re.MULTILINE):
        found |= {name, f"no{name}"} if no else {name}
    return found


def unknown_flags(document):
    text = document.read_text(encoding="utf-8").replace("\\\n", " ")
    for name, command, rest in COMMAND.findall(text):
        known = flags_of(name or {"import": "import_weights"}.get(command, command))
        yield from (
            f"{name or command} --{flag}" for flag in FLAG.findall(rest) if flag not in known
        )
    everywhere = set().union(*(flags_of(path.stem) for path in (ROOT / "scripts").glob("*.py")))
    for span in SPAN.findall(FENCE.sub("", text)):
        if span.startswith("-"):
            yield from (f"--{f}" for f in FLAG.findall(span) if f not in everywhere | FOREIGN)


@pytest.mark.slow
@of_each_document
def test_flags_exist(document):
    assert not list(unknown_flags(document))


@pytest.mark.slow
def test_unknown_flags_are_seen(tmp_path):
    page = tmp_path / "a.md"
    page.write_text(
        "`--epochs=3` `--epoch=3` `tensorboard --logdir=runs` `tf-cyclegan train --split=test`\n"
        "```bash\npython scripts/generate.py \\\n  --split=test --noskip  # --comment\n"
        "python scripts/train.py --noxla --xla\npython -m pip --quiet\n```\n",
        encoding="utf-8",
    )
    assert list(unknown_flags(page)) == ["train --split", "generate --noskip", "--epoch"]


def test_the_commands_are_those_of_the_scripts():
    scripts = {path.stem for path in (ROOT / "scripts").glob("*.py")}
    assert {{"import": "import_weights"}.get(name, name) for name in COMMANDS} <= scripts


def signature(name, thing):
    """Types by their last names, without defaults that are functions."""
    signed = inspect.signature(thing)
    parameters = [str(p) for p in signed.parameters.values() if p.name != "self"]
    returned = "" if inspect.isclass(thing) else f" -> {str(signed).rpartition(' -> ')[2]}"
    inside = ", ".join(parameters)
    if len(name + inside + returned) > 90:
        inside = "\n" + "".join(f"    {each},\n" for each in parameters)
    text = re.sub(r"<function .+? at 0x\w+>", "...", f"({inside}){returned}")
    return name + re.sub(r"\b(?:[A-Za-z_]\w*\.)+(?=[A-Za-z_])", "", text)


def entry(name, thing, level="##"):
    """A heading, the signature, the docstring."""
    code = [signature(name, thing), ""] if callable(thing) else []
    return [f"{level} {name}", "", "```text", *code, inspect.getdoc(thing), "```", ""]


def members(kind):
    """The public methods and properties that a class defines itself, with their docstrings."""
    for name, member in vars(kind).items():
        if not name.startswith("_") and (
            inspect.isfunction(member) or isinstance(member, property)
        ):
            yield name, member


def settings():
    """A table of Config's fields."""
    yield from ("| field | default | |", "|---|---|---|")
    default = tf_cyclegan.Config()
    for field in dataclasses.fields(default):
        meaning = field.metadata["meaning"].replace("|", "\\|")
        choices = field.metadata["choices"]
        if choices and not all(choice in meaning for choice in choices):
            meaning += f": {', '.join(choices)}"
        yield f"| `{field.name}` | {getattr(default, field.name)} | {meaning} |"


def written():
    """The text of docs/api.md."""
    translator, model = tf_cyclegan.Translator, tf_cyclegan.CycleGAN
    recipes = ", ".join(f"`{name}`" for name in tf_cyclegan.RECIPES)
    lines = [
        *("# Python API", ""),
        "Made from the docstrings. All names are in `tf_cyclegan`, but `Outcome` is in",
        *("`tf_cyclegan.training.train`, and `Progress` in `tf_cyclegan.training.progress`.", ""),
        *entry("Config", tf_cyclegan.Config),
        *("Defaults are those of `mini`; [recipes.md](recipes.md) has the others.", ""),
        *(*settings(), ""),
        *entry("from_recipe", tf_cyclegan.from_recipe),
        *("## RECIPES", "", f"Maps {recipes} to the fields that each sets.", ""),
        *entry("train", tf_cyclegan.train),
        *entry("Outcome", Outcome, "###"),
        *entry("Progress", Progress, "###"),
        *entry("Translator", translator),
        *entry("Translator.__call__", translator.__call__, "###"),
    ]
    for name, member in members(translator):
        lines += entry(f"Translator.{name}", member, "###")
    lines += entry("CycleGAN", model)
    # An attribute: made of this method.
    lines += entry("CycleGAN.train_step", model._train_step, "###")
    for name, member in members(model):
        lines += entry(f"CycleGAN.{name}", member, "###")
    return "\n".join([*lines, *entry("UserError", tf_cyclegan.UserError)]).rstrip() + "\n"


def test_the_api_page_is_made_of_the_docstrings():
    if os.environ.get("UPDATE_DOCS"):
        API.write_text(written(), encoding="utf-8")
    assert API.read_text(encoding="utf-8") == written(), "UPDATE_DOCS=1 writes it anew"
