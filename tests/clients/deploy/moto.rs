//! `deploy`, `rollback`, `images` and `prune` against moto's Lambda, ECR, IAM and STS, which another project wrote: one
//! server, and one story. The emulator has the layers, of which moto knows nothing.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::thread;

use serde_json::{Value, json};

use crate::harness::common::{Place, Ran, must, run};
use crate::harness::emulator::Emulator;
use crate::harness::helpers::{Server, free_port, program, start};

const HOST: &str = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";
const KEYS: [(&str, &str); 2] =
    [("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "secret")];

/// What is there before: a role, a repository with the images, and in another account a function with the first image.
const WORLD: &str = r#"
import boto3, hashlib, json, pathlib, sys
endpoint, host, tags = sys.argv[1], sys.argv[2], sys.argv[3:]
def client(name, keys):
    return boto3.client(name, endpoint_url=endpoint, region_name="eu-west-1", **keys)
def push(ecr):
    ecr.create_repository(repositoryName="fn")
    for tag in tags:
        manifest = pathlib.Path(tag).read_text()
        digest = "sha256:" + hashlib.sha256(manifest.encode()).hexdigest()
        ecr.put_image(repositoryName="fn", imageManifest=manifest, imageTag=tag, imageDigest=digest,
            imageManifestMediaType=json.loads(manifest).get("mediaType", "application/vnd.oci.image.manifest.v1+json"))
def create(keys, name, digest):
    role = client("iam", keys).create_role(RoleName="orders", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    push(client("ecr", keys))
    if digest:
        client("lambda", keys).create_function(FunctionName=name, Role=role, PackageType="Image",
            Code={"ImageUri": f"{host}/fn@{digest}"})
own = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "secret"}
create(own, "orders", None)
session = client("sts", own).assume_role(RoleArn="arn:aws:iam::999999999999:role/look", RoleSessionName="look")["Credentials"]
theirs = {"aws_access_key_id": session["AccessKeyId"], "aws_secret_access_key": session["SecretAccessKey"],
    "aws_session_token": session["SessionToken"]}
digest = "sha256:" + hashlib.sha256(pathlib.Path(tags[0]).read_bytes()).hexdigest()
create(theirs, "theirs", digest)
"#;

/// What the repository is told meanwhile: a call of ECR with these members.
const CALL: &str = r#"
import boto3, json, sys
ecr = boto3.client("ecr", endpoint_url=sys.argv[1], region_name="eu-west-1", aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
    aws_secret_access_key="secret")
getattr(ecr, sys.argv[2])(**json.loads(sys.argv[3]))
"#;

/// Moto's Lambda, with an empty list of provisioned concurrency, which moto does not have (botocore,
/// `ListProvisionedConcurrencyConfigsResponse`).
fn with_provisioned_concurrency(moto: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let moto = moto.to_owned();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let moto = moto.clone();
            thread::spawn(move || {
                let mut reader = BufReader::new(stream.try_clone().ok()?);
                let (mut head, mut length) = (String::new(), 0);
                loop {
                    let mut line = String::new();
                    reader.read_line(&mut line).ok()?;
                    if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                        length = value.trim().parse().ok()?;
                    }
                    if line.trim().is_empty() {
                        break;
                    }
                    head += &line;
                }
                let mut body = vec![0; length];
                reader.read_exact(&mut body).ok()?;
                if head.contains("/provisioned-concurrency?") {
                    let none = "{\"ProvisionedConcurrencyConfigs\": []}";
                    let head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length:";
                    return stream.write_all(format!("{head} {}\r\n\r\n{none}", none.len()).as_bytes()).ok();
                }
                let mut upstream = TcpStream::connect(&moto).ok()?;
                upstream.write_all((head + "Connection: close\r\n\r\n").as_bytes()).ok()?;
                upstream.write_all(&body).ok()?;
                std::io::copy(&mut upstream, &mut stream).ok().map(|_| ())
            });
        }
    });
    format!("http://{address}")
}

struct Aws {
    place: Place,
    registry: Emulator,
    moto: Server,
    lambda: String,
    /// The digests of the images `v1` to `v4`.
    digests: Vec<String>,
}

impl Aws {
    fn start() -> Self {
        let (place, registry) = (Place::with_function(), Emulator::start(&[]));
        let port = free_port();
        let mut command = program("moto_server", "bash .ci/install");
        // Images have to be in its ECR, and functions have their digests.
        command.args(["-H", "127.0.0.1", "-p", &port.to_string()]).env("MOTO_LAMBDA_STUB_ECR", "false");
        let moto = start(command, port);
        let tags = ["v1", "v2", "v3", "v4"];
        let build = |tag: &str| {
            let target = format!("--push -t {}/fn:{tag} -e TAG={tag}", registry.host);
            let digest = place.run(&format!("build fn -r provided.al2023 -b embedded {target}")).digest();
            place.write(tag, &registry.state().manifests[&("fn".to_owned(), tag.to_owned())].1);
            digest
        };
        let digests = tags.map(build).to_vec();
        let url = format!("http://{}", moto.host);
        must(place.program("python3").args(["-c", WORLD, &url, HOST]).args(tags));
        let lambda = with_provisioned_concurrency(&moto.host);
        Self { place, registry, moto, lambda, digests }
    }

    fn tool(&self, arguments: &str) -> Command {
        let mut command = self.place.tool(arguments);
        command.env("LAMBDA_IMG_REGISTRY_MIRROR", format!("{HOST}={}", self.registry.host));
        command.env("AWS_ENDPOINT_URL", format!("http://{}", self.moto.host)).envs(KEYS);
        command.env("AWS_ENDPOINT_URL_LAMBDA", &self.lambda);
        command.env("HOME", self.place.path("")).env("AWS_EC2_METADATA_DISABLED", "true");
        command
    }

    fn run(&self, arguments: &str) -> Ran {
        let ran = run(&mut self.tool(arguments));
        assert_eq!(ran.code, Some(0), "{arguments}: {ran:?}");
        ran
    }

    /// Deploys an image, although a script starts it: the only function of the object.
    fn deploy(&self, arguments: &str) -> Value {
        let ran = self.run(&format!("deploy {arguments} --json --allow start-format"));
        ran.json()["functions"][0].clone()
    }

    fn at(&self, number: usize) -> String {
        format!("{HOST}/fn@{}", self.digests[number - 1])
    }

    /// What uses the images, by number.
    fn in_use(&self) -> Vec<Value> {
        let ran = self.run(&format!("images {HOST}/fn --in-use --account 999999999999 --json"));
        let images = ran.json()["repositories"][0]["images"].as_array().unwrap().clone();
        let of = |digest: &String| images.iter().find(|image| image["digest"] == **digest).unwrap().clone();
        self.digests.iter().map(|digest| of(digest)["used_by"].clone()).collect()
    }

    fn ecr(&self, call: &str, members: &Value) {
        let url = format!("http://{}", self.moto.host);
        must(self.place.program("python3").args(["-c", CALL, &url, call, &members.to_string()]));
    }

    /// The tags of an image, as the tool lists them.
    fn tags(&self, number: usize) -> Value {
        let images =
            self.run(&format!("images {HOST}/fn --json")).json()["repositories"][0]["images"].clone();
        let image = images.as_array().unwrap().iter().find(|one| one["digest"] == *self.digests[number - 1]);
        image.unwrap()["tags"].clone()
    }
}

#[test]
fn a_function_lives_on_moto_from_its_creation_to_the_end_of_its_images() {
    let aws = Aws::start();
    let settings = |tag: &str| {
        let login = "[registries.\"999999999999.dkr.ecr.eu-west-1.amazonaws.com\"]\naws-role = \"arn:aws:iam::999999999999:role/look\"\n";
        let function =
            format!("[functions.orders]\ntag = \"{HOST}/fn:{tag}\"\nalias = \"live\"\ntag-in-use = true\n");
        aws.place.write("lambda-img.toml", login.to_owned() + &function);
    };
    // Created.
    settings("v1");
    let made = aws.deploy("orders --create --role arn:aws:iam::123456789012:role/orders");
    assert_eq!((&made["state"], &made["function_version"]), (&json!("deployed"), &json!("1")), "{made}");
    // Deployed: planned, done, and nothing the second time.
    settings("v2");
    let planned = aws.deploy("--plan");
    assert_eq!(planned["changes"], json!(["update", "publish", "move alias", "tag"]));
    let done = aws.deploy("");
    assert_eq!(
        [&done["state"], &done["image"], &done["function_version"], &done["function_version_before"]],
        [&json!("deployed"), &json!(aws.at(2)), &json!("2"), &json!("1")]
    );
    assert_eq!(aws.deploy("")["state"], "unchanged");
    assert_eq!(aws.tags(2), json!(["v2", "in-use-orders.live"]));
    // Back, and the tag with it.
    let back = aws.run("rollback orders --json").json()["functions"][0].clone();
    assert_eq!((&back["from"], &back["to"]), (&json!("2"), &json!("1")));
    assert_eq!((aws.tags(1), aws.tags(2)), (json!(["v1", "in-use-orders.live"]), json!(["v2"])));
    // A tag that may not move stays, and the deployment is one.
    aws.ecr("put_image_tag_mutability", &json!({"repositoryName": "fn", "imageTagMutability": "IMMUTABLE"}));
    settings("v3");
    assert_eq!(aws.deploy("")["function_version"], "3");
    assert_eq!((aws.tags(1), aws.tags(3)), (json!(["v1", "in-use-orders.live"]), json!(["v3"])));

    // In use: a version each, the last one with `$LATEST`, and a function of another account.
    let used = aws.in_use();
    let by = |account: &str, function: &str, version: &str, aliases: Value| {
        json!({"account": account, "function": function, "function_version": version, "aliases": aliases,
            "snapstart": false, "provisioned_concurrency": 0, "durable_executions": 0})
    };
    let own = |version: &str, aliases: Value| by("123456789012", "orders", version, aliases);
    assert_eq!(used[0], json!([own("1", json!([])), by("999999999999", "theirs", "$LATEST", json!([]))]));
    assert_eq!(
        used[1..],
        [
            json!([own("2", json!([]))]),
            json!([own("$LATEST", json!([])), own("3", json!(["live"]))]),
            json!([]),
        ]
    );
    // Only what nothing uses goes, and only when it is told.
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Sid": "Pull", "Effect": "Allow",
        "Action": ["ecr:BatchGetImage"], "Principal": {"AWS": "arn:aws:iam::999999999999:root"}}]});
    aws.ecr("set_repository_policy", &json!({"repositoryName": "fn", "policyText": policy.to_string()}));
    let prune = format!("prune {HOST}/fn --keep-last 0 --keep-days 0 --json");
    let refused = run(&mut aws.tool(&prune));
    assert!(refused.code == Some(2) && refused.stderr.contains("999999999999"), "{refused:?}");
    let prune = format!("{prune} --account 999999999999");
    let plan = aws.run(&prune).json()["repositories"][0].clone();
    assert_eq!(plan["delete"], json!([aws.digests[3]]));
    assert_eq!(aws.in_use().len(), 4);
    let gone = aws.run(&format!("{prune} --delete")).json()["repositories"][0].clone();
    assert_eq!((&gone["deleted"], &gone["not_deleted"]), (&json!(true), &json!([])));
    assert_eq!(aws.run(&prune).json()["repositories"][0]["delete"], json!([]));
}
