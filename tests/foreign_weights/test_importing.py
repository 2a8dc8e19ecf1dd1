from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from helpers.state_dicts import resnet_state, values
from tf_cyclegan.checkpoints import files as checkpoint_files
from tf_cyclegan.config.json_file import CONFIG_FILE
from tf_cyclegan.foreign_weights.importing import import_weights
from tf_cyclegan.foreign_weights.paper import resnet_weights
from tf_cyclegan.system.errors import UserError
from tf_cyclegan.training.train import train
from tf_cyclegan.translation.translator import Translator


@pytest.fixture(scope="module")
def net(tmp_path_factory) -> Path:
    """A generator with 6 blocks and 2 filters."""
    path = tmp_path_factory.mktemp("weights") / "net.safetensors"
    save_file(resnet_state(6), path)
    return path


def torch_generator(torch, f=2, blocks=2, statistics=False):
    """The ResNet generator of pytorch-CycleGAN-and-pix2pix, models/networks.py."""
    nn = torch.nn

    def norm(width):
        return nn.InstanceNorm2d(width, track_running_stats=statistics)

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            first, second = (
                [nn.ReflectionPad2d(1), nn.Conv2d(4 * f, 4 * f, 3), norm(4 * f)] for _ in range(2)
            )
            self.conv_block = nn.Sequential(*first, nn.ReLU(), *second)

        def forward(self, x):
            return x + self.conv_block(x)

    class Generator(nn.Module):
        def __init__(self):
            super().__init__()
            layers = [nn.ReflectionPad2d(3), nn.Conv2d(3, f, 7), norm(f), nn.ReLU()]
            for width in (f, 2 * f):
                down = nn.Conv2d(width, 2 * width, 3, stride=2, padding=1)
                layers += [down, norm(2 * width), nn.ReLU()]
            layers += [Block() for _ in range(blocks)]
            for width in (2 * f, f):
                up = nn.ConvTranspose2d(2 * width, width, 3, 2, padding=1, output_padding=1)
                layers += [up, norm(width), nn.ReLU()]
            self.model = nn.Sequential(
                *layers, nn.ReflectionPad2d(3), nn.Conv2d(f, 3, 7), nn.Tanh()
            )

        def forward(self, x):
            return self.model(x)

    return Generator()


@pytest.mark.parametrize(("form", "statistics"), [("zip", False), ("legacy", True)])
def test_translations_equal_pytorchs(torch, form, statistics, tmp_path):
    network = torch_generator(torch, statistics=statistics)
    path = tmp_path / "latest_net_G.pth"
    torch.save(network.state_dict(), path, _use_new_zipfile_serialization=form == "zip")
    config = import_weights(path, None, tmp_path / "run", {"image_size": 32}).config
    assert (config.generator, config.blocks, config.filters) == ("resnet", 2, 2)
    image = values("image", (1, 32, 32, 3))
    with torch.no_grad():
        expected = network(torch.from_numpy(image.transpose(0, 3, 1, 2))).numpy()
    found = Translator(tmp_path / "run").generators["AtoB"](image).numpy()
    np.testing.assert_allclose(found, expected.transpose(0, 2, 3, 1), atol=1e-4)


def test_the_workdir_translates_with_the_weights_of_the_file(net, tmp_path):
    import_weights(net, None, tmp_path, {"image_size": 32})
    translator = Translator(tmp_path)
    assert translator.directions == ["AtoB"]
    network = translator.generators["AtoB"]
    for name, array in resnet_weights(resnet_state(6), "")[1].items():
        layer, weight = name.split("/")
        np.testing.assert_array_equal(getattr(network.get_layer(layer), weight).numpy(), array)
    assert translator.translate(np.zeros((32, 32, 3), np.uint8), "AtoB").shape == (32, 32, 3)


def test_directions(net, tmp_path):
    import_weights(net, net, tmp_path / "both", {})
    assert Translator(tmp_path / "both").directions == ["AtoB", "BtoA"]
    import_weights(None, net, tmp_path / "back", {})
    assert Translator(tmp_path / "back").directions == ["BtoA"]
    with pytest.raises(UserError, match="has no generator for direction=AtoB"):
        Translator(tmp_path / "back", direction="AtoB")


def test_imported_generators_cannot_be_trained(net, tmp_path, photos):
    config = import_weights(net, None, tmp_path, {"dataset": str(photos)}).config
    with pytest.raises(UserError, match="holds imported generators"):
        train(config, tmp_path)


@pytest.mark.parametrize("state", [None, {"a": np.zeros(1, np.float32)}])
def test_missing_and_wrong_files_are_refused_and_nothing_is_written(net, state, tmp_path):
    with pytest.raises(UserError, match="from=FILE is missing"):
        import_weights(None, None, tmp_path / "run", {})
    wrong = tmp_path / "wrong.pth"
    wrong.write_bytes(b"<html>") if state is None else save_file(state, wrong)
    for files in ((wrong, None), (net, wrong)):
        with pytest.raises(UserError, match=r"wrong\.pth: "):
            import_weights(*files, tmp_path / "run", {})
        assert not (tmp_path / "run").exists()


def test_runs_are_not_overwritten(net, tmp_path):
    import_weights(net, None, tmp_path, {})
    before = (tmp_path / CONFIG_FILE).read_bytes()
    with pytest.raises(UserError, match="holds a run already"):
        import_weights(net, None, tmp_path, {"image_size": 64})
    assert (tmp_path / CONFIG_FILE).read_bytes() == before
    assert checkpoint_files.find(tmp_path, 0).name == "ckpt-0"


@pytest.mark.parametrize(
    ("other", "fault"),
    [
        ({"blocks": 9}, "residual_blocks is 9 and not 6"),
        ({"f": 3}, "filters is 3 and not 2"),
        ({"channels_in": 1}, "channels_y is 1 and not 3"),
        ({"channels_out": 1}, "channels_x is 1 and not 3"),
    ],
)
def test_generators_of_different_architectures_are_refused(net, other, fault, tmp_path):
    save_file(resnet_state(**{"blocks": 6, **other}), tmp_path / "other.pth")
    with pytest.raises(UserError, match=f"other.pth: does not fit .*: {fault};"):
        import_weights(net, tmp_path / "other.pth", tmp_path / "run", {})
    assert not (tmp_path / "run").exists()


def test_domains_may_differ_in_channels(tmp_path):
    save_file(resnet_state(channels_in=1), tmp_path / "g.pth")
    save_file(resnet_state(channels_out=1), tmp_path / "f.pth")
    config = import_weights(tmp_path / "g.pth", tmp_path / "f.pth", tmp_path / "run", {}).config
    assert (config.channels_x, config.channels_y, config.identity_weight) == (1, 3, 0)
    assert Translator(tmp_path / "run").directions == ["AtoB", "BtoA"]
