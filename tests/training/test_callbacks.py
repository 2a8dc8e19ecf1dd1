"""What is done at the end of steps and epochs, each by itself on a run without networks."""

from types import SimpleNamespace

import numpy as np

from tf_cyclegan.config import Config
from tf_cyclegan.monitoring.history import History
from tf_cyclegan.training import callbacks
from tf_cyclegan.training.callbacks import KeepBest, LogScalars, Save, Score, WriteHistory
from tf_cyclegan.training.run import Epoch

STEPS_PER_EPOCH = 500


class Run:
    """Counts steps, whose loss is their number, and notes what is saved."""

    steps_per_epoch = STEPS_PER_EPOCH

    def __init__(self, workdir, judge=None, **settings):
        self.step = 0
        self.prepared = SimpleNamespace(
            workdir=workdir, config=Config(**settings), judge=judge, done=0
        )
        self.best = []
        self.built = SimpleNamespace(
            model=SimpleNamespace(translators={"AtoB": "G", "BtoA": "F"}),
            checkpoints=SimpleNamespace(keep_best=self.best.append),
        )
        self.history = History(workdir)
        self.saves = []
        self._sum = 0.0

    @property
    def ends_epoch(self):
        return self.step % STEPS_PER_EPOCH == 0

    def save(self, keep=False):
        if self.step not in [step for step, _ in self.saves]:
            self.saves.append((self.step, keep))

    def loss_sums(self):
        return np.array([self._sum])

    def scalars(self, means):
        return {"cycle": float(means[0])}

    def do(self, count, *called):
        """So many steps, with what `Run.train_on` does at their ends."""
        for _ in range(count):
            self.step += 1
            self._sum += self.step
            if self.ends_epoch:
                mean = self._sum / STEPS_PER_EPOCH
                number = self.step // STEPS_PER_EPOCH
                row = {"epoch": number, "step": self.step, "cycle": mean}
                for callback in called:
                    callback.epoch_ended(Epoch(number, row, None))
                self._sum = 0.0
            for callback in called:
                callback.step_ended()


class Log:
    def __init__(self):
        self.points = []

    def scalars(self, step, values):
        self.points.append((step, values))


def test_saves_come_by_the_minute(tmp_path, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(callbacks.time, "monotonic", lambda: now[0])
    run = Run(tmp_path, checkpoint_every="10min")
    save = Save(run)
    for seconds, saves in ((599, 0), (1, 1), (599, 1), (2, 2), (5, 2)):
        now[0] += seconds
        run.do(1, save)
        assert len(run.saves) == saves


def test_an_epoch_to_keep_is_saved_though_nothing_else_is_due(tmp_path):
    run = Run(tmp_path, checkpoint_every="100", keep_every=2)
    run.do(3 * STEPS_PER_EPOCH, Save(run))
    assert run.saves == [(1000, True)]


def test_points_are_means_since_the_last_one(tmp_path):
    run, log = Run(tmp_path), Log()
    run.do(2 * STEPS_PER_EPOCH, LogScalars(run, log), WriteHistory(run))
    assert log.points == [(step, {"cycle": step - 49.5}) for step in range(100, 1001, 100)]
    assert [row["cycle"] for row in run.history.rows] == [250.5, 750.5]


class Judge:
    """Gives these overall scores, one after the other."""

    def __init__(self, *scores):
        self.left = list(scores)

    def scores(self, generators):
        assert generators == {"AtoB": "G", "BtoA": "F"}
        return {"overall": self.left.pop(0)}


def test_the_best_epoch_is_saved_and_kept(tmp_path):
    run, log = Run(tmp_path, Judge(5.0, 3.0, 4.0, 2.0), evaluate_every=2), Log()
    run.do(8 * STEPS_PER_EPOCH, Score(run, log), WriteHistory(run), KeepBest(run))
    overall = [row.get("score_overall") for row in run.history.rows]
    assert overall == [None, 5, None, 3, None, 4, None, 2]
    assert log.points[0] == (1000, {"score_overall": 5.0})
    assert run.best == [1000, 2000, 4000]
    assert [step for step, _ in run.saves] == [1000, 2000, 4000]
    resumed = Run(tmp_path)
    KeepBest(resumed).run_began()
    assert resumed.best == [4000], "though a process was killed before keeping it"
