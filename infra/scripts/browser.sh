#!/usr/bin/env bash
# Drives the real server with a real browser on loopback; the far end is a program of the tests. Arguments choose tests by name.
set -euo pipefail
cd "$(dirname "$0")/../.."
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$HOME/.cache/patchbay/target}"
infra/scripts/web.sh
infra/scripts/programs.sh
export PATCHBAY_BIN="$CARGO_TARGET_DIR/debug/patchbay" PATCHBAY_FAR_END="$CARGO_TARGET_DIR/debug/patchbay-far-end"
export PATCHBAY_TABS="$CARGO_TARGET_DIR/debug/examples/tabs"
failed=0
[ $# -gt 0 ] || infra/scripts/alone.sh || failed=1
infra/scripts/postgres.sh npm --prefix web run --silent test:browser -- "$@" || failed=1
exit $failed
