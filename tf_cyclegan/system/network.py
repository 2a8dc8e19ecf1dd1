"""Whether an address answers, asked before a library that would retry it for minutes."""

import queue
import threading

# The whole probe, name resolution included, which no socket's time-out covers.
_SECONDS = 5.0


def why_unreachable(url: str) -> str | None:
    """Why nothing answers at `url`; None where something does. Takes 5 seconds at most."""
    answers: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    threading.Thread(target=lambda: answers.put(_ask(url)), daemon=True).start()
    try:
        return answers.get(timeout=_SECONDS)
    except queue.Empty:
        return f"no answer in {_SECONDS:g} seconds"


def _ask(url: str) -> str | None:
    import requests  # It takes a fifth of a second.

    try:
        # As tensorflow-datasets asks, with the same proxies and certificates.
        status = requests.head(url, timeout=_SECONDS, allow_redirects=True).status_code
    except requests.exceptions.RequestException as error:
        return _reason(error)
    # Clients retry these for minutes; any other status they report at once.
    return f"HTTP status {status}" if status >= 500 else None


def _reason(error: BaseException) -> str:
    """The innermost error's words: requests and urllib3 wrap it several times."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
