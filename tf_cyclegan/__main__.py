"""python -m tf_cyclegan."""

from tf_cyclegan.cli.command import main

if __name__ == "__main__":
    main()
