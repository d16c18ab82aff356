#!/usr/bin/env bash
# Installs the Debian packages listed in the given files, if any is missing: install-packages.sh LIST [LIST ...]
# Prints nothing and asks for nothing when all are there.
set -euo pipefail

fail() {
  echo "tidemark: $*" >&2
  exit 1
}

mapfile -t wanted < <(sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$@")
missing=()
for package in "${wanted[@]}"; do
  status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing+=("$package")
done
[ "${#missing[@]}" -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || fail "packages are missing; as root, run: apt-get install ${missing[*]}"
  as_root=(sudo)
  sudo -n true 2>/dev/null || [ -t 0 ] || fail "packages are missing and sudo asks for a password; run: sudo apt-get install ${missing[*]}"
fi

# Debian starts a daemon when it installs one. The peers of the tests are started by the tests, on ports of their own.
policy=/usr/sbin/policy-rc.d
placed_policy=no
cleanup() {
  if [ "$placed_policy" = yes ]; then "${as_root[@]}" rm -f "$policy"; fi
}
trap cleanup EXIT
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod +x "$policy"
  placed_policy=yes
fi

log=$(mktemp)
echo "tidemark: installing ${#missing[@]} packages: ${missing[*]}"
"${as_root[@]}" apt-get update -q >"$log" 2>&1 || true
if ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" >>"$log" 2>&1; then
  tail -n 5 "$log" >&2
  fail "cannot install packages: is the network up and /etc/apt/sources.list that of Debian 12? The whole output is in $log"
fi
rm -f "$log"
