#!/usr/bin/env bash
# The site on ECS Fargate behind a load balancer: checks, shows the difference, asks, deploys,
# migrates, tries the site, and says how to go back.
#
#   deploy/scalable.sh production
#   deploy/scalable.sh --help
set -euo pipefail
cd "$(dirname "$0")/.."

make --silent cloud-tools
exec .venv/bin/python -m deploy.release "$@"
