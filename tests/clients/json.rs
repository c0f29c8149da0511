//! `--json`: every command that prints data has it, and prints what the schema of its name says, to somebody else's
//! validator.

use crate::harness::helpers;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::{fs, thread};

use serde_json::{Value, json};

use crate::harness::common::{Place, json_at, python, run};
#[cfg(feature = "aws")]
use crate::harness::lambda::{Function, Lambda, Stored, image};
#[cfg(feature = "aws")]
use lambda_img::digest::Digest;

/// Commands that have nothing to say to a program, and what they print instead.
const WITHOUT: &[(&str, &str)] = &[
    ("cache policy", "a policy of Amazon ECR, which is JSON"),
    ("attest", "the references of the evidence, a line each"),
    ("completions", "a script for a shell"),
    ("login", "a login that is kept, and nothing"),
    ("logout", "a login that is forgotten, and nothing"),
    ("man", "files, and nothing"),
    ("sbom", "a document in a format of others"),
];

/// What an object must not be, besides: of another version, without its version, with a key that nobody knows.
const JUDGE: &str = "\
import copy, json, sys, jsonschema
schema, document = (json.load(open(path)) for path in sys.argv[1:])
kind = jsonschema.validators.validator_for(schema)
kind.check_schema(schema)
judge = kind(schema, format_checker=kind.FORMAT_CHECKER)
judge.validate(document)
def changed(change):
    other = copy.deepcopy(document)
    change(other)
    return other
for wrong in changed(lambda it: it.update(version=2)), changed(lambda it: it.pop('version')), changed(lambda it: it.update(x=1)):
    assert not judge.is_valid(wrong), wrong
";

/// A key that signed nothing.
const PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAERYk8QOO5YkLNmrEdA4fsI24IIfdh
RpcWFOaGpmUOGF9oGtyo0ZVOTMU46n+eAg1/HH1SvheotAjKU78894HUbw==
-----END PUBLIC KEY-----
";

fn schema(command: &str) -> PathBuf {
    let name = format!("docs/schemas/{}.json", command.replace(' ', "-"));
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Every command that has none below it, and its help.
fn commands(place: &Place, above: &str, found: &mut Vec<(String, String)>) {
    let help = place.run(&format!("{above} --help")).stdout;
    let Some((_, below)) = help.split_once("\nCommands:\n") else {
        return found.push((above.trim().to_owned(), help));
    };
    let lines = below.lines().take_while(|line| !line.is_empty());
    // Names stand two columns in; what follows a long one's explanation stands further.
    let names =
        lines.filter(|line| line.as_bytes()[2] != b' ').filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").for_each(|name| commands(place, &format!("{above} {name}"), found));
}

#[test]
fn every_command_has_it_and_a_schema_or_a_reason_why_not() {
    let place = Place::new();
    let mut all = Vec::new();
    commands(&place, "", &mut all);
    let mut schemas = BTreeSet::from(["lambda-img.schema.json", "policy.schema.json"].map(str::to_owned));
    for (command, help) in &all {
        let without = WITHOUT.iter().any(|(name, _)| name == command);
        assert_eq!(help.contains(" --json"), !without, "{command}");
        if without {
            continue;
        }
        let schema = schema(command);
        let text = json_at(&schema);
        assert_eq!(text["title"], format!("lambda-img {command} --json, version 1"));
        schemas.insert(schema.file_name().unwrap().to_str().unwrap().to_owned());
        // The page of all of them leads there.
        let page = fs::read_to_string(schema.with_file_name("../reference/json.md")).unwrap();
        let name = command.replace(' ', "-");
        assert!(
            page.contains(&format!("| `{command}` | [`{name}.json`](../schemas/{name}.json) |")),
            "{command}"
        );
    }
    assert!(all.len() >= 20, "{all:?}");
    let there = fs::read_dir(schema("x").parent().unwrap()).unwrap();
    let there: BTreeSet<_> = there.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(there, schemas);
}

/// A place whose commands print objects, and which commands did.
struct Session {
    place: Place,
    mirror: String,
    seen: RefCell<BTreeSet<String>>,
    /// Where Lambda is, and the mirror of its account's registry.
    aws: RefCell<Option<(String, String)>>,
}

impl Session {
    /// Runs a command with `--json`, which must end with `code` and print one object of its schema.
    fn object(&self, code: i32, command: &str, arguments: &str) -> Value {
        let mut tool = self.place.tool(&format!("{command} {arguments} --json"));
        tool.env("LAMBDA_IMG_REGISTRY_MIRROR", &self.mirror).env("LAMBDA_IMG_ALLOW", "start-format");
        if let Some((url, mirror)) = &*self.aws.borrow() {
            tool.env("LAMBDA_IMG_REGISTRY_MIRROR", mirror).env("AWS_ENDPOINT_URL", url);
            tool.env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE").env("AWS_SECRET_ACCESS_KEY", "secret");
        }
        let ran = run(&mut tool);
        assert_eq!((ran.code, ran.stdout.lines().count()), (Some(code), 1), "{command} {arguments}: {ran:?}");
        let document = self.place.write("said/document.json", &ran.stdout);
        python(&self.place, JUDGE, &[schema(command).to_str().unwrap(), document.to_str().unwrap()]);
        self.seen.borrow_mut().insert(command.to_owned());
        serde_json::from_str(&ran.stdout).unwrap()
    }
}

#[test]
fn what_every_command_prints_is_of_its_schema() {
    let place = Place::with_function();
    let registry = helpers::docker_registry(&place.dir("registry"), "", "");
    let host = &registry.host;
    // A base of AWS's, as far as its name goes.
    place.write("base/lang/x", "x");
    let base = format!(
        "build fn -r provided.al2023 -b embedded --add base/lang:/var/lang --entrypoint /lambda-entrypoint.sh --cmd x -e LANG=C \
         --allow start-missing,start-format -q --push -t {host}/lambda/python:3.13-x86_64"
    );
    assert_eq!(place.run(&base).code, Some(0));
    let mirror = format!("public.ecr.aws={host}");
    let session = Session { place, mirror, seen: RefCell::default(), aws: RefCell::default() };
    builds(&session, host);
    images(&session, host);
    runs(&session);
    bases(&session, &base, host);
    others(&session);
    registries(&session, host);
    #[cfg(feature = "aws")]
    deployments(&session, host);

    let mut all = Vec::new();
    commands(&session.place, "", &mut all);
    let all: BTreeSet<_> = all.into_iter().map(|(command, _)| command).collect();
    let without: BTreeSet<_> = WITHOUT.iter().map(|(command, _)| (*command).to_owned()).collect();
    assert_eq!(session.seen.into_inner(), &all - &without);
}

/// One function, several, and what a push that stops leaves.
fn builds(session: &Session, host: &str) {
    let function = "fn -r provided.al2023 -b embedded";
    let both =
        session.object(0, "build", &format!("{function} -a x86_64,arm64 -o oci:out -o oci-archive:a.tar"));
    assert_eq!(both["images"][1]["outputs"].as_array().map(Vec::len), Some(2), "{both}");
    session.object(0, "build", &format!("{function} --dry-run -o docker-archive:d.tar --workdir /tmp"));
    session.object(0, "build", "fn -r python3.13 --cmd x.y -o oci:python");
    for sent in [true, false] {
        let pushed = session.object(0, "build", &format!("{function} --push -t {host}/team/fn:v1"));
        assert_eq!(pushed["images"][0]["pushed"][0]["already_published"], !sent, "{pushed}");
    }
    let targets = format!("-t {host}/team/other:v1 -t 127.0.0.1:1/team/other:v1");
    let stopped = session.object(1, "build", &format!("{function} --push --retries 0 {targets}"));
    assert_eq!(stopped["not_pushed"], json!(["127.0.0.1:1/team/other:v1"]));

    let defaults = format!(
        "[defaults]\nruntime = \"provided.al2023\"\nbase = \"embedded\"\n\
         tag = [\"{host}/team/{{name}}:v1\", \"127.0.0.1:1/team/{{name}}:v1\"]\n"
    );
    let functions = "[functions.good]\npath = \"fn\"\n[functions.bad]\npath = \"nowhere\"\n";
    session.place.write("lambda-img.toml", format!("{defaults}{functions}"));
    session.object(0, "config", "good");
    let fleet = session.object(1, "build", "--all");
    assert_eq!(fleet["functions"][0]["exit_code"], 1, "{fleet}");
    let fleet = session.object(1, "build", "--all --fail-fast -j 1");
    assert_eq!(fleet["functions"][1], json!({"name": "good"}), "it was begun");
    let fleet = session.object(1, "build", "--all --push --retries 0");
    assert_eq!(fleet["functions"][1]["not_pushed"], json!(["127.0.0.1:1/team/good:v1"]), "{fleet}");
    fs::remove_file(session.place.path("lambda-img.toml")).unwrap();
    session.object(0, "config", "fn -r provided.al2023");
}

/// Images that are there.
fn images(session: &Session, host: &str) {
    session.object(0, "check", "oci:out:latest-x86_64 --allow start-format --max-size 1kB");
    session.object(3, "check", "oci:out:latest-x86_64");
    session.object(0, "check", "fn -r provided.al2023 -b embedded");
    session.object(0, "inspect", "oci:out:latest-arm64");
    session.object(
        0,
        "rebase",
        "oci:out:latest-x86_64 --assume-base oci:out:latest-x86_64 --to oci:out:latest-x86_64",
    );
    session.object(0, "diff", "oci:out:latest-x86_64 oci:out:latest-arm64");
    let image = "--allow start-format oci:out:latest-x86_64";
    for sent in [true, false] {
        let pushed = session.object(0, "push", &format!("{image} {host}/team/copy:v1"));
        assert_eq!(pushed["pushed"][0]["already_published"], !sent, "{pushed}");
    }
    session.place.write("verify.pub", PUBLIC_KEY);
    let verdict = session.object(1, "verify", &format!("{host}/team/copy:v1 --key verify.pub"));
    assert_eq!(verdict["requirements"][0]["satisfied"], false, "{verdict}");
    let targets = format!("{host}/team/copy:v2 127.0.0.1:1/team/copy:v2");
    let stopped = session.object(1, "push", &format!("{image} {targets} --retries 0"));
    assert_eq!(stopped["pushed"][0]["tags"], json!(["v2"]));
}

/// An answer, or the error that Lambda would give.
fn runs(session: &Session) {
    let said = session.object(1, "invoke", "fn -r provided.al2023 -b embedded");
    assert_eq!(said["error_type"], "Runtime.InvalidEntrypoint", "{said}");
    assert_eq!(said["payload"]["errorType"], "Runtime.InvalidEntrypoint", "{said}");
}

/// The bases of runtimes, and what is kept of them.
fn bases(session: &Session, base: &str, host: &str) {
    let first = |object: &Value| object["bases"][0].clone();
    assert_eq!(session.object(0, "base list", ""), json!({"version": 1, "lock": null, "bases": []}));
    let python = "-r python3.13 -a x86_64";
    assert_eq!(first(&session.object(0, "base lock", python))["added"], true);
    assert_eq!(first(&session.object(0, "base lock", python))["added"], false);
    assert_eq!(first(&session.object(0, "base update", ""))["moved"], false);
    let pulled = session.object(0, "base pull", "");
    assert!(pulled["lock"].as_str().unwrap().ends_with("/lambda-img.lock"), "{pulled}");
    assert_eq!(first(&session.object(0, "base list", ""))["cached"], true);
    for sent in [true, false] {
        let synced = session.object(0, "base sync", &format!("--base-repository {host}/bases"));
        assert_eq!(first(&synced)["copy"]["already_published"], !sent, "{synced}");
    }
    // It is none of AWS's.
    let verified = first(&session.object(1, "base verify", ""));
    assert!(!verified["differences"].as_array().unwrap().is_empty(), "{verified}");
    let old = first(&pulled)["digest"].as_str().unwrap().to_owned();
    assert_eq!(session.place.run(&format!("{base} --label new=yes")).code, Some(0));
    let moved = first(&session.object(0, "base update", ""));
    assert!(moved["moved"] == true && moved["before"].as_str().unwrap().ends_with(&old), "{moved}");

    session.object(0, "cache info", "");
    let cache = fs::read_to_string(session.place.path("said/document.json")).unwrap();
    let cache = serde_json::from_str::<Value>(&cache).unwrap()["path"].as_str().unwrap().to_owned();
    let blob = Path::new(&cache).join("blobs/sha256").join(old.trim_start_matches("sha256:"));
    fs::write(&blob, "{}").unwrap_or_else(|error| panic!("{}: {error}", blob.display()));
    let verified = session.object(0, "cache verify", "");
    assert_eq!(verified["removed"].as_array().map(Vec::len), Some(1), "{verified}");
    let repository = format!("--registry {host}/team/copy");
    assert_eq!(session.object(0, "cache info", &repository)["total"]["entries"], 0);
    let pruned = session.object(0, "cache prune", &format!("{repository} --max-size 0"));
    assert_eq!(pruned["removed"], json!([]));
    let pruned = session.object(0, "cache prune", "");
    assert!(pruned["removed"].as_u64() > Some(0) && pruned["left"]["blobs"] == 0, "{pruned}");
}

/// What needs no image.
fn others(session: &Session) {
    let all = session.object(0, "explain", "");
    let one = session.object(0, "explain", "missing-parent");
    assert!(all["checks"].as_array().unwrap().contains(&one["checks"][0]) && one["checks"][1].is_null());
    let few = session.object(0, "runtimes", "");
    let all = session.object(0, "runtimes", "--all");
    assert!(few["runtimes"].as_array().unwrap().len() < all["runtimes"].as_array().unwrap().len());
    session.object(0, "version", "");
    session.place.write("new/pom.xml", "<project/>");
    let made = session.object(0, "init", "new");
    assert_eq!(made["file"], "new/lambda-img.toml");
    assert!(!made["functions"][0]["to_do"].as_array().unwrap().is_empty(), "{made}");
}

/// A function that gets an image, and its alias that moves back.
#[cfg(feature = "aws")]
fn deployments(session: &Session, host: &str) {
    let lambda = Lambda::start();
    let mut function = Function::aliased(&image("2"), "live");
    function.versions.insert(0, (image("1"), 0));
    function.aliases.get_mut("live").unwrap().version = "2".to_owned();
    lambda.add("orders", function);
    let ecr = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";
    session.aws.replace(Some((lambda.url.clone(), format!("{ecr}={host}"))));
    let image = format!("{ecr}/team/fn:v1 --function orders --allow start-format");
    let planned = session.object(0, "deploy", &format!("{image} --plan --alias live"));
    assert_eq!(planned["functions"][0]["changes"].as_array().map(Vec::len), Some(3), "{planned}");
    assert_eq!(session.object(0, "deploy", &image)["functions"][0]["state"], "deployed");
    assert_eq!(session.object(0, "deploy", &image)["functions"][0]["state"], "unchanged");
    let gone = format!("{ecr}/team/fn:v1 --function gone");
    assert_eq!(session.object(1, "deploy", &gone)["functions"][0]["state"], "failed");
    let arn = "arn:aws:lambda:eu-west-1:123456789012:function:orders";
    let manifest = "{\"layers\": []}".to_owned();
    let stored = Stored { manifest: manifest.clone(), pushed: 1_600_000_000, ..Stored::default() };
    let digest = Digest::of(manifest.as_bytes()).to_string();
    lambda.world().images.insert("team/fn".to_owned(), [(digest, stored)].into());
    let listed = session.object(0, "images", &format!("{ecr}/team/fn --in-use"));
    assert_eq!(listed["repositories"][0]["images"][0]["used_by"], json!([]));
    let planned = session.object(0, "prune", &format!("{ecr}/team/fn --keep-last 0"));
    assert_eq!(planned["repositories"][0]["delete"].as_array().map(Vec::len), Some(1), "{planned}");
    session.object(0, "rollback", &format!("--function {arn} --alias live --plan"));
}

/// Who one is.
fn registries(session: &Session, host: &str) {
    assert_eq!(session.object(0, "auth check", host)["usable"], true);
    let asked = session.object(0, "auth check", &format!("{host}/team/fn --push"));
    assert_eq!(asked["asked"].as_array().map(Vec::len), Some(3), "{asked}");
    assert_eq!(session.object(1, "auth check", "127.0.0.1:1 --retries 0")["usable"], false);
    let asked = session.object(1, "auth check", &format!("{} --retries 0", without_tokens()));
    assert_eq!(asked["registry"], "answers what it should not");
}

/// The address of a registry that wants a token, and whose own token service gives none.
fn without_tokens() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
            let is_for_token = lines.next().is_some_and(|line| line.contains("/token"));
            lines.take_while(|line| !line.is_empty()).for_each(drop);
            let head = match is_for_token {
                true => "200 OK".to_owned(),
                false => {
                    format!("401 Unauthorized\r\nwww-authenticate: Bearer realm=\"http://{address}/token\"")
                }
            };
            let _ = write!(stream, "HTTP/1.1 {head}\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{{}}");
        }
    });
    address
}
