"""Run every benchmark of this folder: ``python -m tests.benchmarks``; each has options of its own."""

import importlib
import sys
from pathlib import Path


def main():
    """Run the benchmarks in alphabetical order and return the largest exit status."""
    status = 0
    for path in sorted(Path(__file__).parent.glob("bench_*.py")):
        print(f"{path.stem}\n", flush=True)
        status = max(status, importlib.import_module(f"tests.benchmarks.{path.stem}").main([]))
        print(flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
