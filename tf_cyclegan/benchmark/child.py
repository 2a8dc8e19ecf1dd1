"""A process of the benchmark: answers requests on standard input, a line of JSON each.

It ends with its standard input, and so with the process that started it.
"""

import json
import os
import sys
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from tf_cyclegan import config as configs
from tf_cyclegan import runtime
from tf_cyclegan.benchmark import data_time, flops, machine
from tf_cyclegan.benchmark.arrangements import STEP, Arrangement
from tf_cyclegan.benchmark.workloads import Workload


class Child:
    """The requests by name: each a method of the request's arguments that returns the answer."""

    def __init__(self) -> None:
        self._workload: Workload | None = None

    def start(self, task: str, plain: bool, config: dict[str, Any]) -> dict[str, Any]:
        """Builds an arrangement and does it for the first time: what is known of it."""
        arrangement = Arrangement(task, plain, configs.from_dict(config))
        if task == STEP and not plain:
            runtime.share_cores()
            runtime.prepare_training()
        self._workload = Workload(arrangement)
        self._workload.run(1)
        return self._workload.facts

    def run(self, count: int) -> dict[str, Any]:
        """Does what was started `count` times: the times of one, and the most memory so far."""
        assert self._workload is not None, "not started"
        return self._workload.run(count) | machine.peak_memory()

    def machine(self, precisions: list[str]) -> dict[str, Any]:
        """What the machine is, and its rate of matrix products in each precision."""
        rates = {precision: machine.matrix_product_rate(precision) for precision in precisions}
        return machine.describe() | {"matrix_product_rates": rates}

    def facts(self, config: dict[str, Any]) -> dict[str, Any]:
        """What is the same for all arrangements of one task."""
        settings = configs.from_dict(config)
        return {
            "flops": flops.of_tasks(settings),
            "data_seconds": data_time.data_time(settings),
        }


def main() -> None:
    # What anything else writes there is not an answer.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for gpu in tf.config.list_physical_devices("GPU"):
        # Several processes share it.
        tf.config.experimental.set_memory_growth(gpu, True)
    child = Child()
    for line in sys.stdin:
        request = json.loads(line)
        answers.write(json.dumps(_answer(getattr(child, request.pop("do")), request)) + "\n")
        answers.flush()


def _answer(method: Callable[..., dict[str, Any]], arguments: dict[str, Any]) -> dict[str, Any]:
    try:
        return method(**arguments)
    # Whatever TensorFlow cannot do here belongs into the table.
    except Exception as error:
        first = next(iter(str(error).strip().splitlines()), "")
        return {"error": f"{type(error).__name__}: {first}"}


if __name__ == "__main__":
    main()
