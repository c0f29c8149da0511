#!/bin/bash
# What was published is downloaded and held to its sums and its provenance.
. "$(dirname "$0")/common.sh"
packaging=$work/tree/packaging
wheel=lambda_img-1.2.3-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl
archive=lambda-img-1.2.3-x86_64-unknown-linux-gnu.tar.gz

# A release in $work/release, GitHub's attestations of it, and registries that hand the same out.
release() {
    tree 1.2.3
    rm -rf "$work/release" "$work/registry" "$work/program"
    mkdir -p "$work/release" "$work/program/${archive%.tar.gz}"
    printf '#!/bin/bash\necho '\''{"lambda_img": "%s"}'\''\n' "${1:-1.2.3}" >"$work/program/${archive%.tar.gz}/lambda-img"
    chmod +x "$work/program/${archive%.tar.gz}/lambda-img"
    tar -czf "$work/release/$archive" -C "$work/program" "${archive%.tar.gz}"
    for file in $wheel lambda-img-1.2.3.{tgz,crate} lambda-img-linux-x64-1.2.3.tgz; do echo "$file" >"$work/release/$file"; done
    "$packaging/checksums" "$work/release"
    cp "$work/release/SHA256SUMS" "$work/attested"
    cp -r "$work/release" "$work/registry"

    stub gh <<'GH'
case "$1 $2" in
"release download")
    pattern='*'
    while [ $# -gt 0 ]; do
        case $1 in --pattern) pattern=$2 ;; --dir) dir=$2 ;; esac
        shift
    done
    # shellcheck disable=SC2086
    cp "$work"/release/$pattern "$dir"
    ;;
"attestation verify")
    [ "$4 $5 $6 $7 $8 $9 ${10}" = "--repo owner/lambda-img --signer-workflow owner/lambda-img/.github/workflows/release.yml --source-ref refs/tags/v1.2.3 --deny-self-hosted-runners" ]
    grep -q "^$(sha256sum <"$3" | cut -d' ' -f1) " "$work/attested" || { echo "no attestations found for $3" >&2; exit 1; }
    ;;
esac
GH
    # Each is new to the world at its second request.
    stub python3 <<'PIP'
[ "$*" != "${*/lambda-img==1.2.3/}" ] || { echo "stub: $*" >&2; exit 2; }
[ -e "$work/asked-pip" ] || { touch "$work/asked-pip"; exit 1; }
while [ $# -gt 0 ]; do
    case $1 in --dest) dest=$2 ;; --platform) platform=$2 ;; esac
    shift
done
cp "$work"/registry/*-"$platform".*.whl "$dest"
PIP
    stub npm <<'NPM'
[ -e "$work/asked-npm" ] || { touch "$work/asked-npm"; exit 1; }
name=${*: -1}
cp "$work/registry/${name/@/-}.tgz" "$5"
NPM
    stub cargo <<'CARGO'
[ -e "$work/asked-cargo" ] || { touch "$work/asked-cargo"; exit 1; }
grep -qx 'lambda-img = "=1.2.3"' "$(dirname "$4")/Cargo.toml"
mkdir -p "$CARGO_HOME/registry/cache/index"
cp "$work"/registry/*.crate "$CARGO_HOME/registry/cache/index"
CARGO
    rm -f "$work"/asked-*
}
release_is_good() { "$packaging/verify-release" owner/lambda-img v1.2.3 x86_64-unknown-linux-gnu; }
published_is_good() { TRIES=3 PAUSE=0 "$packaging/verify-published" owner/lambda-img v1.2.3; }

good() {
    release
    release_is_good >/dev/null
    equal 5 "$(calls gh | grep -c "^gh attestation verify .* --repo owner/lambda-img --signer-workflow owner/lambda-img/.github/workflows/release.yml --source-ref refs/tags/v1.2.3 --deny-self-hosted-runners$")"
}
test_that "a good release is verified, every file of it" good

bad() {
    release
    echo more >>"$work/release/lambda-img-1.2.3.crate"
    fails FAILED release_is_good
    release
    rm "$work/release/$wheel"
    fails "the release has no \`$wheel\`" release_is_good
    release
    echo >"$work/release/stranger.txt"
    fails '`stranger.txt` is not in SHA256SUMS' release_is_good
    # The sums alone prove nothing: who can change a file can change them.
    release
    echo more >>"$work/release/$wheel"
    "$packaging/checksums" "$work/release"
    fails "no attestations found for $wheel" release_is_good
    release 9.9.9
    fails 'the program says: {"lambda_img": "9.9.9"}' release_is_good
}
test_that "a release with a fault is not" bad

empty() {
    release
    mkdir -p "$work/empty"
    cp "$work/release/SHA256SUMS" "$work/empty"
    fails "has no file to verify" "$packaging/verify" "$work/empty" owner/lambda-img v1.2.3
}
test_that "nothing is not a success" empty

handed_out() {
    release
    published_is_good >/dev/null
    equal 4 "$(calls gh | grep -c '^gh attestation verify')"
    [[ $(calls python3 | tail -n 1) == *"--platform manylinux_2_17_x86_64 "*"lambda-img==1.2.3" ]]
}
test_that "what registries hand out is waited for and verified" handed_out

not_handed_out() {
    for one in $wheel lambda-img-1.2.3.tgz lambda-img-linux-x64-1.2.3.tgz lambda-img-1.2.3.crate; do
        release
        rm "$work/registry/$one"
        fails "\`$one\` is not handed out" published_is_good
        release
        echo more >>"$work/registry/$one"
        fails FAILED published_is_good
    done
}
test_that "what a registry lacks or has changed is found" not_handed_out
echo "verify.sh: $passed passed"
