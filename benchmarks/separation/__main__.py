"""`python -m benchmarks.separation`."""

from benchmarks.separation.run import main

if __name__ == "__main__":
    main()
