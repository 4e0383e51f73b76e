"""How a task ends without losing anything. All of these seconds agree with one another, and with
`deploy/gunicorn.conf.py`; promises hold them.

A web task that is to stop is first taken off the balancer, which sends it nothing more and waits
for what it has begun (DEREGISTRATION). Then it is asked to stop: for DRAIN it answers as before but
not to health checks; for GRACEFUL it ends what was begun. STOP after being asked it is killed.
"""

from __future__ import annotations

# While the database fails over (RDS says 60 to 120 seconds) no task is ready, and a new one would
# be no readier: the balancer takes a task for unwell after LOOKS × LOOK_EVERY, which is longer, or
# ECS would replace all of them at once. One that hangs is found by the container's look, /livez.
LOOK_EVERY = 13
LOOKS = 10  # the most that a target group takes

BALANCER_IDLE = 60  # a quiet connection; gunicorn keeps one for 75, so that it never closes first
DEREGISTRATION = 30  # as long as gunicorn lets a request take
DRAIN = 5
GRACEFUL = 20
STOP_WEB = 30  # more than DRAIN + GRACEFUL

# A worker returns its batch, or ends the file that it checks. What it does not end in the longest
# time that Fargate gives is done again by another one, after the queue's visibility timeout.
STOP_WORKER = 120
STOP_BEAT = 30

CANARY_PERCENT = 10
CANARY_MINUTES = 5
BAKE_MINUTES = 5  # all requests go to the new tasks, the old ones still stand: back in seconds
