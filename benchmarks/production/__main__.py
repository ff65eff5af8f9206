"""`python -m benchmarks.production`."""

from benchmarks.production.run import main

if __name__ == "__main__":
    main()
