//! No false alarm: what a Docker engine makes of the Dockerfiles that AWS documents, on stand-ins of its bases, and
//! our own images of every example.

use std::path::Path;

use crate::common::{Place, must};
use crate::layout::program;
use crate::support::{self, Docker, example, stand_in, stand_in_archive};

/// The entry point of AWS's documents on bases of others, and the client that they install.
const CLIENT: &str = "FROM stand-in/python3.11:base\nCOPY --chmod=755 app.py /function/\nWORKDIR /function\n\
                      ENV PYTHONPATH=/var/runtime\nENTRYPOINT [ \"/usr/bin/python3.11\", \"-m\", \"awslambdaric\" ]\n\
                      CMD [ \"app.handler\" ]\n";

/// Name, stand-in, runtime, and the Dockerfile behind `FROM` (developer guide, "Creating images"; `{}` is the base).
const DOCUMENTED: [(&str, &str, &str, &str); 10] = [
    ("python", "python3.11", "python3.11", "COPY app.py ${LAMBDA_TASK_ROOT}\nCMD [ \"app.handler\" ]\n"),
    (
        "python-with-dependencies",
        "python3.11",
        "python3.11",
        "COPY requirements.txt .\nCOPY python/ ${LAMBDA_TASK_ROOT}\nCOPY app.py ${LAMBDA_TASK_ROOT}\n\
         CMD [ \"app.handler\" ]\n",
    ),
    ("nodejs", "nodejs22.x", "nodejs22.x", "COPY nodejs/ ${LAMBDA_TASK_ROOT}/\nCMD [ \"index.handler\" ]\n"),
    (
        "ruby",
        "shaped",
        "ruby3.3",
        "COPY ruby/ ${LAMBDA_TASK_ROOT}/\nCMD [ \"lambda_function.LambdaFunction::Handler.process\" ]\n",
    ),
    (
        "java",
        "shaped",
        "java17",
        "COPY java/ ${LAMBDA_TASK_ROOT}\nCMD [ \"example.Handler::handleRequest\" ]\n",
    ),
    (
        "dotnet",
        "shaped",
        "dotnet8",
        "COPY dotnet/ ${LAMBDA_TASK_ROOT}\nCMD [ \"Hello::Hello.Function::Handle\" ]\n",
    ),
    (
        "custom",
        "provided.al2023",
        "provided.al2023",
        "COPY main ${LAMBDA_RUNTIME_DIR}/bootstrap\nCMD [ \"any\" ]\n",
    ),
    ("go", "provided.al2023", "provided.al2023", "COPY main /main\nENTRYPOINT [ \"/main\" ]\n"),
    ("go-relative", "provided.al2023", "provided.al2023", "COPY main ./main\nENTRYPOINT [ \"./main\" ]\n"),
    ("go1.x", "go1.x", "go1.x", "COPY main ${LAMBDA_TASK_ROOT}/main\nCMD [ \"main\" ]\n"),
];

/// The findings of an image, as `id: subject`.
fn findings(place: &Place, arguments: &str) -> Vec<String> {
    let object = place.run(&format!("check {arguments} --json"));
    let object: serde_json::Value = serde_json::from_str(&object.stdout)
        .unwrap_or_else(|error| panic!("{arguments}: {error}: {object:?}"));
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let findings = object["findings"].as_array().unwrap().iter();
    findings
        .map(|one| format!("{} {}: {} {}", one["level"], text(&one["id"]), one["subject"], one["message"]))
        .collect()
}

fn copy(from: &Path, to: &Path) {
    must(std::process::Command::new("cp").arg("-r").arg(from).arg(to));
}

#[test]
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
    let mut check = |name: &str, base: &str, runtime: &str, dockerfile: &str| {
        let base = docker.load(&stand_in_archive(base));
        let file = place.write("Dockerfile", dockerfile.replace("{}", &base));
        let mut build = docker.command();
        build.env("DOCKER_BUILDKIT", "0").args(["build", "--quiet", "-t", "made:v1", "-f"]).arg(file);
        support::output(build.arg(&context));
        docker.run(&["save", "-o", place.path("made.tar").to_str().unwrap(), "made:v1"]);
        // As it is pushed: compressed, with a manifest.
        let copy = ["--insecure-policy", "copy", "-q", "docker-archive:made.tar", "oci:made:v1"];
        must(place.program("skopeo").args(copy));
        let found = [
            findings(&place, &format!("oci:made:v1 {runtime}")),
            findings(&place, &format!("docker-archive:made.tar {runtime}")),
        ]
        .concat();
        wrong.extend(found.into_iter().map(|finding| format!("{name}: {finding}")));
        // The engine copies every layer whole: what is done goes before the next.
        docker.run(&["rmi", "--force", "made:v1"]);
        std::fs::remove_dir_all(place.path("made")).unwrap();
        std::fs::remove_file(place.path("made.tar")).unwrap();
    };
    for (name, base, runtime, rest) in DOCUMENTED {
        check(name, base, &format!("--runtime {runtime}"), &format!("FROM {{}}\n{rest}"));
    }
    check("client", "python3.11", "", CLIENT);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Name, path, stand-in, and the arguments of its README.
const EXAMPLES: [(&str, &str, &str, &str); 10] = [
    ("python", "build", "python3.11", "--runtime python3.11 --handler app.handler"),
    ("nodejs", "build", "nodejs22.x", "--runtime nodejs22.x --handler index.handler"),
    (
        "ruby",
        "build",
        "shaped",
        "--runtime ruby3.3 --handler lambda_function.LambdaFunction::Handler.process",
    ),
    ("java", "build", "shaped", "--runtime java17 --handler example.Handler::handleRequest"),
    ("dotnet", "publish", "shaped", "--runtime dotnet8 --handler Hello::Hello.Function::Handle"),
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
        let ran = crate::common::run(place.tool(&build).current_dir(&dir));
        assert_eq!(ran.code, Some(0), "{name}: {ran:?}");
        let runtime: Vec<_> = arguments.split(' ').take(2).collect();
        let found = findings(&place, &format!("oci:{name}:v1 --deep {}", runtime.join(" ")));
        wrong.extend(found.into_iter().map(|finding| format!("{name}: {finding}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
