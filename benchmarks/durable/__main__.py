"""`python -m benchmarks.durable`: measure the embedded engine, without HTTP or storage."""

from benchmarks.durable.run import main

if __name__ == "__main__":
    main()
