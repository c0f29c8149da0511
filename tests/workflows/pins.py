"""pins.py: prints every directory that pins dependencies, in a file that git has, and that dependabot.yml does not update."""

import fnmatch, pathlib, subprocess, sys

import ruamel.yaml

PINS = {"Cargo.lock": "cargo", "package-lock.json": "npm", "requirements.txt": "pip"}
# What tests give to the tool as a project: old on purpose, or empty.
SAMPLES = ("tests/data/settings/projects/*", "tests/data/projects/*")

files = subprocess.run(["git", "ls-files"], capture_output=True, check=True, text=True).stdout.splitlines()
files = [pathlib.PurePath(name) for name in files if not any(fnmatch.fnmatch(name, sample) for sample in SAMPLES)]
kind = lambda path: PINS.get(path.name) or ("pip" if path.suffix == ".in" and path.with_suffix(".txt") in files else None)
pinned = {(kind(path), f"/{path.parent}".removesuffix("/.") or "/") for path in files if kind(path)}
document = ruamel.yaml.YAML(typ="safe").load(pathlib.Path(".github/dependabot.yml"))
updated = [(one["package-ecosystem"], place) for one in document["updates"] for place in one.get("directories", [])]
missing = [pin for pin in sorted(pinned) if not any(pin[0] == one and fnmatch.fnmatch(pin[1], place) for one, place in updated)]
for one, place in missing:
    print(f"nothing updates {one} in {place}")
sys.exit(bool(missing) or len(pinned) < 5)
