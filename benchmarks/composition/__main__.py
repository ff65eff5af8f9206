"""Run the benchmark: `python -m benchmarks.composition`."""

from benchmarks.composition.run import main

if __name__ == "__main__":
    main()
