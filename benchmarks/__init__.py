"""Speed and memory of the farm beside what people would use instead: `python -m benchmarks`."""
