import http.server
import socket
import threading

import pytest

from tf_cyclegan.system import network as network_probe


class Answer(http.server.BaseHTTPRequestHandler):
    """Answers with the status that the address names."""

    def do_HEAD(self):
        self.send_response(int(self.path.strip("/")))
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def server(monkeypatch):
    for name in ("all_proxy", "ALL_PROXY", "http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with http.server.HTTPServer(("127.0.0.1", 0), Answer) as served:
        thread = threading.Thread(target=served.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{served.server_port}"
        served.shutdown()
        thread.join()


def test_what_answers_is_reachable(server):
    assert network_probe.why_unreachable(f"{server}/200") is None
    # The client that comes after says what is wrong with the address.
    assert network_probe.why_unreachable(f"{server}/404") is None


def test_what_would_be_retried_is_not(server):
    assert network_probe.why_unreachable(f"{server}/503") == "HTTP status 503"


def test_where_nothing_listens_the_reason_is_told(server):
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{bound.getsockname()[1]}/"
        assert "refused" in network_probe.why_unreachable(url)


def test_silence_has_an_end(server, monkeypatch):
    monkeypatch.setattr(network_probe, "_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        # The socket's own time-out may come first.
        assert "timed out" in (why := network_probe.why_unreachable(url)) or "no answer" in why
