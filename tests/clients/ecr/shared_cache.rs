//! The registry cache in a repository of ECR: moto says what it has, and deletes.

use std::fs;

use serde_json::Value;

use super::{Aws, HOST, succeeded, text};
use crate::harness::helpers::program;

/// Tells moto of the manifests of a repository, as a push to ECR does; or lists the digests that it has.
const MOTO: &str = "\
import boto3, json, os, sys
ecr = boto3.client('ecr', region_name='eu-west-1')
if sys.argv[1] == 'list':
    print(len(ecr.list_images(repositoryName='cache')['imageIds']))
else:
    ecr.create_repository(repositoryName='cache')
    for tag, path in json.loads(sys.argv[2]):
        kind = 'application/vnd.oci.image.manifest.v1+json'
        ecr.put_image(repositoryName='cache', imageManifest=open(path).read(), imageManifestMediaType=kind, imageTag=tag)
";

fn moto(aws: &Aws, arguments: &[&str]) -> String {
    let mut python = program("python3", "bash .ci/install");
    python.args(["-c", MOTO]).args(arguments).env("AWS_ENDPOINT_URL_ECR", &aws.sts);
    python.env("AWS_ACCESS_KEY_ID", super::KEY).env("AWS_SECRET_ACCESS_KEY", super::SECRET);
    let out = python.output().unwrap();
    succeeded(&out).trim().to_owned()
}

#[test]
fn entries_in_ecr_are_counted_and_pruned_by_its_api() {
    let mut aws = Aws::start();
    aws.registry.state().repositories.extend(["fn", "cache"].map(str::to_owned));
    fs::write(aws.home().join("function/data"), vec![7; 5 << 20]).unwrap();
    let mut build = aws.build(&format!("{HOST}/fn:v1"));
    build.args(["--registry-cache-write", &format!("{HOST}/cache")]);
    succeeded(&aws.keyed(build));
    let manifests: Vec<_> = {
        let state = aws.registry.state();
        let of_cache = state
            .manifests
            .iter()
            .filter(|((repository, tag), _)| repository == "cache" && !tag.contains(':'));
        of_cache.map(|((_, tag), (_, bytes))| (tag.clone(), bytes.clone())).collect()
    };
    assert_eq!(manifests.len(), 1);
    // Another image of the repository.
    let mut files = vec![("v1".to_owned(), aws.home().join("v1"))];
    fs::write(&files[0].1, br#"{"schemaVersion": 2, "layers": [], "config": {"digest": "x", "size": 2}}"#)
        .unwrap();
    for (tag, bytes) in manifests {
        fs::write(aws.home().join(&tag), bytes).unwrap();
        files.push((tag.clone(), aws.home().join(&tag)));
    }
    moto(&aws, &["put", &serde_json::to_string(&files).unwrap()]);
    aws.registry.log();

    let cache = |aws: &mut Aws, words: &str| -> Value {
        let mut command = aws.tool();
        command.arg("cache").args(words.split(' ')).args(["--json", "--registry", &format!("{HOST}/cache")]);
        let out = aws.keyed(command);
        serde_json::from_str(&succeeded(&out)).unwrap_or_else(|_| panic!("{}", text(&out.stderr)))
    };
    let info = cache(&mut aws, "info");
    assert_eq!((&info["layers"]["entries"], &info["other_images"]), (&1.into(), &1.into()), "{info}");
    assert_eq!(info["last_used"]["days_0_to_7"]["entries"], 1, "{info}");
    let pruned = cache(&mut aws, "prune --older-than 1");
    assert_eq!(pruned["removed"], serde_json::json!([]), "it was pushed today");
    let pruned = cache(&mut aws, "prune --max-size 0");
    assert_eq!(pruned["removed"].as_array().map(Vec::len), Some(1), "{pruned}");
    assert_eq!(moto(&aws, &["list"]), "1", "the other image stays");
    // Reading manifests would count as pulls.
    assert_eq!(aws.registry.log(), [""; 0]);

    let mut missing = aws.tool();
    missing.args(["cache", "info", "--registry", &format!("{HOST}/none")]);
    let out = aws.keyed(missing);
    let words = ["cannot administer repository `none`", "RepositoryNotFoundException"];
    super::failed(&out, &[words[0], words[1], "--region eu-west-1 --repository-name none`"]);
    aws.end();
}
