#!/bin/bash
# The function with its dependencies, as the runtime wants them, and their bytecode, in build/.
set -euo pipefail
cd "$(dirname "$0")"
stamp=$(cat app.py requirements.txt prepare.sh | sha256sum)
[ "$(cat build.stamp 2>/dev/null)" != "$stamp" ] || exit 0
rm -rf build
pip3 install -q --disable-pip-version-check --root-user-action=ignore --no-compile -r requirements.txt --target build \
    --only-binary=:all: --implementation cp --python-version 3.11 --platform manylinux2014_x86_64
rm -rf build/bin
cp app.py build/
python3.11 -m compileall -q build
echo "$stamp" >build.stamp
