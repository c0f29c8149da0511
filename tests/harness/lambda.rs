//! Lambda's API as a script: functions, versions and aliases, and what AWS answers when they change. The answers have
//! the members of AWS's published API models (botocore, `lambda/2015-03-31/service-2.json`,
//! `ecr/2015-09-21/service-2.json`, `cloudwatch/2010-08-01/service-2.json`).

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufReader;
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;

use lambda_img::digest::Digest;
use serde_json::{Value, json};

use super::common::PATIENCE;
use super::emulator::{Answer, Asked, read, write};

pub const ACCOUNT: &str = "123456789012";
pub const REGION: &str = "eu-west-1";

/// The manifest of every image of a repository that is not listed.
const MANIFEST: &str = "{}";

/// How an update ends: with its image, or with a code and a reason.
type Updated = Result<String, (String, String)>;

/// A function, as Lambda knows it.
#[derive(Clone, Debug)]
pub struct Function {
    pub package: &'static str,
    pub arch: &'static str,
    pub image: String,
    pub revision: u64,
    /// How many times `GetFunction` still answers InProgress, and how the update ends.
    pub updating: Option<(usize, Updated)>,
    pub failed: Option<(String, String)>,
    pub state: &'static str,
    /// How many times `GetFunction` still answers Pending, and why the state is Failed after that.
    pub pending: usize,
    pub failed_state: Option<(String, String)>,
    /// Image and, of a version that is being made, how many times it still is.
    pub versions: Vec<(String, usize)>,
    pub aliases: BTreeMap<String, Alias>,
    pub tags: BTreeMap<String, String>,
    pub image_config: Value,
    /// What an invocation answers with, if the function fails.
    pub error: Option<Value>,
    /// Whether its versions use SnapStart.
    pub snapstart: bool,
    /// The provisioned concurrency of versions and aliases.
    pub provisioned: BTreeMap<String, u64>,
    /// Versions that durable executions need; `None` where the function has none.
    pub executions: Option<Vec<String>>,
}

#[derive(Clone, Debug, Default)]
pub struct Alias {
    pub version: String,
    pub weights: Value,
    pub description: String,
    pub revision: u64,
}

impl Function {
    /// One with this image, settled, without versions.
    pub fn with(image: &str) -> Self {
        Self {
            package: "Image",
            arch: "x86_64",
            image: image.to_owned(),
            revision: 1,
            updating: None,
            failed: None,
            state: "Active",
            pending: 0,
            failed_state: None,
            versions: Vec::new(),
            aliases: BTreeMap::new(),
            tags: BTreeMap::new(),
            image_config: Value::Null,
            error: None,
            snapstart: false,
            provisioned: BTreeMap::new(),
            executions: None,
        }
    }

    /// The same with a version of that image, which the alias names.
    pub fn aliased(image: &str, alias: &str) -> Self {
        let mut made = Self::with(image);
        made.versions.push((image.to_owned(), 0));
        let alias_is = Alias { version: "1".to_owned(), weights: json!({}), ..Alias::default() };
        made.aliases.insert(alias.to_owned(), alias_is);
        made
    }
}

/// Does something to a function just before a call is answered: what another client does meanwhile.
type Meanwhile = Box<dyn FnOnce(&mut Function) + Send>;

/// An image of a repository of ECR.
#[derive(Clone, Debug, Default)]
pub struct Stored {
    pub manifest: String,
    pub tags: Vec<String>,
    /// In seconds since 1970.
    pub pushed: i64,
    pub pulled: Option<i64>,
}

#[derive(Default)]
pub struct World {
    pub functions: BTreeMap<String, Function>,
    /// How many times each update and each publication is looked at before it is done.
    pub looks: usize,
    /// How the next updates fail: code and reason.
    pub failures: Vec<(String, String)>,
    pub alarms: BTreeMap<String, &'static str>,
    pub archived: BTreeSet<String>,
    /// The digests that tags name, in whatever repository.
    pub tagged: BTreeMap<String, String>,
    /// `imageTagMutability` of every repository, `MUTABLE` by default, and the filters that are excluded.
    pub mutability: Option<(&'static str, Vec<&'static str>)>,
    /// How many tasks and pods run an image, by the ARN of the repository and the digest; `None` where Inspector is off.
    pub running: Option<BTreeMap<String, u64>>,
    /// The functions of other accounts and Regions. The access key says which account asks.
    pub elsewhere: BTreeMap<(String, String), BTreeMap<String, Function>>,
    /// The policies of repositories.
    pub policies: BTreeMap<String, String>,
    /// The images of repositories, by digest.
    pub images: BTreeMap<String, BTreeMap<String, Stored>>,
    log: Vec<String>,
    /// Line, how often, and the answer: status, code, message; status 0 closes the connection after the call is done.
    rules: Vec<(String, usize, (u16, &'static str, &'static str))>,
    meanwhile: Vec<(String, Meanwhile)>,
}

pub struct Lambda {
    pub url: String,
    world: Arc<Mutex<World>>,
    answered: Arc<Condvar>,
}

impl Lambda {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let world = Arc::new(Mutex::new(World::default()));
        let answered = Arc::new(Condvar::new());
        let (served, told) = (Arc::clone(&world), Arc::clone(&answered));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (world, told) = (Arc::clone(&served), Arc::clone(&told));
                thread::spawn(move || {
                    serve(stream, &world);
                    told.notify_all();
                });
            }
        });
        Self { url, world, answered }
    }

    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    pub fn add(&self, name: &str, function: Function) {
        self.world().functions.insert(name.to_owned(), function);
    }

    pub fn function(&self, name: &str) -> Function {
        self.world().functions[name].clone()
    }

    /// Waits until a call with this line was answered.
    pub fn wait_for(&self, line: &str) {
        let lacks_it = |world: &mut World| !world.log.iter().any(|logged| logged == line);
        let waited = self.answered.wait_timeout_while(self.world(), PATIENCE, lacks_it).unwrap();
        assert!(!waited.1.timed_out(), "{line} was not called");
    }

    /// The calls since the last time: `UpdateAlias orders live=2`.
    pub fn log(&self) -> Vec<String> {
        std::mem::take(&mut self.world().log)
    }

    /// Those that change something.
    pub fn changes(&self) -> Vec<String> {
        let log = self.log().into_iter();
        log.filter(|line| {
            !line.starts_with("Get")
                && !line.starts_with("DryRun")
                && !line.starts_with("List")
                && !line.starts_with("Describe")
                && line != "BatchGetImage"
        })
        .collect()
    }

    /// The next `times` calls whose line contains this are answered so.
    pub fn answer(&self, line: &str, times: usize, answer: (u16, &'static str, &'static str)) {
        self.world().rules.push((line.to_owned(), times, answer));
    }

    /// After `first` further calls of ECR whose line contains this, the next `times` are answered so.
    pub fn answer_after(
        &self,
        line: &str,
        first: usize,
        times: usize,
        answer: (u16, &'static str, &'static str),
    ) {
        let mut world = self.world();
        world.rules.push((line.to_owned(), first, (0, "", "")));
        world.rules.push((line.to_owned(), times, answer));
    }

    /// Before the next call whose line contains this, another client does that to the function.
    pub fn meanwhile(&self, line: &str, act: impl FnOnce(&mut Function) + Send + 'static) {
        self.world().meanwhile.push((line.to_owned(), Box::new(act)));
    }
}

fn serve(stream: TcpStream, world: &Mutex<World>) {
    let mut reader = BufReader::new(stream);
    let Some(asked) = read(&mut reader, false) else { return };
    let answer = world.lock().unwrap().answered(&asked);
    if let Some(answer) = answer {
        let _ = write(reader.into_inner(), &asked.method, answer, None);
    }
}

fn ok(status: u16, body: &Value) -> Answer {
    Answer(status, vec![("content-type".into(), "application/json".into())], body.to_string().into())
}

/// An error of a REST-JSON service: the code is in a header.
fn refused(status: u16, code: &str, message: &str) -> Answer {
    let headers = vec![("x-amzn-errortype".into(), format!("{code}:http://internal.amazon.com/coral/"))];
    Answer(status, headers, json!({"Type": "User", "Message": message}).to_string().into())
}

fn arn(name: &str) -> String {
    format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}")
}

/// The account and the Region of a signed call: keys of other accounts are `AKIA` and the account.
fn place(authorization: &str) -> (String, String) {
    let (_, scope) = authorization.split_once("Credential=").unwrap();
    let mut parts = scope.split('/');
    let account = parts.next().unwrap().trim_start_matches("AKIA").to_owned();
    (account, parts.nth(1).unwrap().to_owned())
}

fn code_sha256(image: &str) -> String {
    image.rsplit("sha256:").next().unwrap().to_owned()
}

impl World {
    /// From here on, all calls are answered as they are without a rule.
    pub fn forget_answers(&mut self) {
        self.rules.clear();
    }

    fn answered(&mut self, asked: &Asked) -> Option<Answer> {
        let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
        let signed =
            asked.headers.get("authorization").is_some_and(|text| text.starts_with("AWS4-HMAC-SHA256 "));
        assert!(signed, "{} {} is not signed", asked.method, asked.path);
        let place = place(&asked.headers["authorization"]);
        if let Some(there) = self.elsewhere.get_mut(&place) {
            std::mem::swap(&mut self.functions, there);
            let answer = self.asked_here(asked, &body);
            std::mem::swap(&mut self.functions, self.elsewhere.get_mut(&place).unwrap());
            let (here, there) = (format!(":{REGION}:{ACCOUNT}:"), format!(":{}:{}:", place.1, place.0));
            return answer.map(|Answer(status, headers, body)| {
                let body = String::from_utf8(body).unwrap().replace(&here, &there);
                Answer(status, headers, body.into())
            });
        }
        self.asked_here(asked, &body)
    }

    fn asked_here(&mut self, asked: &Asked, body: &Value) -> Option<Answer> {
        if asked.path == "/" {
            return Some(self.other_service(asked, body));
        }
        if asked.path == "/2015-03-31/functions/" {
            self.log.push("ListFunctions".to_owned());
            let answer = self.ruled("ListFunctions").map(|(status, code, message)| match code {
                // No error, but this body.
                "" => Answer(status, Vec::new(), message.into()),
                _ => refused(status, code, message),
            });
            return Some(answer.unwrap_or_else(|| self.list(&asked.query)));
        }
        if asked.path == "/2015-03-31/functions" {
            return self.created(body);
        }
        if asked.path == "/coverage/list" {
            self.log.push("ListCoverage".to_owned());
            return Some(self.covered(body));
        }
        let path = asked.path.replace("%24", "$");
        let (_, rest) = path.split_once("/functions/").unwrap();
        let parts: Vec<_> = rest.split('/').collect();
        let qualifier = asked.query.split('&').find_map(|one| one.strip_prefix("Qualifier="));
        let qualifier = qualifier.unwrap_or("$LATEST").replace("%24", "$");
        let line = line(&asked.method, &parts, &qualifier, body);
        self.log.push(line.clone());
        if let Some(at) = self.meanwhile.iter().position(|(wanted, _)| line.contains(wanted)) {
            let (_, act) = self.meanwhile.remove(at);
            act(self.functions.get_mut(parts[0]).unwrap());
        }
        let rule = self.ruled(&line);
        if let Some((status @ 1.., code, message)) = rule {
            return Some(refused(status, code, message));
        }
        let answer = self.lambda(&asked.method, &parts, &qualifier, body);
        rule.is_none().then_some(answer)
    }

    /// The answer that a call with this line gets in place of its own.
    fn ruled(&mut self, line: &str) -> Option<(u16, &'static str, &'static str)> {
        let rule = self.rules.iter_mut().find(|(wanted, times, _)| *times > 0 && line.contains(wanted));
        rule.map(|(_, times, answer)| {
            *times -= 1;
            *answer
        })
    }

    /// A function that is made; it is Pending until it was looked at.
    fn created(&mut self, body: &Value) -> Option<Answer> {
        let name = body["FunctionName"].as_str().unwrap();
        let line = format!("CreateFunction {name} {}", body["Role"].as_str().unwrap());
        self.log.push(line.clone());
        let rule = self.ruled(&line);
        if let Some((status @ 1.., code, message)) = rule {
            return Some(refused(status, code, message));
        }
        if self.functions.contains_key(name) {
            let text = format!("Function already exist: {name}");
            return Some(refused(409, "ResourceConflictException", &text));
        }
        assert_eq!(body["PackageType"], "Image");
        let mut made = Function::with(body["Code"]["ImageUri"].as_str().unwrap());
        made.arch = if body["Architectures"] == json!(["arm64"]) { "arm64" } else { "x86_64" };
        made.pending = self.looks;
        made.failed_state = self.failures.pop();
        self.functions.insert(name.to_owned(), made);
        rule.is_none().then(|| ok(201, &json!({"FunctionName": name, "State": "Pending"})))
    }

    fn lambda(&mut self, method: &str, parts: &[&str], qualifier: &str, body: &Value) -> Answer {
        let name = parts[0];
        let looks = self.looks;
        let failure = if parts.get(1) == Some(&"code") { self.failures.pop() } else { None };
        let Some(function) = self.functions.get_mut(name) else {
            let text = format!("Function not found: {}", arn(name));
            return refused(404, "ResourceNotFoundException", &text);
        };
        let stale = body["RevisionId"].as_str().is_some_and(|id| id != function.revision.to_string());
        let precondition = || {
            let text = "The RevisionId provided does not match the latest RevisionId.";
            refused(412, "PreconditionFailedException", text)
        };
        match (method, &parts[1..]) {
            ("GET", []) => function.get(name, qualifier),
            ("PUT", ["code"]) => {
                if function.updating.is_some() {
                    let text = format!(
                        "The operation cannot be performed at this time. An update is in progress for resource: {}",
                        arn(name)
                    );
                    return refused(409, "ResourceConflictException", &text);
                }
                if stale {
                    return precondition();
                }
                assert_eq!(body["Architectures"], json!([function.arch]));
                if body["DryRun"] == true {
                    return ok(200, &json!({"FunctionName": name, "LastUpdateStatus": "Successful"}));
                }
                function.revision += 1;
                let image = body["ImageUri"].as_str().unwrap().to_owned();
                function.updating = Some((looks, failure.map_or(Ok(image), Err)));
                if looks == 0 {
                    function.settle();
                }
                ok(200, &json!({"FunctionName": name, "LastUpdateStatus": "InProgress"}))
            }
            ("GET", ["versions"]) => {
                let all = function.versions.iter().enumerate().map(|(at, (image, _))| {
                    json!({"Version": (at + 1).to_string(), "CodeSha256": code_sha256(image)})
                });
                let latest = [json!({"Version": "$LATEST", "CodeSha256": code_sha256(&function.image)})];
                ok(200, &json!({"Versions": latest.into_iter().chain(all).collect::<Vec<_>>()}))
            }
            ("POST", ["versions"]) => {
                if stale {
                    return precondition();
                }
                assert_eq!(body["CodeSha256"], code_sha256(&function.image));
                // Nothing new where nothing changed.
                if function.versions.last().is_none_or(|(image, _)| *image != function.image) {
                    function.versions.push((function.image.clone(), looks));
                }
                ok(201, &json!({"FunctionName": name, "Version": function.versions.len().to_string()}))
            }
            ("POST", ["invocations"]) => match &function.error {
                None => ok(200, &json!({"statusCode": 200})),
                Some(error) => {
                    let Answer(status, mut headers, body) = ok(200, error);
                    headers.push(("x-amz-function-error".into(), "Unhandled".into()));
                    Answer(status, headers, body)
                }
            },
            ("GET", ["provisioned-concurrency"]) => {
                let one = |(name_of, asked): (&String, &u64)| {
                    json!({"FunctionArn": format!("{}:{name_of}", arn(name)),
                        "RequestedProvisionedConcurrentExecutions": asked})
                };
                let all: Vec<_> = function.provisioned.iter().map(one).collect();
                ok(200, &json!({"ProvisionedConcurrencyConfigs": all}))
            }
            ("GET", ["durable-executions"]) => {
                let one = |version: &String| {
                    json!({"DurableExecutionArn": format!("{}:{version}/durable-execution/a/b", arn(name)),
                        "FunctionArn": arn(name), "Status": "RUNNING"})
                };
                let all: Vec<_> = function.executions.iter().flatten().map(one).collect();
                ok(200, &json!({"DurableExecutions": all}))
            }
            ("GET", ["aliases"]) => {
                let all: Vec<_> = function.aliases.iter().map(|(name, alias)| alias.json(name)).collect();
                ok(200, &json!({"Aliases": all}))
            }
            ("GET", ["aliases", alias]) => match function.aliases.get(*alias) {
                Some(found) => ok(200, &found.json(alias)),
                None => refused(404, "ResourceNotFoundException", "Cannot find alias arn"),
            },
            ("POST", ["aliases"]) => function.set_alias(body["Name"].as_str().unwrap(), body),
            ("PUT", ["aliases", alias]) => {
                let current = function.aliases[*alias].revision.to_string();
                let is_stale = body["RevisionId"] != current.as_str();
                if is_stale { precondition() } else { function.set_alias(alias, body) }
            }
            other => panic!("{other:?}"),
        }
    }

    /// Every version of every function, at most `MaxItems` on a page.
    fn list(&self, query: &str) -> Answer {
        let field = |name: &str| query.split('&').find_map(|one| one.strip_prefix(&format!("{name}=")));
        assert_eq!(field("FunctionVersion"), Some("ALL"));
        let all: Vec<_> = self.functions.iter().flat_map(|(name, function)| function.listed(name)).collect();
        let from: usize = field("Marker").map_or(0, |marker| marker.parse().unwrap());
        let most: usize = field("MaxItems").unwrap().parse().unwrap();
        let page: Vec<_> = all.iter().skip(from).take(most).collect();
        let next = (from + most < all.len()).then(|| (from + most).to_string());
        ok(200, &json!({"Functions": page, "NextMarker": next}))
    }

    /// Inspector tells only images that something runs, as it is asked for.
    fn covered(&self, body: &Value) -> Answer {
        assert_eq!(body["filterCriteria"]["ecrImageInUseCount"], json!([{"lowerInclusive": 1}]));
        let Some(running) = &self.running else {
            return refused(403, "AccessDeniedException", "Inspector is not enabled");
        };
        let one = |(id, count): (&String, &u64)| {
            json!({"resourceType": "AWS_ECR_CONTAINER_IMAGE", "resourceId": id, "accountId": ACCOUNT,
                "scanType": "PACKAGE", "resourceMetadata": {"ecrImage": {"inUseCount": count}}})
        };
        ok(200, &json!({"coveredResources": running.iter().map(one).collect::<Vec<_>>()}))
    }

    fn describe(&self, body: &Value) -> Answer {
        // Without a filter, only active ones.
        assert!(body["filter"].is_null());
        let active = |(digest, _): &(&String, &Stored)| !self.archived.contains(*digest);
        let all = &self.images[body["repositoryName"].as_str().unwrap()];
        let all = all.iter().filter(active).map(|(digest, image)| {
            let manifest: Value = serde_json::from_str(&image.manifest).unwrap();
            json!({"imageDigest": digest, "imageTags": image.tags, "imageSizeInBytes": 1_000_000,
                "imagePushedAt": image.pushed, "lastRecordedPullTime": image.pulled,
                "artifactMediaType": manifest["config"]["mediaType"]})
        });
        ok(200, &json!({"imageDetails": all.collect::<Vec<_>>()}))
    }

    fn manifests(&self, body: &Value) -> Answer {
        let none = BTreeMap::new();
        let all = self.images.get(body["repositoryName"].as_str().unwrap()).unwrap_or(&none);
        let ids = body["imageIds"].as_array().unwrap().iter().map(|id| id["imageDigest"].as_str().unwrap());
        let found = ids.filter_map(|digest| {
            let manifest = match (all.get(digest), all.is_empty()) {
                (Some(stored), _) => stored.manifest.as_str(),
                (None, true) => MANIFEST,
                (None, false) => return None,
            };
            Some(json!({"imageId": {"imageDigest": digest}, "imageManifest": manifest}))
        });
        ok(200, &json!({"images": found.collect::<Vec<_>>(), "failures": []}))
    }

    /// As ECR does, what an index names is not deleted before the index.
    fn delete(&mut self, body: &Value) -> Answer {
        let all = self.images.get_mut(body["repositoryName"].as_str().unwrap()).unwrap();
        let mut failures = Vec::new();
        for id in body["imageIds"].as_array().unwrap() {
            let digest = id["imageDigest"].as_str().unwrap();
            let named =
                |image: &Stored| image.manifest.contains("\"manifests\"") && image.manifest.contains(digest);
            if all.values().any(named) {
                failures.push(json!({"imageId": id, "failureCode": "ImageReferencedByManifestList", "failureReason": "named"}));
            } else {
                all.remove(digest);
            }
        }
        ok(200, &json!({"failures": failures}))
    }

    /// ECR speaks JSON 1.1, CloudWatch and STS the query protocol.
    fn other_service(&mut self, asked: &Asked, body: &Value) -> Answer {
        let form = String::from_utf8_lossy(&asked.body).into_owned();
        let field = |name: &str| form.split('&').find_map(|one| one.strip_prefix(&format!("{name}=")));
        let target = asked.headers.get("x-amz-target").and_then(|target| target.rsplit('.').next());
        let action = target.or_else(|| field("Action")).unwrap().to_owned();
        self.log.push(action.clone());
        // Status 0: as always.
        if let Some((status @ 1.., code, message)) = self.ruled(&action) {
            return ok(status, &json!({"__type": code, "message": message}));
        }
        match action.as_str() {
            "DescribeImages" if body["imageIds"][0]["imageTag"].is_string() => {
                match self.tagged.get(body["imageIds"][0]["imageTag"].as_str().unwrap()) {
                    Some(digest) => ok(200, &json!({"imageDetails": [{"imageDigest": digest}]})),
                    None => ok(400, &json!({"__type": "ImageNotFoundException", "message": "none"})),
                }
            }
            "DescribeRepositories" => {
                let (mutability, filters) = self.mutability.clone().unwrap_or(("MUTABLE", Vec::new()));
                let filters: Vec<_> =
                    filters.iter().map(|one| json!({"filterType": "WILDCARD", "filter": one})).collect();
                ok(
                    200,
                    &json!({"repositories": [{"imageTagMutability": mutability,
                    "imageTagMutabilityExclusionFilters": filters}]}),
                )
            }
            "PutImage" => {
                let text = |key: &str| body[key].as_str().unwrap().to_owned();
                assert_eq!(text("imageManifest"), MANIFEST);
                self.tagged.insert(text("imageTag"), text("imageDigest"));
                ok(200, &json!({"image": {}}))
            }
            "UpdateImageStorageClass" => {
                assert_eq!(body["targetStorageClass"], "ARCHIVE");
                self.archived.insert(body["imageId"]["imageDigest"].as_str().unwrap().to_owned());
                ok(200, &json!({"imageStatus": "ARCHIVED"}))
            }
            "DescribeImages" if body["imageIds"].is_null() => self.describe(body),
            "BatchGetImage" => self.manifests(body),
            "BatchDeleteImage" => self.delete(body),
            "GetCallerIdentity" => refused(403, "AccessDenied", "not authorized"),
            // "AWS:password", to the end of the century.
            "GetAuthorizationToken" => ok(
                200,
                &json!({"authorizationData": [{"authorizationToken": "QVdTOnBhc3N3b3Jk", "expiresAt": 4_000_000_000_u64}]}),
            ),
            "DescribeImages" => {
                assert_eq!(body["filter"]["imageStatus"], "ANY");
                let digest = body["imageIds"][0]["imageDigest"].as_str().unwrap();
                let status = if self.archived.contains(digest) { "ARCHIVED" } else { "ACTIVE" };
                ok(200, &json!({"imageDetails": [{"imageDigest": digest, "imageStatus": status}]}))
            }
            "GetRepositoryPolicy" => match self.policies.get(body["repositoryName"].as_str().unwrap()) {
                Some(policy) => ok(200, &json!({"policyText": policy})),
                None => ok(400, &json!({"__type": "RepositoryPolicyNotFoundException", "message": "none"})),
            },
            "DescribeAlarms" => {
                assert_eq!(field("AlarmTypes.member.2"), Some("CompositeAlarm"));
                let name = field("AlarmNames.member.1").unwrap();
                let state = self
                    .alarms
                    .get(name)
                    .map(|state| format!("<member><StateValue>{state}</StateValue></member>"));
                let xml = format!(
                    "<DescribeAlarmsResponse><DescribeAlarmsResult><MetricAlarms>{}</MetricAlarms></DescribeAlarmsResult></DescribeAlarmsResponse>",
                    state.unwrap_or_default()
                );
                Answer(200, vec![("content-type".into(), "text/xml".into())], xml.into())
            }
            other => panic!("{other}"),
        }
    }
}

/// A call in the log: the action, the function, and what tells it from others.
fn line(method: &str, parts: &[&str], qualifier: &str, body: &Value) -> String {
    let name = parts[0];
    let alias = |alias: &str| {
        let weights =
            body["RoutingConfig"]["AdditionalVersionWeights"].as_object().filter(|all| !all.is_empty());
        let weights = weights.map_or(String::new(), |weights| format!(" {}", json!(weights)));
        format!("{name} {alias}={}{weights}", body["FunctionVersion"].as_str().unwrap_or_default())
    };
    match (method, &parts[1..]) {
        ("GET", []) => format!("GetFunction {name} {qualifier}"),
        ("PUT", ["code"]) if body["DryRun"] == true => format!("DryRun UpdateFunctionCode {name}"),
        ("PUT", ["code"]) => format!("UpdateFunctionCode {name}"),
        ("GET", ["provisioned-concurrency"]) => format!("ListProvisionedConcurrencyConfigs {name}"),
        ("GET", ["durable-executions"]) => format!("ListDurableExecutionsByFunction {name}"),
        ("GET", ["versions"]) => format!("ListVersionsByFunction {name}"),
        ("POST", ["versions"]) => format!("PublishVersion {name}"),
        ("POST", ["invocations"]) => format!("Invoke {name} {qualifier}"),
        ("GET", ["aliases"]) => format!("ListAliases {name}"),
        ("GET", ["aliases", alias]) => format!("GetAlias {name} {alias}"),
        ("POST", ["aliases"]) => format!("CreateAlias {}", alias(body["Name"].as_str().unwrap_or_default())),
        ("PUT", ["aliases", one]) => format!("UpdateAlias {}", alias(one)),
        other => panic!("{other:?}"),
    }
}

impl Function {
    /// Its versions, as `ListFunctions` has them.
    fn listed(&self, name: &str) -> Vec<Value> {
        let versions = self.versions.iter().enumerate().map(|(at, (image, _))| ((at + 1).to_string(), image));
        let all = [("$LATEST".to_owned(), &self.image)].into_iter().chain(versions);
        let one = |(version, image): (String, &String)| {
            json!({"FunctionName": name, "FunctionArn": format!("{}:{version}", arn(name)), "Version": version,
                "PackageType": self.package, "CodeSha256": code_sha256(image),
                "SnapStart": {"OptimizationStatus": if self.snapstart { "On" } else { "Off" }},
                "DurableConfig": self.executions.as_ref().map(|_| json!({"ExecutionTimeout": 60}))})
        };
        all.map(one).collect()
    }

    fn settle(&mut self) {
        match self.updating.take() {
            Some((_, Ok(image))) => {
                self.image = image;
                self.failed = None;
            }
            Some((_, Err(why))) => self.failed = Some(why),
            None => {}
        }
        self.revision += 1;
    }

    /// What `GetFunction` says; each look brings an update nearer to its end.
    fn get(&mut self, name: &str, qualifier: &str) -> Answer {
        let number = qualifier.parse::<usize>().ok();
        if let Some(number) = number {
            let Some((image, looks)) = number.checked_sub(1).and_then(|at| self.versions.get_mut(at)) else {
                return refused(404, "ResourceNotFoundException", "Function not found");
            };
            let state = if *looks > 0 { "Pending" } else { "Active" };
            *looks = looks.saturating_sub(1);
            let image = image.clone();
            return ok(200, &self.json(name, &image, (state, "Successful")));
        }
        let status = match &mut self.updating {
            Some((0, _)) => {
                self.settle();
                if self.failed.is_some() { "Failed" } else { "Successful" }
            }
            Some((looks, _)) => {
                *looks -= 1;
                "InProgress"
            }
            None if self.failed.is_some() => "Failed",
            None => "Successful",
        };
        let image = self.image.clone();
        let state = match (self.pending, &self.failed_state) {
            (1.., _) => "Pending",
            (0, Some(_)) => "Failed",
            (0, None) => self.state,
        };
        self.pending = self.pending.saturating_sub(1);
        ok(200, &self.json(name, &image, (state, status)))
    }

    fn json(&self, name: &str, image: &str, (state, status): (&str, &str)) -> Value {
        let (code, reason) = self.failed.clone().filter(|_| status == "Failed").unwrap_or_default();
        let mut configuration = json!({
            "FunctionName": name,
            "FunctionArn": arn(name),
            "PackageType": self.package,
            "Architectures": [self.arch],
            "MemorySize": 128,
            "State": state,
            "LastUpdateStatus": status,
            "RevisionId": self.revision.to_string(),
            "CodeSha256": code_sha256(image),
        });
        if status == "Failed" {
            configuration["LastUpdateStatusReasonCode"] = code.into();
            configuration["LastUpdateStatusReason"] = reason.into();
        }
        if let (Some((code, reason)), "Failed") = (&self.failed_state, state) {
            configuration["StateReasonCode"] = code.clone().into();
            configuration["StateReason"] = reason.clone().into();
        }
        if !self.image_config.is_null() {
            configuration["ImageConfigResponse"] = json!({"ImageConfig": self.image_config});
        }
        json!({
            "Configuration": configuration,
            "Code": {"RepositoryType": "ECR", "ImageUri": image, "ResolvedImageUri": image},
            "Tags": self.tags,
        })
    }

    fn set_alias(&mut self, name: &str, body: &Value) -> Answer {
        let before = self.aliases.get(name).map_or(0, |alias| alias.revision);
        let made = Alias {
            version: body["FunctionVersion"].as_str().unwrap().to_owned(),
            weights: body["RoutingConfig"]["AdditionalVersionWeights"].clone(),
            description: body["Description"].as_str().unwrap_or_default().to_owned(),
            revision: before + 1,
        };
        let json = made.json(name);
        self.aliases.insert(name.to_owned(), made);
        ok(200, &json)
    }
}

impl Alias {
    fn json(&self, name: &str) -> Value {
        json!({
            "Name": name,
            "FunctionVersion": self.version,
            "Description": self.description,
            "RevisionId": self.revision.to_string(),
            "RoutingConfig": {"AdditionalVersionWeights": self.weights},
        })
    }
}

/// An image of the account with the digest of these bytes.
pub fn image(bytes: &str) -> String {
    format!("{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/fn@{}", Digest::of(bytes.as_bytes()))
}
