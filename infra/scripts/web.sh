#!/usr/bin/env bash
# Builds the web app into web/dist when its sources changed; installs its locked packages first.
set -euo pipefail
cd "$(dirname "$0")/../../web"
stamp=$(cat package-lock.json | sha256sum | cut -c1-16)
if [ "$(cat node_modules/.patchbay-lock 2>/dev/null)" != "$stamp" ]; then
  echo "==> installing the web app's packages"
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
  echo "$stamp" > node_modules/.patchbay-lock
fi
if [ ! -f dist/index.html ] || [ -n "$(find src index.html vite.config.ts package.json public -newer dist/index.html -print -quit 2>/dev/null)" ]; then
  echo "==> building the web app"
  npm run --silent build
fi
