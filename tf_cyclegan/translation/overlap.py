"""Reading, translating and writing at the same time."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from tf_cyclegan.system.errors import UserError

_Item = TypeVar("_Item")
_Read = TypeVar("_Read")
_Made = TypeVar("_Made")

# Pictures that are read ahead, or not yet written: large ones take memory.
_AHEAD = 2


def overlapped(
    items: Sequence[_Item],
    read: Callable[[_Item], _Read],
    make: Callable[[_Item, _Read], _Made],
    write: Callable[[_Item, _Made], None],
) -> Iterator[tuple[_Item, UserError | None]]:
    """Reads, makes and writes each item, in order.

    While one item is made, the next ones are read and the previous ones written, in two threads.

    Yields:
      each item when it is written, and the UserError of reading or making it, if there was one. An
      error of writing is raised: the next ones would fail as well.
    """
    with ThreadPoolExecutor(1) as reader, ThreadPoolExecutor(1) as writer:
        reading: deque[Future[_Read]] = deque()
        writing: deque[tuple[_Item, Future[None]]] = deque()
        for i, item in enumerate(items):
            while len(reading) <= _AHEAD and i + len(reading) < len(items):
                reading.append(reader.submit(read, items[i + len(reading)]))
            try:
                made = make(item, reading.popleft().result())
            except UserError as error:
                yield item, error
                continue
            writing.append((item, writer.submit(write, item, made)))
            while len(writing) > _AHEAD or (writing and writing[0][1].done()):
                yield _written(writing)
        while writing:
            yield _written(writing)


def _written(writing: deque[tuple[_Item, Future[None]]]) -> tuple[_Item, None]:
    item, future = writing.popleft()
    future.result()
    return item, None
