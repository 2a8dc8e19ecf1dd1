"""Two thousand steps: memory stays as it is, and nothing is traced again."""

import json
import subprocess
import sys

from conftest import make_folder
from test_command_line import environment

# Training in a process of its own, whose memory is that of training alone.
CHILD = """
import json, resource, sys
from pathlib import Path
from tf_cyclegan import training
from tf_cyclegan.config import Config
from tf_cyclegan.progress import Progress

models, peaks = [], {}

class Kept(training.CycleGAN):
    def __init__(self, config):
        super().__init__(config)
        models.append(self)

class Watching(Progress):
    def step(self, losses):
        super().step(losses)
        if self._step in (200, 2000):
            peaks[self._step] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

training.CycleGAN = Kept
config = Config(
    dataset=sys.argv[1], image_size=32, filters=2, batch_size=3, epochs=1000, max_steps=2000,
    limit_test=1, checkpoint_every="150steps", pool_size=4, identity_weight=0.0,
    generator="resnet", residual_blocks=1, adversarial_loss="lsgan",
)
training.train(config, Path(sys.argv[2]), Watching(sys.stderr))
[model] = models
print(json.dumps([peaks[200], peaks[2000], model.train_step.experimental_get_tracing_count()]))
"""


def test_two_thousand_steps_take_no_more_memory_than_two_hundred(tmp_path):
    # Batches of 3 from 250 pictures: the last batch of each epoch has one.
    photos = make_folder(tmp_path / "photos", trainA=250, trainB=253, testA=1, testB=1)
    done = subprocess.run(
        [sys.executable, "-c", CHILD, photos, tmp_path / "run"],
        capture_output=True,
        text=True,
        timeout=500,
        env=environment(),
    )
    assert done.returncode == 0, done.stderr
    early, late, traces = json.loads(done.stdout)
    assert traces == 1
    assert late < 1.05 * early
    sheets = list((tmp_path / "run" / "samples").glob("epoch_*.png"))
    assert len(sheets) == 2000 // 84
    assert (tmp_path / "run" / "checkpoints" / "ckpt-2000.index").exists()
