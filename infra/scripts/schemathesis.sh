#!/usr/bin/env bash
# schemathesis.sh [--examples N] [--seed S] [--as WHO,WHO] [--only OPERATION]: the OpenAPI document against the running server, as an
# owner, as keys of each role, as an operator and as nobody. What the server answers must be what the document says. Needs Python 3.
set -euo pipefail
cd "$(dirname "$0")/../.."
version=4.32.5
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$HOME/.cache/patchbay/target}"
tools="${SCHEMATHESIS_HOME:-$HOME/.cache/patchbay}/schemathesis-$version"
if [ ! -x "$tools/bin/schemathesis" ]; then
  echo "==> installing schemathesis $version from PyPI into $tools" >&2
  python3 -m venv "$tools"
  "$tools/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$version"
fi
if [ -z "${PATCHBAY_BIN:-}" ]; then
  infra/scripts/programs.sh
  export PATCHBAY_BIN="$CARGO_TARGET_DIR/debug/patchbay"
fi
SCHEMATHESIS="$tools/bin/schemathesis" exec node infra/scripts/schemathesis.mjs "$@"
