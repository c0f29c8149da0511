#!/bin/bash
# What the tests use is what is pinned: by name, version and hash, whatever the machine has.
. "$(dirname "$0")/common.sh"
cd "$repository"

# Every package in a list of pip's has a version and a hash, every one of npm's its integrity; no line names a registry.
hashed() {
    local lists
    mapfile -t lists < <(git ls-files '*requirements.txt' '*package-lock.json' '.ci/requirements/*.txt' 'tests/stand-ins/*.txt' |
        # Projects as users have them: some name versions alone, which is what `init` is to find.
        grep -Ev '^tests/data/(settings/projects|init/python-(pip|fastapi))/')
    [ ${#lists[@]} -ge 8 ] || fail "only these lists: ${lists[*]}"
    python3 - "${lists[@]}" <<'PYTHON'
import json, re, sys

wrong = []
for path in sys.argv[1:]:
    text = open(path).read()
    if path.endswith(".json"):
        packages = json.loads(text)["packages"]
        # A workspace's own packages are directories of it: they come from no registry.
        foreign = {name: one for name, one in packages.items() if name.startswith("node_modules/") and not one.get("link")}
        wrong += [f"{path}: {name}" for name, one in foreign.items() if not (one.get("integrity") or one.get("inBundle"))]
        wrong += [f"{path}: {name}: {one['resolved']}" for name, one in foreign.items() if "resolved" in one]
    else:
        lines = [line for line in text.replace("\\\n", " ").splitlines() if line.strip() and not line.lstrip().startswith("#")]
        wrong += [f"{path}: {line[:60]}" for line in lines if not re.match(r"^[\w.\[\]-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", line)]
for one in wrong:
    print(one)
sys.exit(bool(wrong))
PYTHON
}

# Every module that a test's Python imports is Python's own, or of a package that one of the lists names.
imported() {
    local files
    # The functions of tests/data/init bring their own packages.
    mapfile -t files < <(git ls-files 'tests/*.py' 'tests/*.rs' 'docs/*.py' | grep -v '^tests/data/init/')
    python3 - "${files[@]}" <<'PYTHON'
import re, sys

lists = [open(path).read() for path in ("tests/tools/requirements.in", ".ci/requirements/sbom.in")]
named = {name for text in lists for name in re.findall(r"^([\w-]+)", text, re.M)}
# No package has this module: a faulty function imports it.
named.add("nothing_of_this_name")
packages = {"samtranslator": "aws-sam-translator", "cyclonedx": "cyclonedx-python-lib", "packageurl": "packageurl-python", "yaml": "pyyaml", "tree_sitter": "tree-sitter", "tree_sitter_pwsh": "tree-sitter-pwsh", "jwt": "pyjwt", "google": "protobuf", "in_toto_attestation": "in-toto-attestation", "sigstore_models": "sigstore-models"}
wrong, seen = [], set()
for path in sys.argv[1:]:
    text = open(path).read()
    if path.endswith(".rs") and "import json" not in text and "tree_sitter" not in text:
        continue
    if path.startswith(("tests/workflows/", "tests/data/projects/", "tests/data/settings/projects/")):
        continue  # with packages of its own (.ci/lint-workflows), or functions to build
    for line in re.findall(r"^\s*(?:let \w+ = )?\"?(?:import|from) ([\w., ]+?)(?: import .*)?(?:\\n\\)?$", text, re.M):
        for module in (one.strip().split(".")[0] for one in line.split(",")):
            if module and module not in sys.stdlib_module_names:
                seen.add(module)
                if packages.get(module, module) not in named:
                    wrong.append(f"{path}: {module}")
for one in wrong:
    print(one)
sys.exit(bool(wrong) or not {"samtranslator", "yaml", "botocore", "jsonschema"} <= seen)
PYTHON
}

# Tools of another set of pins are not taken: tests do not start, and the hermetic ones and the library's own do.
stale() {
    export XDG_CACHE_HOME=$work/cache
    fails 'run `bash .ci/install`' .ci/with-tools "$work/target/debug/deps/clients-0123"
    mkdir -p "$work/target/debug/deps" "$work/cache/lambda-img-tests/0123456789abcdef/bin"
    touch "$work/cache/lambda-img-tests/0123456789abcdef/complete"
    fails 'run `bash .ci/install`' .ci/with-tools "$work/target/debug/deps/clients-0123"
    local one
    for one in lambda_img hermetic; do
        printf '#!/bin/sh\necho ran\n' >"$work/target/debug/deps/$one-0123"
        chmod +x "$work/target/debug/deps/$one-0123"
        equal ran "$(.ci/with-tools "$work/target/debug/deps/$one-0123")"
    done
}

# What is pinned is found first, whatever is on PATH.
first() {
    export XDG_CACHE_HOME=$work/cache
    local tools
    tools=$(.ci/tools)
    mkdir -p "$tools/bin" "$work/old"
    printf '#!/bin/sh\necho pinned\n' | tee "$tools/bin/moto_server" >/dev/null
    printf '#!/bin/sh\necho old\n' | tee "$work/old/moto_server" >/dev/null
    chmod +x "$tools/bin/moto_server" "$work/old/moto_server"
    touch "$tools/complete"
    equal pinned "$(PATH=$work/old:$PATH .ci/with-tools sh -c moto_server)"
    # The name is that of the pins.
    mkdir -p "$work/other/.ci" "$work/other/tests/tools"
    cp .ci/tools "$work/other/.ci"
    echo 'moto==0.0.1' >"$work/other/tests/tools/requirements.txt"
    [ "$("$work/other/.ci/tools")" != "$tools" ] || fail "other pins have the same directory"
}

test_that "every package that tests use is pinned by its hash" hashed
test_that "every module that tests import is named" imported
test_that "tools of other pins are not used" stale
test_that "the pinned tools are found before the machine's" first
echo "tools.sh: $passed passed"
