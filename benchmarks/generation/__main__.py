"""`python -m benchmarks.generation`."""

from benchmarks.generation.run import main

if __name__ == "__main__":
    main()
