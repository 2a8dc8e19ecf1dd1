import http.server
import socket
import threading

import pytest

from tf_cyclegan.system import network


class Answer(http.server.BaseHTTPRequestHandler):
    """Answers with the status that the URL names."""

    def do_HEAD(self):
        self.send_response(int(self.path.strip("/")))
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture(autouse=True)
def without_proxies(monkeypatch):
    for name in ("all_proxy", "ALL_PROXY", "http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)


def test_only_server_errors_make_a_server_unreachable():
    with http.server.HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        reasons = [network.why_unreachable(f"{url}/{status}") for status in (200, 404, 503)]
        server.shutdown()
        thread.join()
    # Clients report 404 at once, and retry 503.
    assert reasons == [None, None, "HTTP status 503"]


def test_a_closed_port_refuses():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{bound.getsockname()[1]}/"
        assert "refused" in network.why_unreachable(url)


def test_a_silent_server_times_out(monkeypatch):
    monkeypatch.setattr(network, "_TIMEOUT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        why = network.why_unreachable(f"http://127.0.0.1:{silent.getsockname()[1]}/")
        # Either the socket's timeout or that of the whole probe.
        assert "timed out" in why or "no answer" in why
