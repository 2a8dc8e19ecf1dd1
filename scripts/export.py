"""Exports a trained run: python scripts/export.py --format=onnx"""

from tf_cyclegan.cli import export

if __name__ == "__main__":
    export.command()
