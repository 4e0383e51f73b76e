"""A release to the cloud, step by step: `deploy/scalable.sh` and `deploy/simple.sh` call it."""
