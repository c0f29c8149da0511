#!/bin/bash
# One static binary, build/main: the handler's name on go1.x is the binary's.
set -euo pipefail
cd "$(dirname "$0")"
stamp=$(cat main.go go.mod prepare.sh | sha256sum)
[ "$(cat build.stamp 2>/dev/null)" != "$stamp" ] || exit 0
rm -rf build
mkdir build
CGO_ENABLED=0 GOOS=linux GOARCH=amd64 GOFLAGS=-mod=mod GOPROXY=off go build -trimpath -ldflags '-s -w -buildid=' -o build/main .
echo "$stamp" >build.stamp
