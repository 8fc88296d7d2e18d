"""Messages under faults: kills, restarts, cuts, a platform that fails, everything at once; nothing may be lost.

`python -m bench.faults` runs it at full size and writes docs/reliability.md; the tests run it small.
"""
