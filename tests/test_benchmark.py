"""The benchmark: what it counts, how it takes turns, and one small run of the script."""

import json

import keras
import pytest
from test_command_line import refused, script

from tf_cyclegan.benchmark import arrangements, flops, measuring, results
from tf_cyclegan.benchmark.child_process import ChildError, ChildProcess
from tf_cyclegan.benchmark.data_time import data_time
from tf_cyclegan.benchmark.measuring import Effort, Measured, measure
from tf_cyclegan.benchmark.workloads import Workload
from tf_cyclegan.networks import small_maps

TINY = arrangements.settings("tutorial", {"image_size": 32, "filters": 2})


@pytest.mark.parametrize(
    ("layer", "shape", "expected"),
    [
        # 4x4 places, each of 5 channels the sum of 3x3x3 products.
        (keras.layers.Conv2D(5, 3, strides=2, padding="same"), (1, 8, 8, 3), 16 * 5 * 2 * 27),
        # Each of 2 times 4x4 pixels, of 3 channels, is multiplied by 4x4 numbers for 5 channels.
        (
            keras.layers.Conv2DTranspose(5, 4, strides=2, padding="same"),
            (2, 4, 4, 3),
            2 * 16 * 3 * 2 * 80,
        ),
        # As a matrix product: 2x2 places of 5 channels, 4x4x3 products.
        (
            small_maps.Conv2D(5, 4, strides=2, padding="same", use_bias=False),
            (1, 4, 4, 3),
            4 * 5 * 2 * 48,
        ),
    ],
)
def test_operations_of_a_layer(layer, shape, expected):
    assert flops.of_pass(keras.Sequential([layer]), shape) == expected


def test_operations_of_a_step():
    smaller = {"image_size": 32, "filters": 2, "identity_weight": 0.0, "batch_size": 2}
    full, pair = (
        flops.of_tasks(arrangements.settings("tutorial", {**smaller, **changes}))
        for changes in ({"identity_weight": 0.5}, {})
    )
    # Identity is one pass more of each generator, of two pictures, with two gradients.
    assert full["step"] - pair["step"] == 3 * 2 * 2 * full["translation"]
    # The discriminator: 16x16x2, 8x8x4 and 4x4x8 numbers, padded to 6; 3x3x16; padded to 5; 2x2x1.
    products = 16**3 * 3 * 2 + 16 * (8**2 * 2 * 4 + 4**2 * 4 * 8 + 3**2 * 8 * 16 + 2**2 * 16)
    assert pair["step"] == 3 * 2 * 2 * (2 * pair["translation"] + 2 * 2 * products)


class FakeProcess:
    """Plain takes 4 s; float32 1 s a step; what is compiled does not start."""

    asked: list[str]

    def __init__(self, patience):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.asked.append(f"end {self.name}")

    def ask(self, do, **arguments):
        if do == "start":
            self.name = "plain" if arguments["plain"] else arguments["config"]["precision"]
            if arguments["config"]["xla"]:
                self.name = "xla"
                raise ChildError("no compiler")
            return {"trace_seconds": 3.0, "operations": 7}
        self.asked.append(self.name)
        seconds = {"plain": 4.0, "float32": 1.0, "bfloat16": 2.0}[self.name]
        return {"wall": seconds, "processor": 2 * seconds, "memory": 10**9, "gpu_memory": None}


@pytest.fixture
def fake(monkeypatch):
    monkeypatch.setattr(measuring, "ChildProcess", FakeProcess)
    monkeypatch.setattr(FakeProcess, "asked", [], raising=False)
    return FakeProcess


def test_all_take_turns(fake):
    steps = arrangements.of_steps(TINY, ["float32", "bfloat16"], xla=False, recompute=False)
    measured = measure(steps, Effort(2, 1, at_once=2, patience=1))
    warm_up, turn = ["plain", "float32", "bfloat16"], ["plain", "float32", "bfloat16"]
    assert fake.asked[:9] == warm_up + turn + turn
    assert [each.wall for each in measured] == [[4.0] * 2, [1.0] * 2, [2.0] * 2]
    assert measured[2].plain_wall == [4.0, 4.0]


def test_plain_takes_turns_with_parts_where_not_all_fit(fake):
    steps = arrangements.of_steps(TINY, ["float32", "bfloat16"], xla=False, recompute=False)
    plain, *_ = measure(steps, Effort(1, 1, at_once=1, patience=1))
    first = ["plain", "float32", "plain", "float32", "end float32"]
    assert fake.asked == [*first, "bfloat16", "plain", "bfloat16", "end bfloat16", "end plain"]
    assert len(plain.wall) == 2


def test_a_failure_is_a_row(fake):
    steps = arrangements.of_steps(TINY, ["float32"], xla=True, recompute=False)
    measured = measure(steps, Effort(2, 1, at_once=None, patience=1))
    assert [each.error for each in measured] == [None, None, "no compiler"]
    facts = {
        "flops": {"step": 10**9, "translation": 10**8},
        "data_seconds": {"first": 0.5, "later": 0.25},
    }
    machine = {"matrix_product_rates": {"float32": 2e9}}
    rows = results.table(results.Group(TINY, facts, measured), machine).splitlines()
    assert "0.5000 s a batch in the first epoch, 0.2500 s later" in rows[1]
    # Seconds, smallest, ratio, processor, pictures a second, % of the rate, GB.
    numbers = rows[4].removeprefix("step, float32").split()
    assert numbers[:7] == ["1.0000", "1.0000", "0.25", "2.000", "1.000", "50.0", "1.00"]
    assert rows[5].strip() == "step, float32, XLA"
    assert rows[6] == "  failed: no compiler"


def test_ratio_is_of_the_same_repetition():
    ours = arrangements.of_steps(TINY, ["float32"], xla=False, recompute=False)[1]
    measured = Measured(ours, wall=[1.0, 30.0, 3.0], plain_wall=[2.0, 40.0, 12.0])
    facts = {"flops": {"step": 6}}
    found = results.summary(measured, facts, {"float32": 4.0})
    assert (found["seconds"], found["smallest"], found["ratio"]) == (3.0, 1.0, 0.5)
    assert found["share"] == pytest.approx(6 / 3 / 4)


def test_a_process_that_is_late_or_gone():
    with ChildProcess(0.2) as late, pytest.raises(ChildError, match="took longer than 0 s"):
        late.ask("machine", precisions=["float32"])
    with ChildProcess(60) as gone:
        gone._process.kill()
        with pytest.raises(ChildError, match="was killed: out of memory"):
            gone.ask("machine", precisions=["float32"])


def test_a_failure_in_a_process_is_told():
    with ChildProcess(60) as child:
        with pytest.raises(ChildError, match="UserError: --image_size=33"):
            child.ask("facts", config={"image_size": 33})
        with pytest.raises(ChildError, match=r"ended with 1: AttributeError: .*dance"):
            child.ask("dance")


def test_translations_are_timed():
    for arrangement in arrangements.of_translations(TINY):
        times = Workload(arrangement).run(2)
        assert times["wall"] > 0
        assert times["processor"] > 0


def test_pictures_in_memory_take_less():
    found = data_time(arrangements.settings("tutorial", {"image_size": 128, "filters": 2}))
    assert found["first"] > found["later"] > 0


def test_script(tmp_path):
    small = ["--recipes=tutorial", "--sizes=32", "--filters=2", "--precisions=float32"]
    status, out, err = script(
        "benchmark.py", *small, "--repetitions=2", "--notranslate", "--json=b.json", cwd=tmp_path
    )
    assert status == 0, err
    assert err == ""
    assert "\nplain step " in out
    assert "\nstep, float32 " in out
    found = json.loads((tmp_path / "b.json").read_text())
    (group,) = found["groups"]
    plain, ours = group["measured"]
    assert found["machine"]["matrix_product_rates"]["float32"] > 1e8
    assert group["config"]["pool_size"] == 0
    assert len(ours["wall"]) == len(ours["plain_wall"]) == len(plain["processor"]) == 2
    assert ours["plain_wall"] == plain["wall"]
    assert ours["operations"] < plain["operations"]
    assert min(ours["memory"], plain["memory"]) > 10**8
    assert plain["first_seconds"] > plain["trace_seconds"] > 0


@pytest.mark.parametrize(
    ("argument", "told"),
    [
        ("--recipes=mini,paqer", "--recipe=paqer: choose one of mini"),
        ("--precisions=auto", "--precisions=auto: choose from float32"),
        ("--sizes=64,big", "--sizes=64,big: give whole numbers"),
        ("--sizes=65", "--image_size=65"),
    ],
)
def test_bad_flags_get_one_line(tmp_path, argument, told):
    assert told in refused("benchmark.py", argument, cwd=tmp_path)
