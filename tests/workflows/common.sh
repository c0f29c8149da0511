# shellcheck shell=bash
# `. common.sh`: a directory of its own for a suite, checks, and programs that stand in for others.
set -euo pipefail
repository=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
work=$(mktemp -d)
passed=0 running='the beginning'
# shellcheck disable=SC2154 # set by what is run
trap 'code=$?; rm -rf "$work"; [ $code = 0 ] || echo "failed: $running" >&2' EXIT

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

# fails TEXT COMMAND...: the command fails and says TEXT.
fails() {
    local text=$1 said
    shift
    if said=$("$@" 2>&1); then
        fail "did not fail: $*" "$said"
    fi
    if [[ $said != *"$text"* ]]; then
        fail "failed without saying \`$text\`: $*" "$said"
    fi
}

# equal EXPECTED FOUND
equal() {
    if [ "$1" != "$2" ]; then
        fail $'expected:\n'"$1"$'\nfound:\n'"$2"
    fi
}

# test_that NAME COMMAND...: runs it, and tells that it passed. Not as a condition: there, bash goes on after a failure.
test_that() {
    running=$1
    shift
    "$@"
    passed=$((passed + 1))
    echo "ok - $running"
}

# stub NAME: standard input becomes the program NAME, first on PATH. It writes how it was called into $work/calls.
stub() {
    mkdir -p "$work/bin"
    {
        printf '#!/bin/bash\nset -euo pipefail\nwork=%q\necho "%s $*" >>"$work/calls"\n' "$work" "$1"
        cat
    } >"$work/bin/$1"
    chmod +x "$work/bin/$1"
}
# Node.js, where `.ci/install` has put it.
if [ -x "$repository/.ci/tools" ]; then PATH=$("$repository/.ci/tools")/bin:$PATH; fi
PATH=$work/bin:$PATH

# The calls of one stub, one a line, without those that match a pattern.
calls() { grep "^$1 " "$work/calls" 2>/dev/null | grep -v -e "${2:-^$}" || true; }

# A tree in $work/tree with the scripts of packaging/, of the version $1; and no stub.
tree() {
    rm -rf "$work/tree" "$work/bin"
    mkdir -p "$work/tree"
    cp -r "$repository/packaging" "$repository/npm" "$repository/LICENSE" "$repository/README.md" "$work/tree"
    printf '[package]\nname = "lambda-img"\nversion = "%s"\n' "$1" >"$work/tree/Cargo.toml"
    printf '# Changelog\n\n## Unreleased\n\n- soon\n\n## %s (2026-11-26)\n\n- the notes\n\n## 0.0.1\n\n- long ago\n' "$1" >"$work/tree/CHANGELOG.md"
    : >"$work/calls"
}
