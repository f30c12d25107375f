#!/usr/bin/env bash
# Runs every test and closes with one line: N passed, N failed.
set -uo pipefail
cd "$(dirname "$0")/../.."
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$HOME/.cache/patchbay/target}"
passed=0; failed=0; logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

# step NAME COMMAND...: a step without counts of its own counts as one test.
step() {
  local name=$1; shift
  echo "==> $name"
  local started=$SECONDS log="$logs/${name// /-}"
  "$@" >"$log" 2>&1
  local status=$? p f
  p=$(grep -aoE '(^|[^0-9])([0-9]+) passed' "$log" | grep -oE '[0-9]+' | awk '{s+=$1} END {print s+0}')
  f=$(grep -aoE '(^|[^0-9])([0-9]+) failed' "$log" | grep -oE '[0-9]+' | awk '{s+=$1} END {print s+0}')
  if [ $((p + f)) -eq 0 ]; then if [ $status -eq 0 ]; then p=1; else f=1; fi; fi
  if [ $status -ne 0 ] && [ "$f" -eq 0 ]; then f=1; fi
  passed=$((passed + p)); failed=$((failed + f))
  # The names first: what a failing test printed may lie far above the end of a log.
  if [ "$f" -gt 0 ]; then grep -anE '(FAILED|panicked at|^error|^not ok)' "$log" | head -n 60; tail -n 120 "$log"; fi
  echo "    $p ok, $f not ok, $((SECONDS - started)) s"
}

infra/scripts/deps.sh test || exit 1
step "web build" infra/scripts/web.sh
step "formatting" cargo fmt --all --check
step "house rules" cargo xtask check
step "lints" cargo clippy --workspace --all-targets --quiet -- -D warnings
step "web checks" npm --prefix web run --silent check
step "rust tests" cargo test --workspace --quiet --no-fail-fast
step "phones of others" bash infra/scripts/peers.sh
step "browser tests" infra/scripts/browser.sh
echo
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
