import importlib.util

import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.plugin_event_accumulator import EventAccumulator

from tf_cyclegan.monitoring.tensorboard_log import TensorBoardLog
from tf_cyclegan.system.errors import UserError


def write(workdir, resumed_from, steps, value):
    log = TensorBoardLog(workdir, resumed_from)
    for step in steps:
        log.scalars(step, {"epoch": 1, "step": step, "cycle": value, "learning_rate": 2e-4})
        log.sheet(step, np.full((8, 8, 3), 9, np.uint8))
    log.close()


def read(workdir):
    """Each scalar's values by step as TensorBoard shows them, and the steps of the sheets."""
    shown = EventAccumulator(str(workdir / "logs"), {"tensors": 0, "images": 0}).Reload()
    events = {tag: shown.Tensors(tag) for tag in shown.Tags()["tensors"]}
    sheets = [event.step for event in events.pop("samples")]
    points = {
        tag: {event.step: tf.make_ndarray(event.tensor_proto).item() for event in of}
        for tag, of in events.items()
    }
    return points, sheets


def test_scalars_and_sheets_are_shown_by_step(tmp_path):
    write(tmp_path, 0, [10, 20], 0.5)
    write(tmp_path, 20, [30], 0.25)
    points, sheets = read(tmp_path)
    assert points["loss/cycle"] == {10: 0.5, 20: 0.5, 30: 0.25}
    assert points.keys() == {"loss/cycle", "learning_rate/learning_rate"}
    assert sorted(sheets) == [10, 20, 30]


def test_points_after_the_step_to_resume_from_are_removed(tmp_path):
    write(tmp_path, 0, [10, 20, 30, 40], 1.0)
    write(tmp_path, 20, [], 0)
    points, _ = read(tmp_path)
    assert points["loss/cycle"] == {10: 1, 20: 1}, "even before the first new point"
    write(tmp_path, 20, [30], 2.0)
    points, sheets = read(tmp_path)
    assert points["loss/cycle"] == {10: 1, 20: 1, 30: 2}
    assert sorted(sheets) == [10, 20, 30]


def test_without_tensorboard_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"tensorboard is not installed.*pip install tensorboard"):
        TensorBoardLog(tmp_path, 0)
    assert list(tmp_path.iterdir()) == []


def test_a_truncated_file_is_read_up_to_its_last_complete_record(tmp_path):
    write(tmp_path, 0, [10, 20, 30], 1.0)
    (file,) = (tmp_path / "logs").iterdir()
    file.write_bytes(file.read_bytes()[:-7])
    write(tmp_path, 10, [20], 2.0)
    points, sheets = read(tmp_path)
    assert points["loss/cycle"] == {10: 1, 20: 2}
    assert sheets == [10, 20]


def as_file(logs):
    logs.write_text("in the way")


def with_folder(logs):
    (logs / "events.out.tfevents.1").mkdir(parents=True)


def with_loop(logs):
    logs.mkdir()
    (logs / "events.out.tfevents.1").symlink_to("events.out.tfevents.1")


@pytest.mark.parametrize("harm", [as_file, with_folder, with_loop])
def test_logs_that_cannot_be_used_are_set_aside(tmp_path, harm, caplog):
    harm(tmp_path / "logs")
    with caplog.at_level("WARNING", "absl"):
        write(tmp_path, 0, [10], 0.5)
    assert [line.split("; ")[-1] for line in caplog.messages] == ["renamed to logs.damaged"]
    assert read(tmp_path)[0]["loss/cycle"] == {10: 0.5}
    assert (tmp_path / "logs.damaged").exists()
