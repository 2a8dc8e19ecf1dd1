"""Two thousand steps: memory stays as it is, and nothing is traced again."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.pictures import make_folder
from helpers.processes import environment

pytestmark = pytest.mark.slow

# Training in a process of its own, whose memory is that of training alone.
CHILD = """
import json, resource, sys
from pathlib import Path
from tf_cyclegan.config import Config
from tf_cyclegan.training import build, train
from tf_cyclegan.training.progress import Progress

models, memory = [], {}

class Kept(build.CycleGAN):
    def __init__(self, config):
        super().__init__(config)
        models.append(self)

class Watching(Progress):
    def step(self, *arguments):
        super().step(*arguments)
        if self._step == 200:
            memory["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        if self._step == 2000:
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            memory["resident"] = pages * resource.getpagesize()

build.CycleGAN = Kept
config = Config(
    dataset=sys.argv[1], image_size=32, filters=2, batch_size=3, epochs=1000, max_steps=2000,
    limit_test=1, checkpoint_every="150steps", pool_size=4,
)
train.train(config, Path(sys.argv[2]), Watching(sys.stderr))
[model] = models
print(json.dumps([memory, model.train_step.experimental_get_tracing_count()]))
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads Linux's /proc")
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
    memory, traces = json.loads(done.stdout)
    assert traces == 1
    assert memory["resident"] < 1.05 * memory["peak"], memory
    sheets = list((tmp_path / "run" / "samples").glob("epoch_*.png"))
    assert len(sheets) == 2000 // 84
    assert (tmp_path / "run" / "checkpoints" / "ckpt-2000.index").exists()
