"""Exports: each kind of generator as a graph, in every format, with its card, and loaded again."""

import json
import re
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from PIL import Image

from helpers.pictures import make_picture
from helpers.processes import environment
from helpers.runs import save_run
from tf_cyclegan.config import Config
from tf_cyclegan.data import images
from tf_cyclegan.system.errors import UserError
from tf_cyclegan.translation.export import card, check, exporting, graph, loading, metadata
from tf_cyclegan.translation.export.formats import FORMATS, require
from tf_cyclegan.translation.translator import Translator

# Keras' own, when it saves.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy")

GREY = {"channels_x": 1, "identity_weight": 0.0, "attention_mask": False}
KINDS = {
    "unet": Config(image_size=32, filters=2),
    "bottleneck of one pixel": Config(image_size=32, filters=2, unet_levels=5),
    "tutorial": Config("tutorial", filters=1),
    "unet that resizes": Config(image_size=32, filters=2, upsampling="resize"),
    "unet with a mask": Config(image_size=32, filters=2, attention_mask=True),
    "resnet that resizes": Config(
        image_size=32, filters=2, generator="resnet", residual_blocks=1, upsampling="resize"
    ),
    "paper, grey": Config("paper", image_size=32, filters=2, residual_blocks=1, **GREY),
    "keras": Config("keras", image_size=32, filters=2, residual_blocks=1),
}
# Where one of these is set, ONNX Runtime tells nobody of what it does.
_SILENCING = ("CI", "GITHUB_ACTIONS", "TF_BUILD", "ORT_DISABLE_TELEMETRY")
ALL = [(form, quantize) for form in FORMATS for quantize in (None, *FORMATS[form].quantizations)]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A workdir with a checkpoint, scores and samples; its A is grey and its data is private."""
    root = tmp_path_factory.mktemp("export")
    dataset = root / "secret" / "my photos"
    config = Config(dataset=str(dataset), image_size=32, filters=16, upsampling="resize", **GREY)
    save_run(root / "run", config)
    (root / "run" / "history.csv").write_text(
        "epoch,step,score_overall,score_coat_AtoB,score_coat_BtoA\n3,0,7.25,1.5,2.5\n4,9,1,1,1\n"
    )
    (root / "run" / "samples").mkdir()
    for epoch in (3, 4):
        picture = Image.fromarray(np.full((8, 8, 3), epoch, np.uint8))
        picture.save(root / "run" / "samples" / f"epoch_000{epoch}.png")
    return root / "run"


def export(workdir, form="keras", output=None, direction="AtoB", **settings):
    translator = Translator(workdir)
    output = output or exporting.default_output(workdir, form, direction, settings.get("quantize"))
    return exporting.export(translator, workdir, direction, form, output, **settings)


@pytest.mark.parametrize("kind", KINDS)
def test_graph_translates_pictures_of_any_size_and_number(kind, tmp_path):
    config = KINDS[kind]
    save_run(tmp_path, config)
    translator = Translator(tmp_path)
    for variable in translator.generator("AtoB").weights:
        if variable.name == "scale":  # From N(0, 0.02) in the keras.io example's.
            variable.assign(np.linspace(0.5, 1.5, variable.shape[0]))
    model = graph.build(exporting._portable(translator, "AtoB"), config.size_multiple)
    traced = graph.serving(model)
    types = {op.type for op in traced.get_concrete_function().graph.get_operations()}
    # Where kernels are made of others, by a product of constants, the formats hold the result.
    products = {"MatMul"} if config.upsampling == "transposed" else set()
    assert types.isdisjoint({"FusedBatchNormV3", "ExtractImagePatches"} | products), "plain ops"
    # One pixel is smaller than its padding, and the last is larger than in training.
    for shape in ((2, 32, 32), (1, 1, 40), (1, 37, 70)):
        pictures = [make_picture(i, *shape[1:]) for i in range(shape[0])]
        expected = [translator.translate(each, "AtoB", "input") for each in pictures]
        batch = np.stack([images.to_channels(each, config.channels_x) for each in pictures])
        found = traced(pictures=batch)["translations"].numpy()
        assert (found.dtype, found.shape) == (np.uint8, (*shape, config.channels_y))
        np.testing.assert_allclose(found, expected, atol=1)
        assert found.std() > 1, "there is something to compare"


@pytest.fixture(scope="module")
def exported(run):
    """Every format of AtoB, by format and quantization."""
    return {each: export(run, each[0], quantize=each[1], licence="CC-BY-4.0") for each in ALL}


@pytest.mark.slow
def test_every_format_agrees_with_the_generator(exported):
    sizes = {}
    for (form, quantize), made in exported.items():
        assert made.difference.greatest <= (1 if quantize is None else 40), (form, quantize)
        sizes[form, quantize] = made.size
    assert sizes["litert", "float16"] < 0.6 * sizes["litert", None]
    assert sizes["litert", "int8"] < 0.4 * sizes["litert", None]


@pytest.mark.slow
def test_every_file_holds_its_metadata(exported):
    files = {form: made.path for (form, quantize), made in exported.items() if quantize is None}
    assert set(files) == set(FORMATS)
    import onnx

    found = {
        name: zipfile.ZipFile(files[name]).read(metadata.NAME_INSIDE)
        for name in ("keras", "litert")
    }
    extra = files["saved_model"] / "assets.extra"
    found["saved_model"] = (extra / metadata.NAME_INSIDE).read_bytes()
    found["onnx"] = {p.key: p.value for p in onnx.load(files["onnx"]).metadata_props}[
        metadata.NAME_INSIDE
    ]
    for form, text in found.items():
        about = json.loads(text)
        assert about["format"] == form
        assert {about[name] for name in ("recipe", "dataset", "licence")} == {
            "mini",
            "my photos",
            "CC-BY-4.0",
        }
        assert about["step"] == 0
        assert about["input"]["shape"] == ["batch", "height", "width", 1]
        assert b"secret" not in files[form].read_bytes() if files[form].is_file() else True


@pytest.mark.slow
def test_folders_load_again_with_their_runtime(exported, run):
    translator = Translator(run)
    picture = make_picture(0, 32, 32)
    expected = translator.translate(picture, "AtoB", "input")
    batch = images.to_float(images.to_channels(picture, 1))[None]
    for (form, quantize), made in exported.items():
        assert loading.is_exported(made.path.parent)
        loaded = loading.load(made.path.parent)
        assert (loaded.directions, loaded.step, loaded.file) == (["AtoB"], 0, made.path)
        assert loaded.config.filters == 16
        assert loaded.config.dataset == "my photos"
        found = images.to_uint8(loaded.generators["AtoB"](batch, training=False))[0]
        assert np.abs(found.astype(int) - expected).max() <= (1 if quantize is None else 40), form


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMATS)
def test_the_code_on_the_card_runs_in_a_new_process(exported, run, form, tmp_path):
    folder = exported[form, None].path.parent
    code = re.search(r"```python\n(.*?)```", (folder / "README.md").read_text(), re.S)[1]
    code = code.replace('"model', f'"{folder}/model').replace('"saved_', f'"{folder}/saved_')
    picture = make_picture(0)
    Image.fromarray(picture).save(tmp_path / "picture.png")
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment(), check=True)
    found = np.asarray(Image.open(tmp_path / "translation.png"))
    expected = Translator(run).translate(picture, "AtoB", "input")
    np.testing.assert_allclose(found, expected, atol=1)


@pytest.mark.slow
def test_onnx_runtime_leaves_nothing_in_the_home(exported, tmp_path):
    code = "import sys; from pathlib import Path; from tf_cyclegan.translation.export import "
    code += "onnx_file; onnx_file.load(Path(sys.argv[1]))"
    here = {name: value for name, value in environment().items() if name not in _SILENCING}
    homes = {name: str(tmp_path) for name in ("HOME", "XDG_CACHE_HOME", "TMPDIR")}
    path = exported["onnx", None].path
    subprocess.run([sys.executable, "-c", code, path], env=here | homes, check=True)
    left = [each.name for each in tmp_path.rglob("*")]
    assert not [name for name in left if "onnx" in name or "deviceid" in name], left


@pytest.fixture(scope="module")
def folder(run, tmp_path_factory):
    """An export to .keras, the fastest."""
    return export(run, output=tmp_path_factory.mktemp("out") / "a" / "b").path.parent


def test_card_and_metadata(folder):
    assert {path.name for path in folder.iterdir()} == {
        "README.md",
        "metadata.json",
        "model.keras",
        "samples.png",
    }
    card = (folder / "README.md").read_text()
    front = card.split("---\n")[1].splitlines()
    assert front[:2] == ["license: other", 'license_name: "unknown"']
    assert "pipeline_tag: image-to-image" in front
    for told in ("`mini`", "| my photos |", "| step 0 |", "| overall | 7.25 |", "1.5", "](samples"):
        assert told in card
    assert "2.5" not in card, "the other direction's score"
    sheet = np.asarray(Image.open(folder / "samples.png"))
    assert sheet[0, 0, 0] == 3, "of the checkpoint's epoch"
    assert "secret" not in (folder / "metadata.json").read_text() + card


@pytest.mark.parametrize("epoch", ["9" * 5000, "nan", "1.5", "three"])
def test_a_damaged_history_gives_no_scores_and_the_newest_samples(tmp_path, epoch):
    (tmp_path / "history.csv").write_text(f"epoch,step,score_overall\n{epoch},8,7.25\n")
    (tmp_path / "samples").mkdir()
    sheets = [tmp_path / "samples" / f"epoch_000{number}.png" for number in (1, 2)]
    for sheet in sheets:
        sheet.write_bytes(b"")
    assert card.scores_of(tmp_path, 8, "AtoB") == {}
    assert card.samples_of(tmp_path, 8) == sheets[1]
    (tmp_path / "history.csv").write_text("epoch,step,score_overall\n1,8,7.25\n")
    assert card.scores_of(tmp_path, 8, "AtoB") == {"score_overall": 7.25}
    assert card.samples_of(tmp_path, 8) == sheets[0]


def test_licences_that_the_hub_knows_get_its_identifier(run, tmp_path):
    made = export(run, output=tmp_path, direction="BtoA", licence="CC-BY-4.0")
    assert "\nlicense: cc-by-4.0\n" in (made.path.parent / "README.md").read_text()


def test_a_folder_is_exported_into_again_and_foreign_files_stay(run, folder):
    (folder / "notes.txt").write_text("mine")
    export(run, output=folder)
    assert (folder / "notes.txt").read_text() == "mine"


def test_a_translator_of_an_export_translates_the_same_and_is_not_exported(run, folder):
    exported, picture = Translator(folder), make_picture(0)
    expected = Translator(run).translate(picture, "AtoB")
    np.testing.assert_allclose(exported.translate(picture, "AtoB"), expected, atol=1)
    with pytest.raises(UserError, match="is an export; name the workdir of the run"):
        export(folder)


def test_an_export_has_one_checkpoint_and_one_precision(folder):
    for settings in ({"checkpoint": 5}, {"precision": "bfloat16"}):
        with pytest.raises(UserError, match="an export has one checkpoint, one precision"):
            Translator(folder, **settings)


@pytest.mark.parametrize("name", ["README.md", "model.keras", "samples.png", "metadata.json"])
def test_files_of_others_are_not_overwritten(run, tmp_path, name):
    (tmp_path / name).write_text("mine")
    with pytest.raises(UserError, match=f"{name}: exists, and is not as tf_cyclegan wrote it"):
        export(run, output=tmp_path)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {name: "mine"}


def test_a_changed_card_is_not_overwritten(run, tmp_path):
    made = export(run, output=tmp_path / "out")
    card = made.path.parent / "README.md"
    card.write_text(card.read_text() + "more")
    with pytest.raises(UserError, match=r"README.md: exists"):
        export(run, output=tmp_path / "out")
    assert card.read_text().endswith("more")


def test_a_failed_export_leaves_nothing(run, tmp_path, monkeypatch):
    monkeypatch.setattr(check, "compare", lambda *a: check.Difference(2, 0.1))
    with pytest.raises(UserError, match="differ from the generator's by 2 of 255 at most"):
        export(run, output=tmp_path / "new" / "out")
    monkeypatch.setattr(check, "compare", lambda *a: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        export(run, output=tmp_path / "new" / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_failed_export_keeps_the_earlier_one(run, folder, monkeypatch):
    before = (folder / "model.keras").read_bytes()
    monkeypatch.setattr(check, "compare", lambda *a: check.Difference(2, 0.1))
    with pytest.raises(UserError, match="nothing was written"):
        export(run, output=folder)
    assert (folder / "model.keras").read_bytes() == before


def test_quantized_files_are_judged_by_the_mean():
    check.require_equal(check.Difference(60, 3.0), "int8")
    with pytest.raises(UserError, match="by 60 of 255 at most, 40 on average"):
        check.require_equal(check.Difference(60, 40.0), "int8")
    with pytest.raises(UserError, match="by 2 of 255 at most"):
        check.require_equal(check.Difference(2, 0.0), None)


def test_missing_packages_are_named_in_one_line(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match="onnx: not installed: tf2onnx, onnx, onnxruntime; p"):
        require("onnx", writing=True)
    with pytest.raises(UserError, match="not installed: onnxruntime; python -m pip install onnxr"):
        require("onnx", writing=False)
    require("keras", writing=True)
    with pytest.raises(UserError, match=r"quantize=int8: format=keras has none; .* format=litert"):
        require("keras", writing=True, quantize="int8")


def test_the_hub_is_asked_for_a_name_and_a_revision(folder, monkeypatch):
    import huggingface_hub

    asked = []

    def download(name, revision):
        asked.append((name, revision))
        if name == "owner/gone":
            raise OSError("no such repository")
        return str(folder)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    assert loading.is_exported("hf://owner/name")
    assert loading.load("hf://owner/name").directions == ["AtoB"]
    loading.load("hf://owner/name@v1")
    assert asked == [("owner/name", None), ("owner/name", "v1")]
    with pytest.raises(UserError, match=r"hf://owner/gone: cannot be downloaded \(no such rep"):
        loading.load("hf://owner/gone")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "is not JSON"),
        ("[]", "is not an object"),
        ("{}", "tf_cyclegan did not write it"),
        ('{"tf_cyclegan": "0", "config": {"filters": 0}}', "config: filters=0: give 1 or more"),
        ('{"tf_cyclegan": "0", "config": {}, "format": 3}', "holds no format"),
    ],
)
def test_damaged_metadata_gets_one_line(tmp_path, text, told):
    (tmp_path / "metadata.json").write_text(text)
    with pytest.raises(UserError, match=rf"metadata\.json: .*{told}"):
        loading.load(tmp_path)


def test_a_damaged_or_missing_file_gets_one_line(folder, tmp_path):
    (tmp_path / "metadata.json").write_bytes((folder / "metadata.json").read_bytes())
    with pytest.raises(UserError, match=r"model.keras: is missing; export it again"):
        loading.load(tmp_path)
    (tmp_path / "model.keras").write_bytes(b"PK")
    with pytest.raises(UserError, match=r"model.keras: cannot be loaded"):
        loading.load(tmp_path)
    assert not loading.is_exported(tmp_path / "elsewhere")
