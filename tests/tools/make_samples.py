"""Writes the samples and what must be said about them.

Usage: make_samples.py [REPOSITORY]      (default: the repository this script is in)

Rebuilds samples/contoso and samples/clean byte for byte, and tests/cases/*/expected.toml.
Needs requirements.txt of this folder.
"""

import sys
from pathlib import Path

import sample_clean
import sample_contoso


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2]
    sample_contoso.make(root)
    sample_clean.make(root)


if __name__ == "__main__":
    main()
