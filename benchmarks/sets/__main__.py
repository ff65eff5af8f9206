"""`python -m benchmarks.sets`."""

from benchmarks.sets.run import main

if __name__ == "__main__":
    main()
