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
