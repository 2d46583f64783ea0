"""The contract of what happens when things go wrong, and the harness that holds nnlab to it."""
