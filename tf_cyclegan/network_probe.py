"""Whether an address answers, asked before a library that would retry it for minutes."""

import http.client
import queue
import ssl
import threading
import urllib.error
import urllib.request

# The whole probe, name resolution included, which no socket's time-out covers.
_SECONDS = 5.0


def why_unreachable(url: str) -> str | None:
    """Why nothing answers at `url`; None where something does. Takes 5 seconds at most."""
    if "all" in urllib.request.getproxies():
        return None  # ALL_PROXY: other clients honour it, the standard library's does not.
    answers: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    threading.Thread(target=lambda: answers.put(_ask(url)), daemon=True).start()
    try:
        return answers.get(timeout=_SECONDS)
    except queue.Empty:
        return f"no answer in {_SECONDS:g} seconds"


def _ask(url: str) -> str | None:
    request = urllib.request.Request(url, method="HEAD")
    opener = urllib.request.build_opener()  # `urlopen` keeps the proxies of its first call.
    try:
        with opener.open(request, timeout=_SECONDS):
            return None
    except urllib.error.HTTPError as error:
        error.close()
        # Clients retry these for minutes; any other status they report at once.
        return f"HTTP status {error.code}" if error.code >= 500 else None
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        # Python may lack certificates that other clients bring along: a server did answer.
        trusted_elsewhere = isinstance(reason, ssl.SSLCertVerificationError)
        return None if trusted_elsewhere else str(reason) or type(reason).__name__
