import os
import signal
import subprocess
import sys

import pytest

import tf_cyclegan


def test_public_names_are_there():
    for name in tf_cyclegan.__all__:
        assert getattr(tf_cyclegan, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'trian'"):
        tf_cyclegan.trian  # noqa: B018


def test_importing_the_package_imports_neither_tensorflow_nor_keras():
    code = (
        "import sys, tf_cyclegan, tf_cyclegan.config\n"
        "slow = {'tensorflow', 'keras', 'tensorflow_datasets', 'matplotlib'} & set(sys.modules)\n"
        "sys.exit(f'{slow}' if slow else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_its_names_are_listed_before_they_are_imported():
    assert set(dir(tf_cyclegan)) == {*tf_cyclegan.__all__, "__version__"}


def python(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"CUDA_VISIBLE_DEVICES": "-1", **environment},
    )


@pytest.mark.slow
def test_importing_from_python_is_quiet_and_runs_on_tensorflow_whatever_keras_is_set_to(tmp_path):
    (tmp_path / "keras.json").write_text('{"backend": "jax"}')
    code = "from tf_cyclegan import CycleGAN; import keras; print(keras.config.backend())"
    done = python(code, KERAS_HOME=str(tmp_path), KERAS_BACKEND="jax")
    assert (done.stdout, done.stderr) == ("tensorflow\n", "")


def test_keras_with_another_backend_gets_one_clear_line():
    code = """
import sys, types
keras = types.ModuleType("keras")
keras.config = types.SimpleNamespace(backend=lambda: "jax")
sys.modules["keras"] = keras
import tf_cyclegan
"""
    done = python(code)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "ImportError: tf_cyclegan needs Keras with the backend tensorflow, but Keras was imported "
        "with jax: import tf_cyclegan first, or set KERAS_BACKEND=tensorflow"
    )


CRASH = """
from tf_cyclegan.system import tensorflow_import
with tensorflow_import.quiet():
    import os, signal
    os.write(2, b"I0000 00:00:0 1 port.cc:153] a note\\n")
    os.write(2, b"F0000 00:00:0 1 cpu.cc:1] this CPU has no AVX\\n")
    os.kill(os.getpid(), signal.SIGABRT)
"""


def test_a_native_crash_during_the_import_shows_its_message():
    done = python(CRASH)
    assert done.returncode == -signal.SIGABRT
    assert done.stderr == "F0000 00:00:0 1 cpu.cc:1] this CPU has no AVX\n"
