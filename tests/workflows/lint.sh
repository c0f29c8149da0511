#!/bin/bash
# A fault in a workflow is found: each is planted alone in a copy of this repository.
. "$(dirname "$0")/common.sh"
lint() { bash "$repository/.ci/lint-workflows" "$work/copy" "$@"; }

# A copy of what is judged, with a history to ask for its files.
fresh() {
    rm -rf "$work/copy"
    mkdir "$work/copy"
    (cd "$repository" && git ls-files -z --cached --others --exclude-standard -- .github .ci packaging templates action.yml .shellcheckrc \
        | xargs -0 sh -c 'for file; do [ ! -f "$file" ] || printf "%s\0" "$file"; done' sh \
        | tar --null --files-from=- -cf -) | tar -xf - -C "$work/copy"
    git -C "$work/copy" init --quiet
}

# plant FILE PROGRAM-OF-SED JUDGE WORDS: the fault is put into the copy, and the judge says the words.
plant() {
    fresh
    cp "$work/copy/$1" "$work/before"
    sed -i -E "$2" "$work/copy/$1"
    if cmp -s "$work/before" "$work/copy/$1"; then
        fail "nothing was planted: $2"
    fi
    fails "$4" lint "$3"
}

fresh
test_that "nothing is found in a copy without a fault" lint
test_that "an action without a commit" \
    plant .github/workflows/test.yml 's/(actions\/checkout)@[0-9a-f]+ # (v[0-9.]+)/\1@\2/' zizmor unpinned-uses
test_that "an action of a branch in action.yml" \
    plant action.yml 's/^    - name: Build/    - uses: actions\/checkout@main\n    - name: Build/' zizmor unpinned-uses
test_that "an expression inside a script" \
    plant .github/workflows/release.yml 's/packaging\/build out "\$TARGET"/packaging\/build out ${{ github.head_ref }}/' zizmor template-injection
test_that "an input of the action inside a script" \
    plant action.yml 's/action\/build"/action\/build" ${{ inputs.args }}/' zizmor template-injection
test_that "a workflow that leaves its permissions to the repository" \
    plant .github/workflows/lint.yml '/^permissions: \{\}$/d' zizmor excessive-permissions
test_that "a job with all permissions" \
    plant .github/workflows/docs.yml 's/^      contents: read.*/      contents: write-all/' schemas docs.yml
test_that "a checkout that leaves its token behind" \
    plant .github/workflows/nightly.yml 's/persist-credentials: false/fetch-depth: 1/' zizmor artipacked
test_that "a workflow on the requests of strangers, with secrets" \
    plant .github/workflows/test.yml 's/^  pull_request:/  pull_request_target:/' zizmor dangerous-triggers
test_that "a cache in a release" \
    plant .github/workflows/release.yml 's/package-manager-cache: false/cache: npm/' zizmor cache-poisoning
test_that "a job without an end" \
    plant .github/workflows/clients.yml '/timeout-minutes/d' jactionlint missing-timeout
test_that "an input that its action does not have" \
    plant .github/workflows/docs.yml 's/path: target\/book/paths: target\/book/' jactionlint 'input "paths" is not defined'
test_that "a context that does not exist" \
    plant .github/workflows/release.yml 's/matrix\.target \}\}$/matrix.targets }}/' jactionlint 'property "targets" is not defined'
test_that "a machine that does not exist" \
    plant .github/workflows/test.yml 's/macos-15,/macos-12,/' jactionlint macos-12
test_that "a key that does not exist" \
    plant .github/workflows/test.yml 's/timeout-minutes/timeout-minute/' schemas timeout-minute
test_that "updates without a pause" \
    plant .github/dependabot.yml '/cooldown/d' zizmor dependabot-cooldown
test_that "a key that GitLab does not have" \
    plant templates/lambda-img.yml 's/^  script:/  scripts:/' schemas scripts
test_that "words that are not quoted, inside a workflow" \
    plant .github/workflows/release.yml 's/target\/"\$TARGET"/target\/$TARGET/' jactionlint SC2086
test_that "words that are not quoted, in a script" \
    plant packaging/verify 's/cd "\$1"/cd $1/' scripts SC2086

updated() { (cd "$1" && "$repository/target/lint-tools/bin/python" "$repository/tests/workflows/pins.py"); }
updates() {
    updated "$repository"
    fresh
    sed -i 's/"\/fuzz", //' "$work/copy/.github/dependabot.yml"
    mkdir "$work/copy/fuzz" && touch "$work/copy/fuzz/Cargo.lock" && git -C "$work/copy" add .
    fails "nothing updates cargo in /fuzz" updated "$work/copy"
}
test_that "whatever is pinned is updated" updates

# What `run` starts, as `bash SCRIPT` or by itself.
called() {
    (cd "$repository" && grep -hoE 'run: (bash )?(\.ci|packaging|fuzz|tests)/[^ ]+' .github/workflows/*.yml | sort -u |
        sed 's/^run: //')
}
scripts_are_there() {
    local mode
    [ "$(called | wc -l)" -gt 15 ]
    while IFS= read -r script; do
        mode=$(git -C "$repository" ls-files --stage -- "${script#bash }" | cut -c 1-6)
        case $script in "bash "*) [ -n "$mode" ] ;; *) [ "$mode" = 100755 ] ;; esac || fail "a workflow calls \`$script\`: mode $mode"
    done < <(called)
}
test_that "scripts that workflows call are there and can be started" scripts_are_there
echo "lint.sh: $passed passed"
