#!/usr/bin/env bash
# Builds the programs that the checks drive: the server, the far end and the tabs. Of the whole workspace and with an example, as the
# tests are built: a package by itself chooses other features of its dependencies, and all of them are built again.
set -euo pipefail
cd "$(dirname "$0")/../.."
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$HOME/.cache/patchbay/target}"
exec cargo build --quiet --workspace --bin patchbay --bin patchbay-far-end --example tabs
