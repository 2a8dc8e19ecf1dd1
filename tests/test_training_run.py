"""What a run says and saves beside its steps, with stand-ins for the networks."""

import io

import numpy as np
import pytest
import tensorflow as tf
from conftest import make_picture

from tf_cyclegan import training_run
from tf_cyclegan.checkpoints import TrainingState
from tf_cyclegan.config import Config
from tf_cyclegan.datasets.pictures import Pictures
from tf_cyclegan.divergence import FiniteCheck
from tf_cyclegan.monitoring import history
from tf_cyclegan.progress import Progress
from tf_cyclegan.samples import Samples
from tf_cyclegan.training_run import TrainingRun

STEPS_PER_EPOCH = 500


class Model:
    """Generators that make negatives, and discriminators that have won."""

    scalar_names = ("discriminator_x", "discriminator_y")
    generator_g = generator_f = staticmethod(lambda batch, training: -batch)
    discriminator_x = discriminator_y = tf.Module()

    def __init__(self, discriminator_y=0.5):
        self.finite_check = FiniteCheck(self.scalar_names)
        self.gradient_norms = {"generator_g": tf.Variable(3.0)}
        self.losses = {"discriminator_x": 0.5, "discriminator_y": discriminator_y}

    def set_learning_rate(self, rate):
        self.rate = rate

    def train_step(self, x, y):
        return {name: tf.constant(value) for name, value in self.losses.items()}


class Saved:
    def __init__(self):
        self.saves = []

    def save(self, keep):
        self.saves.append(keep)


class Pipeline:
    steps_per_epoch = STEPS_PER_EPOCH


class Monitor:
    def __init__(self, workdir):
        self.workdir = workdir
        self.points = []

    def scalars(self, step, values):
        self.points.append((step, values))

    def epoch(self, row, translated):
        history.append(self.workdir, row)


@pytest.fixture
def clock(monkeypatch):
    """Seconds that pass only as a test says."""
    now = [1000.0]
    monkeypatch.setattr(training_run.time, "monotonic", lambda: now[0])
    return now


class Judge:
    """Gives these overall scores, one after the other."""

    def __init__(self, *scores):
        self.left = list(scores)

    def scores(self, generators):
        assert set(generators) == {"AtoB", "BtoA"}
        return {"score_overall": self.left.pop(0)}


def make_run(workdir, model=None, judge=None, **settings):
    config = Config(image_size=32, **settings)
    pictures = Pictures(("0", "1"), make_picture)
    told = io.StringIO()
    run = TrainingRun(
        config,
        workdir,
        model or Model(),
        TrainingState(2, [1, 2]),
        Saved(),
        Samples(pictures, pictures, config),
        Pipeline,
        Monitor(workdir),
        Progress(told),
        judge,
    )
    run.progress.start(0, 10**6, STEPS_PER_EPOCH, 2)
    return run, told


def do_steps(run, count):
    for _ in range(count):
        run.train_on(np.zeros(1), np.zeros(1))


@pytest.fixture(autouse=True)
def finite(monkeypatch):
    monkeypatch.setattr(training_run.divergence, "not_finite", lambda networks: [])


def test_saves_come_by_the_minute(tmp_path, clock):
    run, _ = make_run(tmp_path, checkpoint_every="10min")
    for seconds, saves in ((599, 0), (1, 1), (599, 1), (2, 2), (5, 2)):
        clock[0] += seconds
        do_steps(run, 1)
        assert len(run.saved.saves) == saves
    run.save()
    assert len(run.saved.saves) == 3
    run.save()
    assert len(run.saved.saves) == 3, "the very step is saved already"


def test_an_epoch_to_keep_is_saved_though_nothing_else_is_due(tmp_path):
    run, _ = make_run(tmp_path, checkpoint_every="100", keep_every=2)
    do_steps(run, 2 * STEPS_PER_EPOCH)
    assert run.saved.saves == [True]


def test_what_the_losses_hide_is_told_once_with_the_remedy(tmp_path):
    run, told = make_run(tmp_path, Model(discriminator_y=0.01), identity_weight=0.0)
    do_steps(run, 3 * STEPS_PER_EPOCH)
    lines = [line for line in told.getvalue().splitlines() if line.startswith("Warning: ")]
    assert len(lines) == 3
    for line, start, remedy in zip(
        sorted(lines),
        ("discriminator_y has told", "the translations AtoB look", "the translations BtoA look"),
        ("--pool_size=50", "--seed", "--identity_weight"),
        strict=True,
    ):
        assert line.startswith(f"Warning: {start}")
        assert remedy in line


def test_nothing_is_told_of_a_run_that_goes_well(tmp_path):
    model = Model()
    model.generator_g = model.generator_f = lambda batch, training: batch * 0.9
    run, told = make_run(tmp_path, model)
    do_steps(run, 3 * STEPS_PER_EPOCH)
    assert "Warning" not in told.getvalue()


def test_points_are_means_since_the_last_one(tmp_path):
    run, _ = make_run(tmp_path)
    for step in range(1, 2 * STEPS_PER_EPOCH + 1):
        run.model.losses["discriminator_x"] = float(step)
        do_steps(run, 1)
    points = run.monitor.points
    assert [step for step, _ in points] == list(range(100, 1001, 100))
    means = [values["discriminator_x"] for _, values in points]
    assert means == [step - 49.5 for step in range(100, 1001, 100)]
    rows = history.read(tmp_path)
    assert [row["discriminator_x"] for row in rows] == [250.5, 750.5]
    assert points[0][1]["gradient_norm_generator_g"] == rows[0]["gradient_norm_generator_g"] == 3.0
    assert {"step_seconds", "data_seconds", "learning_rate"} <= set(points[0][1]) & set(rows[0])


def test_the_best_epoch_is_saved_and_kept(tmp_path, monkeypatch):
    kept = []
    monkeypatch.setattr(
        training_run.checkpoint_files, "keep_best", lambda workdir, step: kept.append(step)
    )
    settings = {"evaluate_every": 2, "checkpoint_every": "100"}
    run, _ = make_run(tmp_path, judge=Judge(5.0, 3.0, 4.0, 2.0), **settings)
    do_steps(run, 8 * STEPS_PER_EPOCH)
    rows = history.read(tmp_path)
    assert [row.get("score_overall") for row in rows] == [None, 5, None, 3, None, 4, None, 2]
    assert kept == [1000, 2000, 4000]
    assert len(run.saved.saves) == 3
    make_run(tmp_path, **settings)
    assert kept[3:] == [4000], "though a process was killed before keeping it"
