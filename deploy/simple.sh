#!/usr/bin/env bash
# The site for one clinic at the lowest price: the same steps as deploy/scalable.sh, for the
# environment "simple" (docs/aws.md says what it does without).
#
#   deploy/simple.sh
#   deploy/simple.sh --help
set -euo pipefail
cd "$(dirname "$0")/.."

exec deploy/scalable.sh simple "$@"
