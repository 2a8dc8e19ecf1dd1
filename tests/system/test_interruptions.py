import os
import signal
import threading

import pytest

from tf_cyclegan.system.interruptions import Interruptions


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_first_signal_is_recorded_and_announced(number):
    lines = []
    # nohup ignores SIGHUP.
    inherited = signal.signal(number, signal.default_int_handler)
    try:
        with Interruptions(lines.append) as interruptions:
            assert interruptions.signal is None
            for sent in (number, signal.SIGTERM):
                os.kill(os.getpid(), sent)
                assert interruptions.signal == number
        assert signal.getsignal(number) is signal.default_int_handler
    finally:
        signal.signal(number, inherited)
    assert len(lines) == 1


@pytest.mark.usefixtures("in_foreground")
def test_a_second_ctrl_c_stops_at_once():
    with Interruptions(lambda line: None) as interruptions:
        os.kill(os.getpid(), signal.SIGINT)
        assert interruptions.signal == signal.SIGINT
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_ignored_signals_stay_ignored():
    inherited = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Interruptions(lambda line: None) as interruptions:
            os.kill(os.getpid(), signal.SIGHUP)
        assert interruptions.signal is None
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, inherited)


def test_other_threads_change_no_handlers():
    before = signal.getsignal(signal.SIGINT)
    seen = []

    def enter():
        with Interruptions(lambda line: None):
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert seen == [before]
