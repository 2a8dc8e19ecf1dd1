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

_CHANGES = {"networks": "tensorflow_examples"}


@pytest.fixture
def standin(monkeypatch):
    """A stand-in for the package, importable for one test."""
    monkeypatch.syspath_prepend(Path(helpers.__file__).parent / "standin")
    yield
    for name in [name for name in sys.modules if name.startswith("tensorflow_examples")]:
        del sys.modules[name]


@pytest.fixture
def own_flags():
    """Flags of a trainer's own, two of them of the package's names."""
    flags.DEFINE_integer("epochs", 40, "ours")
    flags.DEFINE_integer("batch_size", 2, "ours")
    flags.DEFINE_string("workdir", "runs", "ours")
    flags.FLAGS(["test", "--epochs=7"])
    yield flags.FLAGS
    for name in ("epochs", "batch_size", "workdir"):
        delattr(flags.FLAGS, name)
    flags.FLAGS.unparse_flags()


def test_flags_are_shielded(standin, own_flags):
    before = set(own_flags)
    assert tensorflow_examples.discriminator(seed=1).layers
    assert set(own_flags) == before
    assert (own_flags.epochs, own_flags.batch_size, own_flags.workdir) == (7, 2, "runs")
    assert own_flags["epochs"].help == "ours"
    assert own_flags["epochs"].present


def test_the_packages_own_networks_are_taken_and_seeded(standin):
    config = from_recipe("tutorial", _CHANGES)
    first, again, other = (networks.build_generator(config, "AtoB", seed) for seed in (1, 1, 2))
    assert len(first.trainable_variables) == len(
        networks.build_generator(from_recipe("tutorial"), "AtoB", 1).trainable_variables
    )
    for a, b, c in zip(*(n.variables for n in (first, again, other)), strict=True):
        np.testing.assert_array_equal(np.asarray(a), np.asarray(b))
        if a.name in ("kernel", "scale", "seed_generator_state"):
            assert (np.asarray(a) != np.asarray(c)).any()
    kernels = np.concatenate([np.ravel(v) for v in first.weights if v.name == "kernel"])
    assert kernels.std() == pytest.approx(0.02, rel=0.01)


def test_its_discriminator_is_taken(standin):
    judge = networks.build_discriminator(from_recipe("tutorial", _CHANGES), "A", 0)
    modules = {type(layer).__module__ for layer in judge.layers}
    assert "tensorflow_examples.models.pix2pix.pix2pix" in modules
    assert judge(np.zeros((1, 64, 64, 3), np.float32)).shape == (1, 6, 6, 1)


def test_where_it_is_missing_the_way_to_install_it_is_told():
    with pytest.raises(UserError, match="pip install git") as caught:
        networks.build_generator(from_recipe("tutorial", _CHANGES), "AtoB", 0)
    assert "not installed" in str(caught.value)
