"""A new run that starts from the networks of another one."""

import dataclasses
import io

import numpy as np
import pytest
from safetensors.numpy import save_file

from helpers.state_dicts import resnet_state
from tf_cyclegan import networks
from tf_cyclegan.checkpoints import files as checkpoint_files
from tf_cyclegan.checkpoints import saving
from tf_cyclegan.foreign_weights.importing import import_weights
from tf_cyclegan.model.cyclegan import NETWORKS
from tf_cyclegan.system.errors import UserError
from tf_cyclegan.training.progress import Progress
from tf_cyclegan.training.train import train


@pytest.fixture(scope="module")
def frozen(tiny):
    """One step that leaves the networks as they are."""
    return dataclasses.replace(tiny, max_steps=1, learning_rate=0.0, seed=5)


def make_run(workdir, config):
    """A workdir with a checkpoint of untrained networks."""
    saving.save_networks(workdir, {name: networks.build(config, name) for name in NETWORKS}, config)
    return workdir


@pytest.fixture(scope="module")
def run(tiny, tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("runs") / "first", tiny)


def weights(workdir, name):
    path, _ = checkpoint_files.newest_intact(workdir)
    network = networks.build(checkpoint_files.config_in(path), name)
    saving.restore_networks(path, **{name: network})
    return [variable.numpy() for variable in network.trainable_variables]


def assert_equal_networks(workdir, other, names=NETWORKS):
    for name in names:
        for a, b in zip(weights(workdir, name), weights(other, name), strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("suffix", ["", "checkpoints/ckpt-0", "checkpoints/ckpt-0.index"])
def test_networks_are_taken_and_all_else_is_new(frozen, run, tmp_path, suffix):
    config = dataclasses.replace(frozen, init_from=str(run / suffix))
    told = io.StringIO()
    assert train(config, tmp_path / "run", Progress(told)).steps == 1
    assert_equal_networks(tmp_path / "run", run)
    assert f"Starting from the networks of {run}/checkpoints/ckpt-0\n" in told.getvalue()
    assert checkpoint_files.newest_intact(tmp_path / "run")[0].name == "ckpt-1"


def test_averages_begin_with_the_networks_that_are_taken(frozen, run, tmp_path):
    config = dataclasses.replace(frozen, ema=0.9, init_from=str(run))
    train(config, tmp_path / "run")
    path, _ = checkpoint_files.newest_intact(tmp_path / "run")
    network = networks.build(config, "generator_f")
    saving.restore_networks(path, ema_generator_f=network)
    for average, weight in zip(
        network.trainable_variables, weights(run, "generator_f"), strict=True
    ):
        np.testing.assert_allclose(average, weight, rtol=1e-6)


def test_without_it_they_differ(frozen, run, tmp_path):
    train(frozen, tmp_path / "run")
    assert np.abs(
        weights(tmp_path / "run", "generator_g")[0] - weights(run, "generator_g")[0]
    ).max()


def test_dropout_may_differ(frozen, tiny, tmp_path):
    resnet = {"generator": "resnet", "residual_blocks": 1}
    make_run(tmp_path / "first", dataclasses.replace(tiny, **resnet, dropout=0.5))
    config = dataclasses.replace(frozen, **resnet, dropout=0.0, init_from=str(tmp_path / "first"))
    train(config, tmp_path / "run")
    assert_equal_networks(tmp_path / "run", tmp_path / "first")


def test_generators_alone(frozen, tmp_path):
    save_file(resnet_state(1), tmp_path / "g.safetensors")
    import_weights(tmp_path / "g.safetensors", None, tmp_path / "first", {"image_size": 32})
    config = dataclasses.replace(
        frozen,
        generator="resnet",
        residual_blocks=1,
        dropout=0.0,
        init_from=str(tmp_path / "first"),
    )
    told = io.StringIO()
    train(config, tmp_path / "run", Progress(told))
    assert_equal_networks(tmp_path / "run", tmp_path / "first", ["generator_g"])
    assert (
        "ckpt-0; it has no generator_f, discriminator_x, discriminator_y, which start anew"
        in told.getvalue()
    )


def test_a_run_resumes_whatever_became_of_the_other(frozen, tiny, tmp_path):
    first = make_run(tmp_path / "first", tiny)
    config = dataclasses.replace(frozen, init_from=str(first))
    train(config, tmp_path / "run")
    first.rename(tmp_path / "moved")
    longer = dataclasses.replace(config, max_steps=2)
    assert train(longer, tmp_path / "run").steps == 2
    with pytest.raises(UserError, match=r"init_from \(there .*first, now None\)"):
        train(dataclasses.replace(longer, init_from=None), tmp_path / "run")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"filters": 3}, r"differ: filters \(2, here 3\); give filters=2$"),
        (
            {"attention_mask": True},
            r"differ: attention_mask \(False, here True\); give attention_mask=False$",
        ),
        (
            {"upsampling": "resize"},
            r"differ: upsampling \(transposed, here resize\); give upsampling=transposed$",
        ),
        ({"unet_levels": 4}, r"differ: unet_levels \(3, here 4\); give unet_levels=3$"),
        (
            {"channels_x": 1, "identity_weight": 0.0},
            r"differ: channels_x \(3, here 1\); give channels_x=3$",
        ),
        (
            {"generator": "resnet", "filters": 4},
            r"differ: generator \(unet, here resnet\), filters \(2, here 4\), unet_levels "
            r"\(3, here None\); give generator=unet filters=2 unet_levels=3$",
        ),
    ],
)
def test_other_networks_are_refused_by_field(tiny, run, tmp_path, changes, told):
    config = dataclasses.replace(tiny, **changes, init_from=str(run))
    with pytest.raises(UserError, match=told):
        train(config, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_norm_and_blocks_are_compared(tiny, tmp_path):
    resnet = dataclasses.replace(tiny, generator="resnet_keras", residual_blocks=1, norm="layer")
    make_run(tmp_path / "first", resnet)
    config = dataclasses.replace(
        resnet, norm="instance", residual_blocks=2, init_from=str(tmp_path / "first")
    )
    told = r"norm \(layer, here instance\), residual_blocks \(1, here 2\); give norm=layer resid"
    with pytest.raises(UserError, match=told):
        train(config, tmp_path / "run")


def test_what_is_no_run_is_refused(tiny, tmp_path):
    first = make_run(tmp_path / "first", tiny)
    data = first / "checkpoints" / "ckpt-0.data-00000-of-00001"
    data.write_bytes(data.read_bytes()[:-100])
    (tmp_path / "empty").mkdir()
    for path, told in (
        (tmp_path / "nowhere", "nowhere: holds no run, and is no checkpoint; give a run's workdir"),
        (tmp_path / "empty", "empty: holds no run"),
        (first / "checkpoints" / "ckpt-0", r"init_from=.*ckpt-0: is damaged \("),
        (first, "none of 1 checkpoints can be read"),
    ):
        with pytest.raises(UserError, match=told):
            train(dataclasses.replace(tiny, init_from=str(path)), tmp_path / "run")
        assert not (tmp_path / "run").exists()
