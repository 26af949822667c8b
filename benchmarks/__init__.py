"""How near the portal is to the physical limit: P1, P2, P3, P4, P7, P9 and P11 of docs/performance.md.

`python -m benchmarks` (or `make bench`) starts a PostgreSQL of its own, builds districts of 48 and of 480 schools and prints
one table. Times are never asserted by tests: what counts is the ratio to a limit measured in the same process and rounds.
"""
