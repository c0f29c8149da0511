# `. common.sh`: a directory of its own for a suite, checks, and programs that stand in for others.
set -euo pipefail
repository=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0

# fails TEXT COMMAND...: the command fails and says TEXT.
fails() {
    local text=$1 said
    shift
    if said=$("$@" 2>&1); then
        printf 'did not fail: %s\n%s\n' "$*" "$said" >&2
        exit 1
    fi
    if [[ $said != *"$text"* ]]; then
        printf 'failed without saying `%s`: %s\n%s\n' "$text" "$*" "$said" >&2
        exit 1
    fi
}

# equal EXPECTED FOUND
equal() {
    if [ "$1" != "$2" ]; then
        printf 'expected:\n%s\nfound:\n%s\n' "$1" "$2" >&2
        exit 1
    fi
}

# test NAME COMMAND...: runs it, and tells that it passed.
test_that() {
    local name=$1
    shift
    "$@" || {
        echo "failed: $name" >&2
        exit 1
    }
    passed=$((passed + 1))
    echo "ok - $name"
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
PATH=$work/bin:$PATH
