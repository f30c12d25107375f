#!/usr/bin/env bash
# Runs the stories with phones that want an address of their own, in a network namespace that reaches nothing else.
set -euo pipefail
cd "$(dirname "$0")/../.."
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$HOME/.cache/patchbay/target}"
infra/scripts/programs.sh
cargo test --quiet --workspace --test it --no-run
export PATCHBAY_BIN="$CARGO_TARGET_DIR/debug/patchbay" PATCHBAY_PEERS_ADDRESS=10.77.0.1
phones=("$@")
# Other tests that are left out of the usual run are too long for it.
[ $# -gt 0 ] || phones=(baresip linphone)
alone=(unshare --net)
[ "$(id -u)" -eq 0 ] || alone=(unshare --map-root-user --net)
exec "${alone[@]}" bash -c '
  set -e
  ip link set lo up
  ip link add pb0 type veth peer name pb1
  ip address add "$PATCHBAY_PEERS_ADDRESS/24" dev pb0
  ip link set pb0 up
  ip link set pb1 up
  ip route add default dev pb0
  exec cargo test --offline --workspace --test it -- --ignored --test-threads=2 "$@"
' peers "${phones[@]}"
