"""Reads checkpoints of `tf.train.Checkpoint` and Keras models, of any TensorFlow 2.

The names of a network's layers differ between Keras 2 and 3; the order of its weights does not.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from tensorflow.core.protobuf.trackable_object_graph_pb2 import TrackableObjectGraph

from tf_cyclegan.checkpoints import files as checkpoint_files
from tf_cyclegan.foreign_weights.found import adam_state
from tf_cyclegan.system.errors import UserError
from tf_cyclegan.system.tensorflow_paths import for_tensorflow

_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"
_FILE = re.compile(r"\.(index|data-[0-9]{5}-of-[0-9]{5})$")


def find(path: Path) -> Path | None:
    """The prefix of the checkpoint that a path means; None where it means none.

    The path is the prefix, one of the checkpoint's files, or the folder of a SavedModel.

    Raises:
      UserError: it is a folder of checkpoints.
    """
    prefix = path.with_name(_FILE.sub("", path.name)) if path.name else path
    if path.name and checkpoint_files.exists(prefix):
        return prefix
    if checkpoint_files.exists(variables := path / "variables" / "variables"):
        return variables
    if path.is_dir() and (inside := checkpoint_files.find_in(path)):
        raise UserError(f"{path}: is a folder; give a checkpoint in it, such as {inside[-1]}")
    return None


class Objects:
    """The objects of a checkpoint.

    Attributes:
      names: those at its root.
    """

    def __init__(self, path: Path):
        """Reads the graph of objects.

        Args:
          path: the checkpoint's prefix, such as `checkpoints/train/ckpt-8`.

        Raises:
          UserError: it is damaged, or has no such graph.
        """
        if fault := checkpoint_files.find_fault(path):
            raise UserError(f"{path}: {fault}; copy it again, with its .index and .data files")
        self.path = path
        self._reader = tf.train.load_checkpoint(str(for_tensorflow(path)))
        if not self._reader.has_tensor(_GRAPH):
            raise UserError(f"{path}: is a checkpoint of TensorFlow 1, without a list of objects")
        graph = TrackableObjectGraph()
        try:
            graph.ParseFromString(self._reader.get_tensor(_GRAPH))
        except DecodeError as error:
            raise UserError(f"{path}: is damaged (its list of objects is none)") from error
        self._nodes = graph.nodes
        self._roots = self._children(0)
        self.names = self._roots.keys()

    def weights(self, name: str) -> list[np.ndarray]:
        """The float32 variables of an object at the root, in their order."""
        return [value for _, value in self._variables(self._roots[name])]

    def adam(self, name: str, optimizer: str) -> list[np.ndarray]:
        """Iterations and moments of a network's optimizer; empty if it is no Adam of Keras."""
        if (node := self._roots.get(optimizer)) is None:
            return []
        variables = self._variables(self._roots[name])
        children = self._children(node)
        if slots := self._nodes[node].slot_variables:
            # Keras' optimizers until TensorFlow 2.10.
            numbers = {(s.original_variable_node_id, s.slot_name): s for s in slots}
            found = [numbers.get((each, slot)) for each, _ in variables for slot in ("m", "v")]
            nodes = [children.get("iter"), *(s and s.slot_variable_node_id for s in found)]
        else:
            nodes = [*self._children(children.get("_variables", node)).values()]
        values = [None if each is None else self._value(each) for each in nodes]
        return adam_state([weight for _, weight in variables], values)

    def _variables(self, node: int) -> list[tuple[int, np.ndarray]]:
        values = ((each, self._value(each)) for each in self._descendants(node))
        return [(n, v) for n, v in values if v is not None and v.dtype == np.float32]

    def _children(self, node: int) -> dict[str, int]:
        return {child.local_name: child.node_id for child in self._node(node).children}

    def _descendants(self, node: int) -> Iterator[int]:
        """An object and those below it, depth first in the order of attributes, each once."""
        waiting, seen = [node], set()
        while waiting:
            if (each := waiting.pop()) not in seen:
                seen.add(each)
                yield each
                waiting += reversed(self._children(each).values())

    def _value(self, node: int) -> np.ndarray | None:
        """The value of a variable; None of other objects."""
        keys = [attribute.checkpoint_key for attribute in self._node(node).attributes]
        if len(keys) != 1 or not self._reader.has_tensor(keys[0]):
            return None
        return np.asarray(self._reader.get_tensor(keys[0]))

    def _node(self, node: int) -> TrackableObjectGraph.TrackableObject:
        if not 0 <= node < len(self._nodes):
            raise UserError(f"{self.path}: is damaged (its object {node} is missing)")
        return self._nodes[node]
