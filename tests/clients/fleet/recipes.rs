//! The recipes of the documents, run as they are written, with an `aws` that holds its arguments to AWS's models.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{commit, git, ok};
use crate::harness::common::{self, Place, must};
use crate::harness::helpers::{self, Server};

/// Two functions that have local outputs, too, a registry that they are pushed to, and `aws` on the path.
struct Shop {
    place: Place,
    registry: Server,
    _folder: tempfile::TempDir,
}

impl Shop {
    fn new() -> Self {
        let place = Place::new();
        let folder = tempfile::tempdir().unwrap();
        let registry = helpers::docker_registry(folder.path(), "", "");
        place.script("fn/orders/bootstrap", "#!/bin/sh\n");
        place.script("fn/mail/bootstrap", "#!/bin/sh\n");
        place.write(".gitignore", "bin\nlambda-image\nimages.txt\nlambda-img.env\ncalls\nout*\nsummary\n");
        let text = "[defaults]\nruntime = \"provided.al2023\"\nbase = \"embedded\"\npath = \"fn/{name}\"\n\
                    allow = \"start-format\"\noutput = \"oci:lambda-image:{name}\"\n";
        let tag = format!("tag = \"{}/shop/{{name}}:v1\"\n", registry.host);
        place.write("lambda-img.toml", format!("{text}{tag}[functions.orders]\n[functions.mail]\n"));
        let stub = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/fleet/aws.py");
        place.script("bin/aws", format!("#!/bin/sh\nexec python3 {stub} \"$@\"\n"));
        git(&place, "init -q");
        commit(&place);
        Self { place, registry, _folder: folder }
    }

    /// A program that finds `aws` and `lambda-img` on its path.
    fn program(&self, name: &str) -> Command {
        let mut command = self.place.program(name);
        let tool = Path::new(env!("CARGO_BIN_EXE_lambda-img")).parent().unwrap().to_owned();
        let path = std::env::var_os("PATH").unwrap();
        let folders = [self.place.path("bin"), tool].into_iter().chain(std::env::split_paths(&path));
        command
            .env("PATH", std::env::join_paths(folders).unwrap())
            .env("AWS_CALLS", self.place.path("calls"));
        command
    }

    /// What `aws` was called with since it was last asked.
    fn calls(&self) -> Vec<String> {
        let path = self.place.path("calls");
        let calls = fs::read_to_string(&path).unwrap_or_default();
        let _ = fs::remove_file(path);
        calls.lines().map(str::to_owned).collect()
    }

    /// The call that deploys a function from the registry, up to the digest.
    fn deployed(&self, call: &str, name: &str) {
        let head = format!(
            "lambda update-function-code --function-name {name} --image-uri {}/shop/{name}@sha256:",
            self.registry.host
        );
        assert!(call.starts_with(&head), "{call}");
    }
}

/// The script of a page that begins with the line that holds `first`, up to the line `last`.
fn script(page: &str, first: &str, last: &str) -> String {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(page)).unwrap();
    let lines: Vec<_> = text.lines().skip_while(|line| !line.contains(first)).collect();
    let indent = lines[0].len() - lines[0].trim_start().len();
    let end = lines.iter().position(|line| line.trim() == last).unwrap();
    lines[..=end].iter().map(|line| format!("{}\n", line.get(indent..).unwrap_or_default())).collect()
}

#[test]
fn the_loops_of_the_pipelines_deploy_what_was_pushed_and_nothing_else() {
    let shop = Shop::new();
    let place = &shop.place;
    place.write("fn/mail/index.sh", "echo\n");
    // GitHub: what the action runs, and what GitHub makes of the file of outputs.
    let mut action = shop.program("lambda-img");
    action.args(["build", "--changed-since", "HEAD", "--push", "--ci", "github"]);
    action.env("GITHUB_OUTPUT", place.path("outputs")).env("GITHUB_STEP_SUMMARY", place.path("summary"));
    must(&mut action);
    let outputs = fs::read_to_string(place.path("outputs")).unwrap();
    let (_, images) = outputs.split_once("images<<end of images\n").unwrap();
    // GitHub's runner takes the last line end off.
    let images = images.strip_suffix("\nend of images\n").unwrap();
    let deploy = script("docs/guides/github-actions.md", "printf %s \"$IMAGES\"", "done");
    must(shop.program("bash").args(["-e", "-o", "pipefail", "-c", &deploy]).env("IMAGES", images));
    let calls = shop.calls();
    assert_eq!(calls.len(), 1, "{calls:?}");
    shop.deployed(&calls[0], "mail");
    // GitLab: a branch that is new has no commit before, and everything is built.
    let args = script("docs/guides/gitlab.md", "LAMBDA_IMG_ARGS: --changed-since", "artifacts:");
    let args = args.lines().next().unwrap().split_once(": ").unwrap().1.to_owned();
    let zeros = "0".repeat(40);
    let mut job = shop.program("bash");
    must(job.args(["-ec", &format!("lambda-img build {args}")]).env("CI_COMMIT_BEFORE_SHA", zeros));
    // The second loop of the page.
    let deploy = script("docs/guides/gitlab.md", "GIT_DEPTH: 0", "done <images.txt");
    let deploy = &deploy[deploy.find("while IFS").unwrap()..];
    must(shop.program("sh").args(["-e", "-c", deploy]));
    let calls = shop.calls();
    assert_eq!(calls.len(), 2, "{calls:?}");
    shop.deployed(&calls[0], "mail");
    shop.deployed(&calls[1], "orders");
}

#[test]
fn the_commands_of_one_function_deploy_what_was_pushed() {
    let shop = Shop::new();
    // The page pushes to ECR, which is not here.
    let page =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guides/deploy.md")).unwrap();
    let ecr = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/fn";
    let page = page.replace(ecr, &format!("{}/shop/fn", shop.registry.host));
    let commands = page.lines().filter_map(|line| line.strip_prefix("$ "));
    let until = |line: &&str| !line.starts_with("aws lambda create-function");
    let recipe: String = commands.take_while(until).map(|line| format!("{line}\n")).collect();
    let recipe = recipe.replace("build . ", "build ./fn/mail ");
    // `deploy` wants an image in ECR: `tests/hermetic/deploy` runs it.
    let recipe: String = recipe
        .lines()
        .filter(|line| !line.starts_with("lambda-img deploy"))
        .map(|line| format!("{line}\n"))
        .collect();
    let file = shop.place.path("lambda-img.toml");
    let settings = fs::read_to_string(&file).unwrap();
    fs::remove_file(&file).unwrap();
    must(shop.program("bash").args(["-euc", &recipe]).env("LAMBDA_IMG_ALLOW", "start-format"));
    let calls = shop.calls();
    assert_eq!(calls.len(), 2, "{calls:?}");
    shop.deployed(&calls[0], "fn");
    assert_eq!(calls[1], "lambda wait function-updated-v2 --function-name fn");
    // With settings that name an output, too: one image, one line.
    fs::write(&file, settings).unwrap();
    let mut push = shop.program("lambda-img");
    let pushed = must(push.args(["build", "orders", "--push", "--image-refs", "images.txt"])).stdout;
    assert_eq!(pushed.lines().count(), 1, "{pushed}");
    assert!(pushed.starts_with(&format!("{}/shop/orders@sha256:", shop.registry.host)), "{pushed}");
    assert_eq!(fs::read_to_string(shop.place.path("images.txt")).unwrap(), pushed);
}

#[test]
fn the_outputs_of_a_pipeline_pair_an_image_with_its_own_digest() {
    let shop = Shop::new();
    let place = &shop.place;
    let file = fs::read_to_string(place.path("lambda-img.toml")).unwrap();
    // One that reaches half of its registries, and stands before the one that is whole.
    place.write("lambda-img.toml", file + "tag = [\"HOST/shop/mail:v1\", \"127.0.0.1:1/mail:v1\"]\n");
    let file = fs::read_to_string(place.path("lambda-img.toml")).unwrap();
    place.write("lambda-img.toml", file.replace("HOST", &shop.registry.host));
    let mut build = place.tool("build --all --push --retries 0 --ci github --image-refs images.txt");
    build.env("GITHUB_OUTPUT", place.path("outputs")).env("GITHUB_STEP_SUMMARY", place.path("summary"));
    let ran = common::run(&mut build);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let refs = fs::read_to_string(place.path("images.txt")).unwrap();
    assert_eq!((refs.lines().count(), &refs), (2, &ran.stdout), "{refs}");
    let outputs = fs::read_to_string(place.path("outputs")).unwrap();
    let line = |name: &str| outputs.lines().find_map(|line| line.strip_prefix(name)).unwrap().to_owned();
    let (image, digest) = (line("image="), line("digest="));
    assert!(image.contains("/shop/mail@") && image.ends_with(&format!("@{digest}")), "{outputs}");
}

#[test]
fn a_dry_run_prints_digests_and_refers_to_nothing() {
    let shop = Shop::new();
    let place = &shop.place;
    let dry = ok(place.run("build orders --dry-run -q"));
    assert!(dry.stdout.starts_with("sha256:") && dry.stderr.is_empty(), "{dry:?}");
    let all = ok(place.run("build --all --dry-run --push -q --image-refs images.txt"));
    assert_eq!(fs::read_to_string(place.path("images.txt")).unwrap(), "");
    let built = ok(place.run("build --all -q")).stdout;
    let digest = |line: &str| line.split_once('@').unwrap().1.to_owned();
    let digests: Vec<_> = built.lines().map(digest).collect();
    assert_eq!(all.stdout, format!("mail@{}\norders@{}\n", digests[0], digests[1]));
    assert_eq!(dry.stdout, format!("{}\n", digests[1]));
}
