#!/bin/bash
# What the release workflow makes and uploads, up to the programs that would upload it.
. "$(dirname "$0")/common.sh"
packaging=$work/tree/packaging

versions() {
    tree 1.2.3
    equal 1.2.3 "$("$packaging/version")"
    equal 1.2.3 "$("$packaging/version" v1.2.3)"
    fails 'the tag `v1.2.4` is not `v1.2.3`' "$packaging/version" v1.2.4
    fails 'the tag `1.2.3` is not' "$packaging/version" 1.2.3
    equal "$(sed -n 's/^version = "\(.*\)"/\1/p' "$repository/Cargo.toml" | head -n 1)" "$("$repository/packaging/version")"
}
test_that "a tag that is not the version is refused" versions

place() {
    tree 1.2.3
    fails 'has `no repository`, not `https://github.com/owner/lambda-img`' "$packaging/place" owner/lambda-img
    echo 'repository = "https://github.com/owner/lambda-img"' >>"$work/tree/Cargo.toml"
    "$packaging/place" owner/lambda-img
    fails 'not `https://github.com/stranger/lambda-img`' "$packaging/place" stranger/lambda-img
}
test_that "only the project's own place publishes" place

notes() {
    tree 1.2.3
    equal $'\n- the notes' "$("$packaging/notes" 1.2.3)"
    fails 'no section `## 1.2.4`' "$packaging/notes" 1.2.4
    fails 'no section `## 1.2`' "$packaging/notes" 1.2
}
test_that "a release without a section in the changelog is refused" notes

# What `packaging/build` leaves for two targets, bundled with a Cargo that writes two crates.
bundled() {
    tree 1.2.3
    stub cargo <<<'mkdir -p "${@: -1}/package"; for one in lambda-img{,-deflate}; do echo crate >"${@: -1}/package/$one-1.2.3.crate"; done'
    rm -rf "$work/out"
    mkdir "$work/out"
    for one in linux-x64 darwin-arm64; do echo "program $one" >"$work/out/lambda-img-$one"; done
    for one in x86_64-unknown-linux-gnu aarch64-apple-darwin; do echo archive >"$work/out/lambda-img-1.2.3-$one.tar.gz"; done
    echo wheel >"$work/out/lambda_img-1.2.3-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"
    "$packaging/bundle" "$work/out"
}
bundle() {
    bundled
    equal "$(printf '%s\n' SHA256SUMS lambda-img-1.2.3-{aarch64-apple-darwin,x86_64-unknown-linux-gnu}.tar.gz lambda-img-1.2.3.{crate,tgz} \
        lambda-img-darwin-arm64-1.2.3.tgz lambda-img-deflate-1.2.3.crate lambda-img-linux-x64-1.2.3.tgz lambda_img-1.2.3-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl)" \
        "$(LC_ALL=C ls "$work/out")"
    (cd "$work/out" && sha256sum --check --strict --quiet SHA256SUMS)
    equal 8 "$(wc -l <"$work/out/SHA256SUMS")"
    equal "program darwin-arm64" "$(tar -xzOf "$work/out/lambda-img-darwin-arm64-1.2.3.tgz" package/lambda-img)"
    # npm believes a provenance only of a package that names the repository.
    GITHUB_SERVER_URL=https://github.com GITHUB_REPOSITORY=owner/lambda-img bundled
    for package in "$work"/out/*.tgz; do
        tar -xzOf "$package" package/package.json | grep -q '"url": "git+https://github.com/owner/lambda-img.git"'
    done
}
test_that "a bundle has packages, crates and sums, and no bare program" bundle

npm_has() {
    stub npm <<<"case \"\$1 \$2\" in view*) $1 ;; esac"
    : >"$work/calls"
}
published() { calls npm "npm view" | sed "s|$work/out/||"; }
npm_packages() {
    bundled
    npm_has :
    "$packaging/publish-npm" "$work/out" >/dev/null
    equal "$(printf 'npm publish --provenance --access public --tag latest %s\n' lambda-img-{darwin-arm64,linux-x64}-1.2.3.tgz lambda-img-1.2.3.tgz)" "$(published)"
    # A run that broke off is run again.
    npm_has "name=\${2%@1.2.3}; [ \$name = lambda-img ] || echo \"sha512-\$(openssl dgst -sha512 -binary $work/out/\$name-1.2.3.tgz | base64 -w0)\""
    "$packaging/publish-npm" "$work/out" >/dev/null
    equal "npm publish --provenance --access public --tag latest lambda-img-1.2.3.tgz" "$(published)"
    npm_has 'echo sha512-others'
    fails "npm has other bytes as lambda-img-darwin-arm64 1.2.3" "$packaging/publish-npm" "$work/out"
    equal "" "$(published)"
}
test_that "npm gets the platforms first, what is there once, and never other bytes" npm_packages

before_a_release() {
    tree 2.0.0-rc.1
    rm -rf "$work/out" && mkdir "$work/out"
    touch "$work/out/lambda-img-linux-x64-2.0.0-rc.1.tgz" "$work/out/lambda-img-2.0.0-rc.1.tgz"
    npm_has :
    "$packaging/publish-npm" "$work/out" >/dev/null
    equal 2 "$(published | grep -c -- '--tag next')"
    stub gh <<<:
    "$packaging/publish-github" "$work/out" owner/lambda-img v2.0.0-rc.1
    [[ $(cat "$work/calls") == *--prerelease* ]]
}
test_that "a version before a release is not what users get by default" before_a_release

github() {
    bundled
    stub gh <<<:
    : >"$work/calls"
    "$packaging/publish-github" "$work/out" owner/lambda-img v1.2.3
    local said
    said=$(cat "$work/calls")
    [[ $said == "gh release create v1.2.3 --repo owner/lambda-img --verify-tag --title 1.2.3 --notes "*"- the notes $work/out/SHA256SUMS "* ]]
    [[ $said != *--prerelease* && $said == *lambda-img-1.2.3.crate* && $said == *lambda-img-1.2.3.tgz* ]]
    fails "is not" "$packaging/publish-github" "$work/out" owner/lambda-img v1.2.4
}
test_that "the release on GitHub has all files and the notes" github

pypi() {
    bundled
    stub pypi-attestations <<<'for file in "${@:2}"; do echo signed >"$file.publish.attestation"; done'
    stub uv <<<:
    : >"$work/calls"
    "$packaging/publish-pypi" "$work/out"
    local wheel=lambda_img-1.2.3-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl
    equal "uv publish --trusted-publishing always $wheel $wheel.publish.attestation" "$(calls uv | sed -E 's|/[^ ]*/||g')"
    # What the others get is as it was.
    (cd "$work/out" && [ ! -e $wheel.publish.attestation ])
}
test_that "PyPI gets signed wheels" pypi

crate() {
    tree 1.2.3
    stub cargo <<<'[ "$1" != info ] || exit 101'
    "$packaging/publish-crate"
    local publish="cargo publish --package"
    equal "$publish lambda-img-deflate --quiet --locked"$'\n'"$publish lambda-img --quiet --locked" "$(calls cargo 'cargo info')"
    tree 1.2.3
    stub cargo <<<:
    "$packaging/publish-crate" >/dev/null
    equal 0 "$(calls cargo | grep -c publish)"
    # One that failed is gone on with.
    tree 1.2.3
    stub cargo <<<'case "$*" in *lambda-img@*) [ "$1" != info ] || exit 101 ;; esac'
    "$packaging/publish-crate" >/dev/null
    equal "$publish lambda-img --quiet --locked" "$(calls cargo 'cargo info')"
}
test_that "crates.io gets each crate once" crate
echo "publish.sh: $passed passed"
