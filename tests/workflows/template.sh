#!/bin/bash
# What the GitLab template does before it builds. (tests/slow/packaging runs the whole job, with the real program.)
. "$(dirname "$0")/common.sh"

# guard [NAME=VALUE]...: the part of the script about forks, then what is left of the variables.
guard() {
    {
        echo 'set -eu'
        sed -n '/# A merge request of a fork/,/^      fi$/p' "$repository/templates/lambda-img.yml" | sed 's/^      //'
        # shellcheck disable=SC2016 # for the shell that runs it
        # As the program sees them.
        echo "sh -c 'echo \"\${LAMBDA_IMG_REGISTRY_CACHE:-} \${LAMBDA_IMG_REGISTRY_CACHE_WRITE:-}\"'"
    } >"$work/guard"
    grep -q WRITE=none "$work/guard"
    env CI_PROJECT_ID=7 LAMBDA_IMG_ARGS= LAMBDA_IMG_REGISTRY_CACHE=r.example/cache \
        LAMBDA_IMG_REGISTRY_CACHE_WRITE=r.example/cache "$@" sh "$work/guard"
}

own_pipelines() {
    equal "r.example/cache r.example/cache" "$(guard)"
    equal "r.example/cache r.example/cache" "$(guard CI_MERGE_REQUEST_SOURCE_PROJECT_ID=7)"
}
test_that "pipelines of the project read and write the registry cache" own_pipelines

of_forks() {
    # `none` beats lambda-img.toml of the checkout; no variable does not.
    equal "r.example/cache none" "$(guard CI_MERGE_REQUEST_SOURCE_PROJECT_ID=8)"
    equal "r.example/cache none" "$(guard CI_MERGE_REQUEST_SOURCE_PROJECT_ID=8 LAMBDA_IMG_REGISTRY_CACHE_WRITE=)"
    fails "use LAMBDA_IMG_REGISTRY_CACHE_WRITE" guard CI_MERGE_REQUEST_SOURCE_PROJECT_ID=8 \
        LAMBDA_IMG_ARGS='--push --registry-cache-write r.example/cache'
}
test_that "merge requests of forks never write to it" of_forks
echo "template.sh: $passed passed"
