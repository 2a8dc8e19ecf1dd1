import os
import signal
import threading

import pytest

from tf_cyclegan.system.interruptions import Interruptions


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_first_signal_is_noted_and_told(number):
    told = []
    # Tests that are run under nohup have SIGHUP ignored.
    inherited = signal.signal(number, signal.default_int_handler)
    try:
        with Interruptions(told.append) as interruptions:
            assert interruptions.signal is None
            os.kill(os.getpid(), number)
            assert interruptions.signal == number
            os.kill(os.getpid(), signal.SIGTERM)
            assert interruptions.signal == number
        assert signal.getsignal(number) is signal.default_int_handler
    finally:
        signal.signal(number, inherited)
    assert len(told) == 1


@pytest.mark.usefixtures("in_foreground")
def test_a_second_ctrl_c_does_not_wait():
    with Interruptions(lambda line: None) as interruptions:
        os.kill(os.getpid(), signal.SIGINT)
        assert interruptions.signal == signal.SIGINT
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_what_was_ignored_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Interruptions(lambda line: None) as interruptions:
            os.kill(os.getpid(), signal.SIGHUP)
        assert interruptions.signal is None
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_in_another_thread_nothing_is_changed():
    before = signal.getsignal(signal.SIGINT)
    seen = []

    def enter():
        with Interruptions(lambda line: None):
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert seen == [before]
