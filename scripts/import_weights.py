"""Makes a run of networks trained elsewhere: python scripts/import_weights.py --from=FILE"""

from tf_cyclegan.cli import import_weights

if __name__ == "__main__":
    import_weights.command()
