"""``python -m segscope``: the command line where its script is not on PATH."""

from segscope.cli import entry

if __name__ == "__main__":
    entry()
