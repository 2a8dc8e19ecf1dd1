"""The networks of tensorflow_examples, of which helpers/standin has a stand-in."""

import sys
from pathlib import Path

import numpy as np
import pytest
from absl import flags

import helpers
from tf_cyclegan import networks
from tf_cyclegan.config import from_recipe
from tf_cyclegan.networks import tensorflow_examples
from tf_cyclegan.system.errors import UserError

CONFIG = from_recipe("tutorial", {"networks": "tensorflow_examples"})


@pytest.fixture
def standin(monkeypatch):
    """Makes the stand-in importable for one test."""
    monkeypatch.syspath_prepend(Path(helpers.__file__).parent / "standin")
    yield
    for name in [name for name in sys.modules if name.startswith("tensorflow_examples")]:
        del sys.modules[name]


@pytest.fixture
def narrow(standin, monkeypatch):
    monkeypatch.setattr(tensorflow_examples.import_pix2pix(), "FILTERS", 4)


@pytest.fixture
def own_flags():
    """A trainer's own flags, two of them named as the package's."""
    flags.DEFINE_integer("epochs", 40, "ours")
    flags.DEFINE_integer("batch_size", 2, "ours")
    flags.DEFINE_string("workdir", "runs", "ours")
    flags.FLAGS(["test", "--epochs=7"])
    yield flags.FLAGS
    for name in ("epochs", "batch_size", "workdir"):
        delattr(flags.FLAGS, name)
    flags.FLAGS.unparse_flags()


def test_the_import_leaves_flags_unchanged(standin, own_flags):
    before = set(own_flags)
    assert tensorflow_examples.import_pix2pix().unet_generator
    assert set(own_flags) == before
    assert (own_flags.epochs, own_flags.batch_size, own_flags.workdir) == (7, 2, "runs")
    assert own_flags["epochs"].help == "ours"
    assert own_flags["epochs"].present


def test_generators_have_our_shapes_and_follow_the_seed(narrow):
    first, again, other = (networks.build_generator(CONFIG, "AtoB", seed) for seed in (1, 1, 2))
    ours = networks.build_generator(from_recipe("tutorial", {"filters": 4}), "AtoB", 1)
    assert [v.shape for v in first.weights] == [v.shape for v in ours.weights]
    for a, b, c in zip(*(n.variables for n in (first, again, other)), strict=True):
        np.testing.assert_array_equal(np.asarray(a), np.asarray(b))
        if a.name in ("kernel", "scale", "seed_generator_state"):
            assert (np.asarray(a) != np.asarray(c)).any()
    kernels = np.concatenate([np.ravel(v) for v in first.weights if v.name == "kernel"])
    assert kernels.std() == pytest.approx(0.02, rel=0.01)


def test_the_discriminator_is_the_packages(narrow):
    judge = networks.build_discriminator(CONFIG, "A", 0)
    modules = {type(layer).__module__ for layer in judge.layers}
    assert "tensorflow_examples.models.pix2pix.pix2pix" in modules
    assert judge(np.zeros((1, 64, 64, 3), np.float32)).shape == (1, 6, 6, 1)


def test_a_missing_package_names_the_install_command():
    with pytest.raises(UserError, match=r"not installed.* pip install git"):
        networks.build_generator(CONFIG, "AtoB", 0)
