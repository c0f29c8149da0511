//! No false alarm: what a Docker engine makes of the Dockerfiles that AWS documents, on stand-ins of its bases, and
//! our own images of every example.

use std::path::Path;

use serde_json::Value;

use crate::harness::common::{Place, must};
use crate::harness::layout::program;
use crate::harness::support::{self, Docker, example, stand_in, stand_in_archive};

/// Name, stand-in, option, and the Dockerfile behind `FROM` (developer guide, "Creating images").
const DOCUMENTED: [(&str, &str, &str, &str); 11] = [
    ("python", "python3.11", "-r python3.11", "COPY app.py ${LAMBDA_TASK_ROOT}\nCMD [ \"app.handler\" ]\n"),
    (
        "python-with-dependencies",
        "python3.11",
        "-r python3.11",
        "COPY requirements.txt .\nCOPY python/ ${LAMBDA_TASK_ROOT}\n\
         CMD [ \"app.handler\" ]\n",
    ),
    (
        "nodejs",
        "nodejs22.x",
        "-r nodejs22.x",
        "COPY nodejs/ ${LAMBDA_TASK_ROOT}/\nCMD [ \"index.handler\" ]\n",
    ),
    (
        "ruby",
        "go1.x",
        "-r ruby3.3",
        "COPY ruby/ ${LAMBDA_TASK_ROOT}/\nCMD [ \"lambda_function.LambdaFunction::Handler.process\" ]\n",
    ),
    (
        "java",
        "go1.x",
        "-r java17",
        "COPY java/ ${LAMBDA_TASK_ROOT}\nCMD [ \"example.Handler::handleRequest\" ]\n",
    ),
    (
        "dotnet",
        "go1.x",
        "-r dotnet8",
        "COPY dotnet/ ${LAMBDA_TASK_ROOT}\nCMD [ \"Hello::Hello.Function::Handle\" ]\n",
    ),
    (
        "custom",
        "provided.al2023",
        "-r provided.al2023",
        "COPY main ${LAMBDA_RUNTIME_DIR}/bootstrap\nCMD [ \"any\" ]\n",
    ),
    ("go", "provided.al2023", "-r provided.al2023", "COPY main /main\nENTRYPOINT [ \"/main\" ]\n"),
    ("go-relative", "provided.al2023", "-r provided.al2023", "COPY main ./main\nENTRYPOINT [ \"./main\" ]\n"),
    ("go1.x", "go1.x", "-r go1.x", "COPY main ${LAMBDA_TASK_ROOT}/main\nCMD [ \"main\" ]\n"),
    // On a base of others, with the client that AWS's documents install.
    (
        "client",
        "python3.11",
        "",
        "COPY app.py /function/\nWORKDIR /function\nENV PYTHONPATH=/var/runtime\n\
         ENTRYPOINT [ \"/usr/bin/python3.11\", \"-m\", \"awslambdaric\" ]\nCMD [ \"app.handler\" ]\n",
    ),
];

/// The findings of an image, as text, but for what the calendar brings, and the variables that the stand-in lacks
/// and .NET's bases have.
pub fn findings(place: &Place, arguments: &str) -> Vec<String> {
    let ran = place.run(&format!("check {arguments} --json"));
    let object: Value =
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{arguments}: {error}: {ran:?}"));
    let findings = object["findings"].as_array().unwrap().iter().filter(|one| {
        let calendar = one["id"] == "runtime-ending" || one["id"] == "runtime-deprecated";
        let dotnet = one["id"] == "base-config" && one["message"].as_str().unwrap().contains("ENV DOTNET_");
        !calendar && !dotnet
    });
    findings
        .map(|one| format!("{}: {} {} {}", one["level"], one["id"], one["subject"], one["message"]))
        .collect()
}

fn copy(from: &Path, to: &Path) {
    must(std::process::Command::new("cp").arg("-rp").arg(from).arg(to));
}

#[test]
#[ignore = "nightly: builds eleven images twice over, for two minutes"]
fn what_docker_builds_of_the_documented_dockerfiles_has_no_finding() {
    let place = Place::new();
    let context = place.dir("context");
    place.write("context/app.py", "def handler(event, context):\n    return event\n");
    place.write("context/requirements.txt", "python-slugify\n");
    place.script("context/main", program(62));
    for name in ["python", "nodejs", "ruby", "java"] {
        copy(&example(name).join("build"), &context.join(name));
    }
    copy(&example("dotnet").join("publish"), &context.join("dotnet"));
    let docker = Docker::start();
    let mut wrong = Vec::new();
    for base in ["provided.al2023", "go1.x", "python3.11", "nodejs22.x"] {
        let loaded = docker.load(&stand_in_archive(base));
        let of_base = DOCUMENTED.iter().filter(|(_, on, ..)| *on == base);
        for (name, _, runtime, rest) in of_base {
            let file = place.write("Dockerfile", format!("FROM {loaded}\n{rest}"));
            let mut build = docker.command();
            build.env("DOCKER_BUILDKIT", "0").args(["build", "--quiet", "-t", "made:v1", "-f"]).arg(file);
            support::output(build.arg(&context));
            docker.run(&["save", "-o", place.path("made.tar").to_str().unwrap(), "made:v1"]);
            let mut found = findings(&place, &format!("docker-archive:made.tar {runtime}"));
            if base == "provided.al2023" {
                // As it is pushed: compressed, with a manifest.
                let copy = ["--insecure-policy", "copy", "-q", "docker-archive:made.tar"];
                must(place.program("skopeo").args(copy).arg(format!("oci:pushed:{name}")));
                found.extend(findings(&place, &format!("oci:pushed:{name} {runtime}")));
            }
            wrong.extend(found.into_iter().map(|finding| format!("{name}: {finding}")));
            // The engine copies every layer whole: what is done goes before the next.
            docker.run(&["rmi", "--force", "made:v1"]);
        }
        docker.run(&["rmi", "--force", &loaded]);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Name, path, stand-in, and the arguments of its README.
const EXAMPLES: [(&str, &str, &str, &str); 10] = [
    ("python", "build", "python3.11", "--runtime python3.11 --handler app.handler"),
    ("nodejs", "build", "nodejs22.x", "--runtime nodejs22.x --handler index.handler"),
    ("ruby", "build", "go1.x", "--runtime ruby3.3 --handler lambda_function.LambdaFunction::Handler.process"),
    ("java", "build", "go1.x", "--runtime java17 --handler example.Handler::handleRequest"),
    ("dotnet", "publish", "go1.x", "--runtime dotnet8 --handler Hello::Hello.Function::Handle"),
    ("go", "build/main", "go1.x", "--runtime go1.x --handler main"),
    ("rust", "build/bootstrap", "", "--runtime provided.al2023"),
    ("shell", "function", "provided.al2023", "--runtime provided.al2023 --handler function.handler"),
    (
        "lambda-layer",
        "function",
        "python3.11",
        "--runtime python3.11 --handler app.handler --lambda-layer layer",
    ),
    (
        "extension",
        "../shell/function",
        "provided.al2023",
        "--runtime provided.al2023 --handler function.handler --extension hello-extension",
    ),
];

#[test]
fn our_own_images_of_every_example_have_no_finding() {
    let place = Place::new();
    let mut wrong = Vec::new();
    for (name, path, base, arguments) in EXAMPLES {
        let dir = example(name);
        let base = match base {
            "" => "embedded".to_owned(),
            name => format!("oci:{}:base", stand_in(name).display()),
        };
        let out = place.path(name);
        let build = format!("build {path} {arguments} --base {base} -o oci:{}:v1 -q", out.display());
        let ran = crate::harness::common::run(place.tool(&build).current_dir(&dir));
        assert_eq!(ran.code, Some(0), "{name}: {ran:?}");
        let runtime: Vec<_> = arguments.split(' ').take(2).collect();
        let found = findings(&place, &format!("oci:{name}:v1 --all-layers {}", runtime.join(" ")));
        wrong.extend(found.into_iter().map(|finding| format!("{name}: {finding}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
