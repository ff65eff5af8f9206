"""`python -m benchmarks.api`: measure a whole stack on this machine."""

from benchmarks.api.run import main

if __name__ == "__main__":
    main()
