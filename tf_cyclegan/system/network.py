"""Reachability of a URL, probed before a library that would retry for minutes."""

import queue
import threading

# Covers the whole probe; a socket's timeout does not cover name resolution.
_TIMEOUT_SECONDS = 5.0


def why_unreachable(url: str) -> str | None:
    """Why `url` does not answer, or None where it does; takes at most 5 seconds."""
    answers: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    threading.Thread(target=lambda: answers.put(_probe(url)), daemon=True).start()
    try:
        return answers.get(timeout=_TIMEOUT_SECONDS)
    except queue.Empty:
        return f"no answer in {_TIMEOUT_SECONDS:g} seconds"


def _probe(url: str) -> str | None:
    import requests  # Takes a fifth of a second.

    try:
        # As tensorflow-datasets does, with the same proxies and certificates.
        status = requests.head(url, timeout=_TIMEOUT_SECONDS, allow_redirects=True).status_code
    except requests.exceptions.RequestException as error:
        return _root_cause(error)
    # Clients retry server errors for minutes, and report any other status at once.
    return f"HTTP status {status}" if status >= 500 else None


def _root_cause(error: BaseException) -> str:
    """The message of the innermost error, which requests and urllib3 wrap several times."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
