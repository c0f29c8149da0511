#!/bin/bash
# The function with its node_modules, in build/.
set -euo pipefail
cd "$(dirname "$0")"
stamp=$(cat index.js package.json package-lock.json prepare.sh | sha256sum)
[ "$(cat build.stamp 2>/dev/null)" != "$stamp" ] || exit 0
rm -rf build
mkdir build
cp index.js package.json package-lock.json build/
(cd build && npm ci --omit=dev --no-audit --no-fund --no-update-notifier --loglevel=error >&2)
echo "$stamp" >build.stamp
