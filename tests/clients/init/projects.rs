//! Each shape of project: `init`, `build`, an event.

use serde_json::{Value, json};

use super::{Project, base};

/// A project with one function works: it is found, built, built again without running anything, and answers.
fn works(name: &str, on: &str, event: Value, answer: Value) -> Project {
    let project = Project::new(name);
    project.init();
    project.builds(name, &base(on));
    assert_eq!(project.answers(name, &event), answer, "{name}");
    project
}

fn python(name: &str) -> Project {
    works(name, "python3.11", json!({"name": "Tea & Milk"}), json!({"slug": "tea-milk"}))
}

fn nodejs(name: &str) -> Project {
    works(name, "nodejs22.x", json!({"millis": 7_200_000}), json!({"long": "2 hours"}))
}

#[test]
fn python_with_pip() {
    let project = python("python-pip");
    project.builds_anew("python-pip", &base("python3.11"));
    let files = project.files("python-pip");
    assert!(files.iter().any(|file| file == "slugify/__pycache__/slugify.cpython-311.pyc"), "{files:?}");
    assert!(!files.iter().any(|file| file.starts_with("tests") || file.starts_with("bin")), "{files:?}");
}

#[test]
fn python_with_pip_and_hashes_and_a_decorated_handler() {
    python("python-pip-hashes");
}

#[test]
fn python_with_uv() {
    let files = python("python-uv").files("python-uv");
    assert!(!files.iter().any(|file| file.contains("iniconfig")), "a development requirement: {files:?}");
}

#[test]
fn python_with_poetry_a_source_directory_and_an_object_for_a_handler() {
    let files = python("python-poetry").files("python-poetry");
    assert!(files.iter().any(|file| file == "orders/app.py"), "{files:?}");
    assert!(!files.iter().any(|file| file.contains("iniconfig")), "a development requirement: {files:?}");
}

#[test]
fn python_with_pipenv() {
    python("python-pipenv");
}

#[test]
fn python_with_a_project_table_and_no_lock_file() {
    python("python-project");
}

#[test]
fn python_whose_pyproject_is_for_tools_alone() {
    let event = json!({"name": "TEA"});
    works("python-tools-only", "python3.11", event, json!({"slug": "tea"}));
}

#[test]
fn python_with_fastapi_and_mangum() {
    let event = json!({
        "version": "2.0", "rawPath": "/hello", "rawQueryString": "name=Ada", "headers": {"host": "x"},
        "requestContext": {"http": {"method": "GET", "path": "/hello", "sourceIp": "127.0.0.1"}, "stage": "$default"},
        "isBase64Encoded": false,
    });
    let project = Project::new("python-fastapi");
    project.init();
    project.builds("python-fastapi", &base("python3.11"));
    let answer = project.answers("python-fastapi", &event);
    assert_eq!(
        (&answer["statusCode"], &answer["body"]),
        (&json!(200), &json!("{\"hello\":\"Ada\"}")),
        "{answer}"
    );
}

#[test]
fn nodejs_with_npm() {
    let files = nodejs("node-npm").files("node-npm");
    assert!(!files.iter().any(|file| file.contains("isexe") || file.contains("lock")), "{files:?}");
}

#[test]
fn nodejs_with_modules_and_exports() {
    nodejs("node-esm");
}

#[test]
fn nodejs_with_pnpm_and_its_links() {
    let project = works("node-pnpm", "nodejs22.x", json!({"millis": 7_200_000}), json!({"long": "2h"}));
    project.builds_anew("node-pnpm", &base("nodejs22.x"));
    let files = project.files("node-pnpm");
    // `debug` finds `ms` beside itself, not at the top.
    assert!(!files.iter().any(|file| file.starts_with("node_modules/ms")), "{files:?}");
}

#[test]
fn nodejs_with_the_first_yarn() {
    nodejs("node-yarn-classic");
}

#[test]
fn nodejs_with_a_later_yarn() {
    nodejs("node-yarn-berry");
}

#[test]
fn nodejs_with_workspaces() {
    let project = Project::new("node-workspaces");
    project.init();
    project.builds_anew("shop-orders", &base("nodejs22.x"));
    assert_eq!(project.answers("shop-orders", &json!({"millis": 7_200_000})), json!({"long": "2 hours"}));
    let files = project.files("shop-orders");
    assert!(
        !files.iter().any(|file| file.starts_with("packages/site") || file.contains("isexe")),
        "{files:?}"
    );
}

#[test]
fn typescript_with_tsc() {
    let files = works("node-tsc", "nodejs22.x", json!({"millis": "7200000"}), json!({"long": "2 hours"}))
        .files("node-tsc");
    assert!(!files.iter().any(|file| file.ends_with("index.ts") || file.contains("typescript")), "{files:?}");
}

#[test]
fn typescript_with_esbuild() {
    let project =
        works("node-esbuild", "nodejs22.x", json!({"millis": "7200000"}), json!({"long": "2 hours"}));
    // All is in the bundle.
    assert_eq!(project.files("node-esbuild").iter().filter(|file| file.contains('.')).count(), 1);
}

#[test]
fn go_with_two_commands() {
    let project = Project::new("go");
    project.init();
    for (function, answer) in [("list", json!({"orders": 2})), ("put", json!([1]))] {
        project.builds_anew(function, "embedded");
        assert_eq!(project.answers(function, &json!([1])), answer);
    }
}

#[test]
fn rust_with_a_workspace() {
    let project = Project::new("rust-workspace");
    project.init();
    for (function, answer) in [("list", json!({"orders": 2})), ("put", json!({"put": [1], "bytes": 3}))] {
        project.builds_anew(function, "embedded");
        assert_eq!(project.answers(function, &json!([1])), answer);
    }
}

#[test]
fn a_bootstrap_in_shell() {
    let project = works("shell", "provided.al2023", json!("x"), json!({"echo": "x", "uid": 0}));
    let files = project.files("shell");
    assert!(files.iter().any(|file| file == "function.sh"), "{files:?}");
}
