#!/usr/bin/env bash
# Runs the binary from an empty folder in a network that reaches nothing, with a browser beside it, and opens every page.
set -euo pipefail
cd "$(dirname "$0")/../.."
binary=${PATCHBAY_BIN:?which binary: infra/scripts/browser.sh builds one and calls this}
enter=(unshare --net --mount)
[ "$(id -u)" -eq 0 ] || enter=(unshare --map-root-user --net --mount)
if ! "${enter[@]}" true 2>/dev/null; then
  echo "LEFT OUT: this system permits no network namespaces, so nothing was tried with the network cut" >&2
  exit 0
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp "$binary" "$folder/patchbay"
# The built web app is hidden, so that what the pages show can only come out of the binary.
PATCHBAY_BIN="$folder/patchbay" "${enter[@]}" bash -ec '
  ip link set lo up
  [ ! -d web/dist ] || mount -t tmpfs none web/dist
  exec npm --prefix web run --silent test:browser -- --suite alone
'
