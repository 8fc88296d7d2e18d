"""The VssID assistant."""

import os

# Before anything imports numpy. Our rows have a few hundred numbers: OpenBLAS's threads wait for each other, spinning,
# far longer than they multiply (a quarter of a node's processor time).
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
