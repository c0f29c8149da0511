#!/bin/bash
# A static binary, build/bootstrap: for musl where that target is installed, else with glibc's static library.
set -euo pipefail
cd "$(dirname "$0")"
stamp=$(cat src/main.rs Cargo.toml Cargo.lock prepare.sh | sha256sum)
[ "$(cat build.stamp 2>/dev/null)" != "$stamp" ] || exit 0
target=x86_64-unknown-linux-gnu
[ ! -d "$(rustc --print sysroot)/lib/rustlib/x86_64-unknown-linux-musl/lib" ] || target=x86_64-unknown-linux-musl
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}/example-rust"
RUSTFLAGS="-C target-feature=+crt-static" cargo build -q --release --locked --target "$target"
mkdir -p build
cp "$CARGO_TARGET_DIR/$target/release/bootstrap" build/bootstrap
echo "$stamp" >build.stamp
