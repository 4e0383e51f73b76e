"""The embedded services: everything the system needs on one machine, without Docker.

`run` is `make run`; `pytest_services` gives tests their own throw-away copy; `bootstrap` makes the
virtual environment and needs nothing but Python.
"""
