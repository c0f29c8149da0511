#!/bin/bash
# The scripts of action.yml, against a release on this disk. (tests/packaging runs action.yml itself, with the real program.)
. "$(dirname "$0")/common.sh"
program=lambda-img-1.2.3-x86_64-unknown-linux-gnu

# A release of a program that prints its arguments, a line each, and its sums.
release() {
    tree 1.2.3
    local files=$work/server/owner/lambda-img/releases/download/v1.2.3
    rm -rf "$work/server" "$work/runner"
    mkdir -p "$files" "$work/runner" "$work/$program"
    printf '#!/bin/bash\nprintf "%%s\\n" "$@"\n' >"$work/$program/lambda-img"
    chmod +x "$work/$program/lambda-img"
    tar -czf "$files/$program.tar.gz" -C "$work" "$program"
    (cd "$files" && sha256sum ./*.tar.gz | sed 's|\./||' >SHA256SUMS)
    : >"$work/path"
    stub gh <<<'exit 0'
}

# install [NAME=VALUE]...: the first step.
install() {
    env RUNNER_OS=Linux RUNNER_ARCH=X64 RUNNER_TEMP="$work/runner" GITHUB_SERVER_URL="file://$work/server" \
        GITHUB_PATH="$work/path" REPOSITORY=owner/lambda-img VERSION= PROVENANCE=auto "$@" \
        bash "$work/tree/packaging/action/install"
}
refuses() {
    release
    "${@:3}"
    fails "$1" install "$2"
    equal "" "$(cat "$work/path")"
}
nothing() { :; }

by_its_own_version() {
    release
    # Neither a tag nor a branch names the version: the source of the action does.
    install >/dev/null
    equal "$work/runner/$program" "$(cat "$work/path")"
    equal "gh attestation verify $program.tar.gz --repo owner/lambda-img --signer-workflow owner/lambda-img/.github/workflows/release.yml --source-ref refs/tags/v1.2.3 --deny-self-hosted-runners" "$(calls gh --help)"
    "$(cat "$work/path")/lambda-img" version >/dev/null
}
test_that "a release is installed, verified, by the version of the action's source" by_its_own_version

in_a_clone() {
    release
    stub cargo <<<:
    install REPOSITORY= GITHUB_ACTION_PATH=/clone
    equal "cargo install --quiet --locked --path /clone --root $work/runner/lambda-img" "$(calls cargo)"
    equal "$work/runner/lambda-img/bin" "$(cat "$work/path")"
}
test_that "in a clone, the clone is compiled" in_a_clone

with_and_without_v() {
    for version in 1.2.3 v1.2.3; do
        release
        install VERSION=$version >/dev/null
        equal "$work/runner/$program" "$(cat "$work/path")"
    done
    release
    fails v9.9.9 install VERSION=9.9.9
}
test_that "a version is taken with and without its v" with_and_without_v

tampered() { printf x >>"$work/server/owner/lambda-img/releases/download/v1.2.3/$program.tar.gz"; }
test_that "other bytes than the sums say are not run" refuses FAILED VERSION= tampered
unattested() { stub gh <<<'case $* in *--help) ;; *) echo "no attestations found" >&2; exit 1 ;; esac'; }
test_that "a program that another workflow built is not run" refuses "no attestations found" PROVENANCE=auto unattested
old_gh() { stub gh <<<'echo "unknown command" >&2; exit 1'; }
test_that "where provenance is a must, a machine that cannot verify it fails" refuses "unknown command" PROVENANCE=always old_gh
test_that "a version that is a path is refused" refuses "not like 1.2.3" VERSION=../../../../evil nothing
test_that "a version of two lines is refused" refuses "not like 1.2.3" "VERSION=1.2.3"$'\n'"/evil" nothing
test_that "a machine without a program is told" refuses "no program for Windows-X64" RUNNER_OS=Windows nothing
test_that "a word that is not a choice is refused" refuses "not one of auto, always, never" PROVENANCE=yes nothing

without_gh() {
    release
    old_gh
    local said
    said=$(install)
    [[ $said == *"::notice::"*"not verified"* ]]
    equal "$work/runner/$program" "$(cat "$work/path")"
    release
    install PROVENANCE=never >/dev/null
    equal "" "$(calls gh)"
}
test_that "an old machine is told that nothing was verified; who wants no verification gets none" without_gh

words() {
    release
    install >/dev/null
    local said
    said=$(cd "$repository" && PATH=$(cat "$work/path"):$PATH FUNCTION='a b' ARGS=$'--tag x/*\n  $(id) -q' bash packaging/action/build)
    equal $'build\na b\n--tag\nx/*\n$(id)\n-q\n--ci\ngithub' "$said"
    said=$(cd "$repository" && PATH=$(cat "$work/path"):$PATH FUNCTION='' ARGS='' bash packaging/action/build)
    equal $'build\n--ci\ngithub' "$said"
}
test_that "arguments are words: no file names, no commands" words

# build [NAME=VALUE]...: the second step, whose program prints the variables of the registry cache.
build() {
    stub lambda-img <<<'env | grep ^LAMBDA_IMG_REGISTRY_CACHE | sort || true'
    env FUNCTION= ARGS= REPOSITORY=team/shop HEAD_REPOSITORY= "$@" bash "$repository/packaging/action/build"
}
shared=(REGISTRY_CACHE=r.example/cache REGISTRY_CACHE_WRITE=r.example/cache)
reads=LAMBDA_IMG_REGISTRY_CACHE=r.example/cache
writes=LAMBDA_IMG_REGISTRY_CACHE_WRITE=r.example/cache
# What beats lambda-img.toml of the checkout.
nothing=LAMBDA_IMG_REGISTRY_CACHE_WRITE=none

own_events() {
    for event in push schedule workflow_dispatch repository_dispatch merge_group release; do
        equal "$reads"$'\n'"$writes" "$(build EVENT=$event "${shared[@]}")"
    done
    equal "$reads"$'\n'"$writes" "$(build EVENT=pull_request HEAD_REPOSITORY=team/shop "${shared[@]}")"
    equal "" "$(build EVENT=push)"
    equal "$writes" "$(build EVENT=push "$writes")"
}
test_that "what was pushed to the repository itself reads and writes the registry cache" own_events

of_others() {
    for event in "EVENT=pull_request HEAD_REPOSITORY=fork/shop" EVENT=pull_request EVENT=pull_request_target \
        "EVENT=pull_request_target HEAD_REPOSITORY=team/shop" EVENT=workflow_run EVENT=issue_comment EVENT=; do
        read -ra event <<<"$event"
        said=$(build "${event[@]}" "${shared[@]}")
        equal "$reads"$'\n'"$nothing" "$(grep -v ::notice:: <<<"$said")"
        [[ $said == "::notice::nothing is written"* ]]
        # The variable of the job is not left, either.
        equal "$nothing" "$(build "${event[@]}" "$writes" | grep -v ::notice::)"
        equal "$nothing" "$(build "${event[@]}")"
        fails "use the input" build "${event[@]}" ARGS='--push --registry-cache-write r.example/cache'
        fails "use the input" build "${event[@]}" ARGS=--registry-cache-write=r.example/cache
    done
    equal "" "$(build EVENT=push ARGS='--registry-cache-write r.example/cache')"
}
test_that "what forks and outsiders can influence never writes to it" of_others
echo "action.sh: $passed passed"
