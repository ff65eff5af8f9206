"""`python -m benchmarks.voices`."""

from benchmarks.voices.run import main

if __name__ == "__main__":
    main()
