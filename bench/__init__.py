"""Measures the assistant beside stock Rasa 3.6.21; `make bench` runs bench.run, docs/performance.md is the result."""
