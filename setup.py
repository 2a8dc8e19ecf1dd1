"""Builds and installs tf_cyclegan. BUILD.md says how."""

import re
from pathlib import Path

from setuptools import find_packages, setup

_HERE = Path(__file__).parent
_INIT = (_HERE / "tf_cyclegan" / "__init__.py").read_text(encoding="utf-8")

setup(
    name="tf_cyclegan",
    version=re.findall(r'__version__ = "(.+)"', _INIT)[0],
    description="Train and use CycleGANs in TensorFlow: unpaired image-to-image translation",
    long_description=(_HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    packages=find_packages(include=["tf_cyclegan", "tf_cyclegan.*"]),
    package_data={"tf_cyclegan": ["py.typed"], "tf_cyclegan.monitoring": ["report_page/*"]},
    python_requires=">=3.10",
    install_requires=[
        "absl-py>=2.1",
        "filelock>=4",
        "jinja2>=3.1",
        "matplotlib>=3.9",
        "numpy>=1.26",
        "pillow>=11.1",
        # tf.summary.scalar needs it, and tensorflow does not install it.
        "tensorboard>=2.20",
        "tensorflow>=2.21",
        "tensorflow-datasets>=4.9.7",
        # cycle_gan of tensorflow-datasets imports it, and does not install it.
        "importlib_resources",
        "requests>=2.31",
        "safetensors>=0.4.3",
        "tqdm>=4.66",
    ],
    extras_require={
        "gpu": ["tensorflow[and-cuda]>=2.21"],
        # For import_weights of .pth files. Before 2.10, torch.load(weights_only=True) could be made
        # to run code.
        "torch": ["torch>=2.10"],
        "dev": [
            "pytest>=8",
            "pytest-xdist>=3.6",
            "hypothesis>=6.100",
            "scipy>=1.13",
            "selenium>=4.25",
            "ruff>=0.11",
            "mypy>=1.15",
        ],
    },
)
