#!/usr/bin/env bash
# Installs the Debian packages that a build (`run`), the tests (`test`) or the benches (`bench`) lack. Says what it does.
set -euo pipefail
# flite and espeak-ng speak prompts; without them only what is uploaded or an endpoint says is heard.
run=(build-essential pkg-config libopus-dev flite espeak-ng)
test=("${run[@]}" chromium firefox-esr fonts-noto-cjk sip-tester kamailio kamailio-tls-modules baresip-core linphone-cli iproute2 postgresql python3-venv)
bench=("${test[@]}" rtpengine-daemon)
case "${1:-run}" in
  run) wanted=("${run[@]}") ;;
  test) wanted=("${test[@]}") ;;
  bench) wanted=("${bench[@]}") ;;
  *) echo "deps.sh run|test|bench" >&2; exit 2 ;;
esac

missing=()
for package in "${wanted[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  echo "==> installing from Debian: ${missing[*]}"
  sudo=""; [ "$(id -u)" -eq 0 ] || sudo="sudo"
  archives=$(mktemp -d)
  # Services must not start by themselves on a developer's machine: the tests start private ones.
  $sudo env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 sh -c "apt-get update -qq && apt-get -qq -o Dir::Cache::archives=$archives -o DPkg::Lock::Timeout=400 install -y --no-install-recommends ${missing[*]}" >/dev/null
  rm -rf "$archives"
fi
for tool in cargo node npm; do
  command -v "$tool" >/dev/null || { echo "$tool is missing: install Rust (rustup) and Node 20 or newer first" >&2; exit 1; }
done
# A store that speaks S3, for the tests of the bucket; Debian has none.
moto="$HOME/.cache/patchbay/moto-5.2.5"
if [ "${1:-run}" != run ] && [ ! -x "$moto/bin/moto_server" ]; then
  echo "==> installing moto 5.2.5"
  rm -rf "$moto"
  python3 -m venv "$moto" && "$moto/bin/pip" install --quiet --disable-pip-version-check "moto[server,s3]==5.2.5"
fi
