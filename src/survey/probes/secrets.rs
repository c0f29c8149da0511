//! Probe: secrets in text files, with kind and line. The secret itself is never stored or printed.

use std::borrow::Cow;
use std::sync::OnceLock;

use regex::{Captures, Regex};

use crate::survey::{Entry, Fact, Head, Look, Probe, Secret, SecretKind, split};

/// The largest file that is searched for secrets, in bytes.
const LIMIT: usize = 1 << 20;

/// The most that is told of one file.
const MANY: usize = 20;

/// Looks through every file that is small enough and not the operating system's.
pub struct Secrets;

impl Probe for Secrets {
    fn begin(&self, entry: &Entry) -> Option<Box<dyn Look>> {
        let wanted = entry.size <= LIMIT as u64 && is_looked_at(entry.name());
        let path = entry.name().to_owned();
        wanted.then(|| {
            Head::look(LIMIT, move |bytes, _| find(&path, bytes).into_iter().map(Fact::Secret).collect())
        })
    }
}

/// A pattern of a kind: what it captures, if anything, must be no stand-in for a secret.
struct Rule {
    kind: SecretKind,
    pattern: &'static str,
    regex: OnceLock<Result<Regex, regex::Error>>,
}

impl Rule {
    const fn new(kind: SecretKind, pattern: &'static str) -> Self {
        Self { kind, pattern, regex: OnceLock::new() }
    }

    /// Where secrets of the kind begin, in bytes.
    fn places(&self, text: &str) -> Vec<usize> {
        let Ok(regex) = self.regex.get_or_init(|| Regex::new(self.pattern)) else {
            // A rule whose pattern is malformed cannot say that a file is clean: it finds one in every file, which is noticed.
            return vec![0];
        };
        let all = regex.captures_iter(text).filter(is_secret);
        all.take(MANY).map(|captures| captures.get(0).map_or(0, |found| found.start())).collect()
    }
}

/// RFC 7468's label, also with the escaped line ends of JSON, and letters of a key behind it: code and
/// documents name the label alone.
static PRIVATE_KEY: Rule = Rule::new(
    SecretKind::PrivateKey,
    r#"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----(?:\s|\\n|\\r|["'+,])*((?:[A-Za-z0-9+/=](?:\s|\\n|\\r)*){64})"#,
);
/// The older form, which has headers before the letters.
static ENCRYPTED_KEY: Rule = Rule::new(
    SecretKind::PrivateKey,
    r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----\s+(Proc-Type): 4,ENCRYPTED",
);
/// `aws_secret_access_key = …` in every spelling.
static AWS_NAMED: Rule = Rule::new(
    SecretKind::AwsKey,
    r#"(?i)aws_?secret_?(?:access_?)?key["']?\s*(?:=>|[:=])\s*["']?([A-Za-z0-9/+]{40})(?:[^A-Za-z0-9/+=]|$)"#,
);
/// The identifier of a key (IAM user guide, "Unique identifiers"), and within a few lines 40 letters
/// that may be its secret.
static AWS_PAIR: Rule = Rule::new(
    SecretKind::AwsKey,
    r#"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b(?:[^\n]*\n){0,3}?[^\n]*?["'=:\s]([A-Za-z0-9/+]{40})(?:[^A-Za-z0-9/+=]|$)"#,
);
/// What `aws sso login` keeps in `.aws/sso/cache`.
static AWS_TOKEN: Rule =
    Rule::new(SecretKind::AwsToken, r#""(?:accessToken|refreshToken|clientSecret)"\s*:\s*"([^"]{6,})""#);
static ENV: Rule = Rule::new(
    SecretKind::Env,
    r#"(?im)^[ \t]*(?:export[ \t]+)?[A-Z0-9_.]*(?:SECRET|TOKEN|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY)[A-Z0-9_.]*[ \t]*=[ \t]*["']?([^\s"'#]{6,})"#,
);
const URL: &str = r#"(?i)[a-z][a-z0-9+.-]*://[^\s:/@"']*:([^\s:/@"']{3,})@"#;
static ENV_URL: Rule = Rule::new(SecretKind::Env, URL);
static NPM: Rule =
    Rule::new(SecretKind::Npm, r#"(?m)^[^#;\n]*(?:_authToken|_auth|_password)\s*=\s*["']?([^\s"']{6,})"#);
static PYPI: Rule = Rule::new(SecretKind::Pypi, r"(?m)^[ \t]*password[ \t]*[=:][ \t]*(\S{3,})");
static PIP_URL: Rule = Rule::new(SecretKind::Pypi, URL);
static GIT_URL: Rule = Rule::new(SecretKind::Git, URL);
static NETRC: Rule = Rule::new(SecretKind::Git, r"\bpassword\s+(\S{3,})");
static DOCKER: Rule =
    Rule::new(SecretKind::Docker, r#""(?:auth|identitytoken|registrytoken|password)"\s*:\s*"([^"]{6,})""#);
static GOOGLE: Rule = Rule::new(SecretKind::Google, r#""type"\s*:\s*"(service_account|authorized_user)""#);
static AZURE: Rule = Rule::new(SecretKind::Azure, r#""(?:clientSecret|client_secret)"\s*:\s*"([^"]{6,})""#);

/// The rules of a file, by its path: those of every file, and of files whose name says what they hold.
fn rules(path: &str) -> Vec<&'static Rule> {
    let mut rules = vec![&PRIVATE_KEY, &ENCRYPTED_KEY, &AWS_NAMED, &AWS_PAIR];
    let (dir, name) = split(path);
    if dir.ends_with(".aws/sso/cache") {
        rules.push(&AWS_TOKEN);
    }
    let (_, dir) = split(dir);
    match name {
        ".npmrc" => rules.push(&NPM),
        ".pypirc" => rules.push(&PYPI),
        "pip.conf" => rules.push(&PIP_URL),
        ".git-credentials" => rules.push(&GIT_URL),
        ".netrc" => rules.push(&NETRC),
        "config" if dir == ".git" => rules.push(&GIT_URL),
        "config.json" if dir == ".docker" => rules.push(&DOCKER),
        ".dockercfg" => rules.push(&DOCKER),
        _ if is_env(name) => rules.extend([&ENV, &ENV_URL]),
        _ => {}
    }
    rules
}

/// `.env` and its kin, but not the templates that come with sources.
fn is_env(name: &str) -> bool {
    let template = |end: &&str| ["example", "sample", "template", "dist", "defaults", "test"].contains(end);
    match name.strip_prefix(".env") {
        Some("") => true,
        Some(rest) => rest.starts_with('.') && rest.rsplit('.').next().filter(|end| !template(end)).is_some(),
        None => false,
    }
}

/// Whether a file of this path may be looked into at all: one of the operating system or of a language
/// holds no secrets of users, and its tests hold keys that are not secret.
fn is_looked_at(path: &str) -> bool {
    let of_system =
        ["usr/", "lib/", "lib64/", "etc/", "bin/", "sbin/", "boot/", "proc/", "sys/", "dev/", "var/lang/"];
    path.starts_with("usr/src/") || !of_system.iter().any(|dir| path.starts_with(dir))
}

/// The secrets in a text file of this path, at most one of a kind in each line.
pub fn find(path: &str, bytes: &[u8]) -> Vec<Secret> {
    if bytes.contains(&0) {
        return Vec::new();
    }
    // The strict reading is several times as fast as the lossy one.
    let text = str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed);
    let mut found = Vec::new();
    let mut add = |kind, at: usize| {
        let line = text[..at].bytes().filter(|byte| *byte == b'\n').count() + 1;
        found.push(Secret { line: u32::try_from(line).unwrap_or(u32::MAX), kind });
    };
    for rule in rules(path) {
        rule.places(&text).into_iter().for_each(|at| add(rule.kind, at));
    }
    if path.ends_with(".json") {
        for rule in cloud(&text) {
            rule.places(&text).into_iter().take(1).for_each(|at| add(rule.kind, at));
        }
    }
    found.sort();
    found.dedup();
    found.truncate(MANY);
    found
}

/// JSON files that clouds give to programs: several keys make one.
fn cloud(text: &str) -> Vec<&'static Rule> {
    let has = |key: &str| text.contains(key);
    let finds = |rule: &Rule| !rule.places(text).is_empty();
    let mut found = Vec::new();
    let account = has("\"private_key\"") && finds(&PRIVATE_KEY);
    if (account || has("\"refresh_token\"")) && finds(&GOOGLE) {
        found.push(&GOOGLE);
    }
    if (has("\"subscriptionId\"") || has("\"tenantId\"")) && finds(&AZURE) {
        found.push(&AZURE);
    }
    found
}

/// Whether what a pattern captured may be a secret: no placeholder, no example of AWS's documents, no
/// repetition of a few letters, no hash in hexadecimal digits.
fn is_secret(captures: &Captures<'_>) -> bool {
    let whole = captures.get(0).map_or("", |found| found.as_str());
    let Some(value) = captures.get(1).map(|found| found.as_str()) else { return true };
    let lower = value.to_ascii_lowercase();
    let stand_in =
        ["example", "placeholder", "changeme", "change-me", "change_me", "your", "xxxx", "redacted", "dummy"];
    let reference = ["$", "<", "{", "%", "@", "*"].iter().any(|sign| value.starts_with(sign));
    let mut letters: Vec<_> = value.chars().collect();
    letters.sort_unstable();
    letters.dedup();
    let hex = value.len() == 40 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    let few = value.len() >= 40 && letters.len() < 12;
    !(reference
        || hex
        || few
        || stand_in.iter().any(|word| lower.contains(word))
        || whole.contains("EXAMPLE"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Letters as in a secret, made here: not a real one.
    const FORTY: &str = "q7Zt1Xb9Vn3Lk5Hg8Fd2Sa4Pw6Oi0Uy+eR/mCjTB";
    const ID: &str = "AKIAQ7ZT2XB3VN4LK5HG";

    fn kinds(path: &str, text: &str) -> Vec<(u32, SecretKind)> {
        find(path, text.as_bytes()).into_iter().map(|secret| (secret.line, secret.kind)).collect()
    }

    fn pem(label: &str) -> String {
        let body = format!("{FORTY}{FORTY}\n{FORTY}\n");
        format!("-----BEGIN {label}-----\n{body}-----END {label}-----\n")
    }

    #[test]
    fn keys_are_found_in_every_file() {
        use SecretKind::{AwsKey, PrivateKey};
        for label in [
            "PRIVATE KEY",
            "RSA PRIVATE KEY",
            "EC PRIVATE KEY",
            "OPENSSH PRIVATE KEY",
            "ENCRYPTED PRIVATE KEY",
        ] {
            assert_eq!(kinds("a/key.pem", &format!("x\n{}", pem(label))), [(2, PrivateKey)], "{label}");
        }
        let json = format!("{{\"k\": \"{}\"}}", pem("PRIVATE KEY").replace('\n', "\\n"));
        assert_eq!(kinds("a.json", &json), [(1, PrivateKey)]);
        let code = format!("K = (\n  \"-----BEGIN PRIVATE KEY-----\\n\"\n  \"{FORTY}{FORTY}\\n\"\n)");
        assert_eq!(kinds("a.py", &code), [(2, PrivateKey)]);
        let old = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES\n\n";
        assert_eq!(kinds("k", old), [(1, PrivateKey)]);
        assert_eq!(
            kinds(
                ".aws/credentials",
                &format!("[default]\naws_access_key_id = {ID}\naws_secret_access_key = {FORTY}\n")
            ),
            [(2, AwsKey), (3, AwsKey)]
        );
        assert_eq!(kinds("a.py", &format!("connect('{ID}', '{FORTY}')")), [(1, AwsKey)]);
        assert_eq!(kinds("a.js", &format!("accessKeyId: '{ID}',\nsecret: '{FORTY}',")), [(1, AwsKey)]);
    }

    #[test]
    fn a_rule_whose_pattern_is_malformed_denies_everything() {
        let rule = Rule::new(SecretKind::PrivateKey, "(");
        assert_eq!(rule.places("nothing"), [0]);
    }

    #[test]
    fn files_are_known_by_their_names() {
        use SecretKind::{AwsKey, AwsToken, Azure, Docker, Env, Git, Google, Npm, PrivateKey, Pypi};
        assert_eq!(
            kinds("t/.env", "LOG=debug\nDB_PASSWORD='hunter22'\nURL=postgres://u:sekret@h/d"),
            [(2, Env), (3, Env)]
        );
        assert_eq!(kinds(".aws/sso/cache/a.json", r#"{"accessToken": "aoaAAAAAGb"}"#), [(1, AwsToken)]);
        let session =
            format!(r#"{{"Credentials": {{"AccessKeyId": "{ID}", "SecretAccessKey": "{FORTY}"}}}}"#);
        assert_eq!(kinds(".aws/cli/cache/a.json", &session), [(1, AwsKey)]);
        assert_eq!(kinds("t/.env.production", "export API_KEY=abcdef123"), [(1, Env)]);
        assert_eq!(kinds("t/.npmrc", "//registry.npmjs.org/:_authToken=npm_abcdefghijkl"), [(1, Npm)]);
        assert_eq!(kinds("t/.pypirc", "[pypi]\nusername = __token__\npassword = pypi-AgEIcHl"), [(3, Pypi)]);
        assert_eq!(kinds("t/pip.conf", "[global]\nindex-url = https://u:sekret@h/simple"), [(2, Pypi)]);
        assert_eq!(kinds("root/.git-credentials", "https://me:ghp_abcdef@github.com"), [(1, Git)]);
        assert_eq!(kinds("t/.git/config", "[remote]\n url = https://me:ghp_abcdef@github.com"), [(2, Git)]);
        assert_eq!(kinds("root/.netrc", "machine h login me password hunter22"), [(1, Git)]);
        assert_eq!(
            kinds("root/.docker/config.json", r#"{"auths":{"h":{"auth":"bWU6aHVudGVyMjI="}}}"#),
            [(1, Docker)]
        );
        let google = format!(
            "{{\"type\": \"service_account\",\n\"private_key\": \"{}\"}}",
            pem("PRIVATE KEY").replace('\n', "\\n")
        );
        assert_eq!(kinds("t/sa.json", &google), [(1, Google), (2, PrivateKey)]);
        let azure = r#"{"clientId":"a","clientSecret":"abcdefgh~1","subscriptionId":"b"}"#;
        assert_eq!(kinds("t/azure.json", azure), [(1, Azure)]);
    }

    #[test]
    fn what_only_looks_like_one_is_none() {
        let certificate = pem("CERTIFICATE");
        let public = pem("PUBLIC KEY");
        for (path, text) in [
            ("cacert.pem", &*certificate),
            ("pub.pem", &public),
            (
                "pem.js",
                "var header = '-----BEGIN RSA PRIVATE KEY-----';\nif (x.startsWith(header)) { return; }",
            ),
            (
                "docs.py",
                "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            ),
            ("a.py", &format!("ID = '{ID}'")),
            ("a.py", &format!("# {ID}\nsha = 'da39a3ee5e6b4b0d3255bfef95601890afd80709'")),
            (".env.example", "API_KEY=abcdef123456"),
            (".env", "LOG_LEVEL=debug\nAPI_KEY=\nTOKEN=${TOKEN}\nPASSWORD=changeme123\n#SECRET=abcdefgh"),
            (".npmrc", "//registry.npmjs.org/:_authToken=${NPM_TOKEN}\nfund=false"),
            ("pip.conf", "[global]\nindex-url = https://pypi.org/simple"),
            (".git/config", "[remote]\n url = git@github.com:me/x.git"),
            (".docker/config.json", r#"{"auths":{},"credsStore":"ecr-login"}"#),
            ("package.json", r#"{"type":"module","client_secret":"abcdefgh"}"#),
            ("a.bin", "\0-----BEGIN PRIVATE KEY-----"),
        ] {
            assert_eq!(kinds(path, text), [], "{path}: {text}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000), name in "(\\.env|\\.npmrc|a\\.json|x)") {
            find(&name, &bytes);
        }
    }
}
