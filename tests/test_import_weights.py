"""From PyTorch's file to a translated picture. The files' own makers are in tests/data."""

from pathlib import Path

import numpy as np
import pytest

from tf_cyclegan import checkpoint_files
from tf_cyclegan.config_file import CONFIG_FILE
from tf_cyclegan.errors import UserError
from tf_cyclegan.generation import Translator, translate_split
from tf_cyclegan.import_weights import import_weights
from tf_cyclegan.networks import resnet
from tf_cyclegan.torch_weights.paper_weights import resnet_weights
from tf_cyclegan.torch_weights.torch_files import read_state_dict
from tf_cyclegan.training import train

DATA = Path(__file__).parent / "data"
FILE = DATA / "generator.pth"


def test_the_workdir_translates_with_the_files_weights(tmp_path, photos):
    config = import_weights(FILE, None, tmp_path, {"image_size": 32, "dataset": str(photos)})
    assert (config.generator, config.blocks, config.filters) == ("resnet", 6, 2)
    translator = Translator(tmp_path)
    assert translator.directions == ["AtoB"]
    _, arrays = resnet_weights(read_state_dict(FILE), "")
    network = translator.generators["AtoB"]
    for name, array in arrays.items():
        layer, weight = name.split("/")
        np.testing.assert_array_equal(getattr(network.get_layer(layer), weight).numpy(), array)
    written = translate_split(translator, "test", "AtoB", tmp_path / "out")
    assert written.count == 3


def test_both_directions(tmp_path):
    import_weights(FILE, DATA / "generator_statistics_legacy.pth", tmp_path, {})
    assert Translator(tmp_path).directions == ["AtoB", "BtoA"]


def test_the_other_direction_alone(tmp_path):
    import_weights(None, FILE, tmp_path, {})
    assert Translator(tmp_path).directions == ["BtoA"]


def test_imported_generators_are_not_trained_on(tmp_path, photos):
    config = import_weights(FILE, None, tmp_path, {"dataset": str(photos)})
    with pytest.raises(UserError, match="holds imported generators"):
        train(config, tmp_path)


def test_a_direction_that_is_not_there_is_told(tmp_path):
    import_weights(FILE, None, tmp_path, {})
    with pytest.raises(UserError, match="has no generator for --direction=BtoA"):
        Translator(tmp_path, direction="BtoA")


@pytest.mark.parametrize("name", ["module.pth", "kinds.pth", "hostile.pth"])
def test_a_wrong_file_is_refused_and_nothing_is_written(tmp_path, name):
    for files in ((DATA / name, None), (FILE, DATA / name)):
        with pytest.raises(UserError, match=name):
            import_weights(*files, tmp_path / "run", {})
        assert not (tmp_path / "run").exists()


def test_a_run_is_not_overwritten(tmp_path):
    import_weights(FILE, None, tmp_path, {})
    before = (tmp_path / CONFIG_FILE).read_bytes()
    with pytest.raises(UserError, match="holds a run already"):
        import_weights(FILE, None, tmp_path, {"image_size": 64})
    assert (tmp_path / CONFIG_FILE).read_bytes() == before
    assert checkpoint_files.find(tmp_path, 0).name == "ckpt-0"


def test_two_generators_that_do_not_fit_are_refused(tmp_path, monkeypatch):
    wider = resnet.resnet_generator(filters=3, blocks=6)
    arrays = {f"{layer.name}/{w.name}": w.numpy() for layer in wider.layers for w in layer.weights}
    found = iter([resnet_weights(read_state_dict(FILE), ""), (6, arrays)])
    monkeypatch.setattr("tf_cyclegan.import_weights.resnet_weights", lambda *_: next(found))
    with pytest.raises(UserError, match="does not fit the other generator: c7s1_in/bias"):
        import_weights(FILE, FILE, tmp_path / "run", {})
    assert not (tmp_path / "run").exists()
