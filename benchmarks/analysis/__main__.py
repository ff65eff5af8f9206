"""`python -m benchmarks.analysis`."""

from benchmarks.analysis.run import main

if __name__ == "__main__":
    main()
