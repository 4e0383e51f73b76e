"""What the templates promise, each shown to fail on a template without it.

A promise is a function from a `Cloud` to its faults; `@promise` keeps it, and `@broken_by(...)`
says how to break it. `tests/test_promises.py` runs all of them.
"""
