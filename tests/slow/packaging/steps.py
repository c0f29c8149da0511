"""steps.py FILE DIR [NAME=VALUE]...: runs the steps of a GitHub action or of a job of a GitLab template in DIR as their
runners would, in bash, with NAMEs as inputs or variables; prints the outputs as JSON."""

import json, os, pathlib, re, subprocess, sys

import yaml

file, place, *given = sys.argv[1:]
place = pathlib.Path(place)
given = dict(one.split("=", 1) for one in given)
document = yaml.safe_load(open(file))


def action():
    inputs = {name: given.get(name, about.get("default")) for name, about in document["inputs"].items()}
    contexts = {
        "inputs": inputs,
        "github": {
            "action_repository": os.environ["ACTION_REPOSITORY"],
            "token": "token",
            "repository": "team/shop",
            "event_name": "push",
            "event": {"pull_request": {"head": {"repo": {"full_name": ""}}}},
            "workspace": str(place / "work"),
        },
        "steps": {},
    }

    def look_up(path):
        value = contexts
        for part in path.split("."):
            value = value[part]
        return value

    def expand(text):
        """`${{ a.b || c.d }}`: the first that is not empty."""
        either = lambda found: next((value for value in map(look_up, re.split(r"\s*\|\|\s*", found[1])) if value), "")
        return re.sub(r"\$\{\{ (.*?) \}\}", either, text)

    path, out, summary = (place / f"github-{name}" for name in ("path", "output", "summary"))
    for step in document["runs"]["steps"]:
        path.touch()
        out.write_text("")
        more = ":".join(reversed(path.read_text().split()))
        environment = os.environ | {"GITHUB_PATH": path, "GITHUB_OUTPUT": out, "GITHUB_STEP_SUMMARY": summary}
        environment["GITHUB_ACTION_PATH"] = pathlib.Path(file).resolve().parent
        environment["PATH"] = f"{more}:{os.environ['PATH']}"
        environment |= {name: expand(text) for name, text in step.get("env", {}).items()}
        assert step["shell"] == "bash" and "${{" not in step["run"], step
        script = place / "step.sh"
        script.write_text(step["run"])
        bash = ["bash", "--noprofile", "--norc", "-eo", "pipefail", script]
        subprocess.run(bash, cwd=place / "work", env=environment, check=True, stdout=sys.stderr)
        outputs, lines = {}, iter(out.read_text().splitlines())
        for line in lines:
            name, end = line.split("<<", 1) if "<<" in line.split("=")[0] else (None, None)
            if name:
                outputs[name] = "\n".join(iter(lambda: next(lines), end))
            else:
                name, outputs[name] = line.split("=", 1)
        contexts["steps"][step.get("id")] = {"outputs": outputs}
    return {name: expand(about["value"]) for name, about in document["outputs"].items()}


def job():
    (about,) = document.values()
    variables = about["variables"] | given
    for name, value in variables.items():
        variables[name] = re.sub(r"\$(CI_\w+)", lambda found: os.environ[found[1]], value)
    script = place / "script.sh"
    script.write_text("\n".join(about["script"]) + "\n")
    bash = ["bash", "--noprofile", "--norc", "-eo", "pipefail", script]
    subprocess.run(bash, cwd=place / "work", env=os.environ | variables, check=True, stdout=sys.stderr)
    dotenv = (place / "work" / about["artifacts"]["reports"]["dotenv"]).read_text()
    return dict(line.split("=", 1) for line in dotenv.splitlines())


print(json.dumps(action() if "runs" in document else job()))
