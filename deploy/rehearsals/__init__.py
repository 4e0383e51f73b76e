"""What a day in production may bring, rehearsed on one machine: `make rehearse`.

Each rehearsal starts throw-away services on loopback, breaks something under load, prints a table
and a sentence, and ends with exit code 1 if a promise was broken. docs/rehearsals.md has the
figures, and what differs on AWS.
"""
