#!/usr/bin/env bash
# Drives the real server with a real browser on loopback.
set -euo pipefail
cd "$(dirname "$0")/../.."
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$HOME/.cache/patchbay/target}"
cargo build --quiet --package patchbay-node
export PATCHBAY_BIN="$CARGO_TARGET_DIR/debug/patchbay"
exec npm --prefix web run --silent test:browser
