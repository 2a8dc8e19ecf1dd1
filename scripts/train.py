"""Trains a CycleGAN, or resumes a run: python scripts/train.py --epochs=40"""

from tf_cyclegan.cli import train

if __name__ == "__main__":
    train.command()
