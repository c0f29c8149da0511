//! `invoke --list-events`: samples that have the shape that AWS documents.

use serde_json::{Value, json};

use super::{answer, python};
use crate::harness::common::{Place, must};
use crate::harness::helpers;
use crate::harness::support::repository;

/// The model of AWS Lambda Powertools for each sample.
const MODELS: [(&str, &str); 12] = [
    ("alb", "AlbModel"),
    ("apigateway-v1", "APIGatewayProxyEventModel"),
    ("apigateway-v2", "APIGatewayProxyEventV2Model"),
    ("cognito-pre-sign-up", "CognitoPreSignupTriggerModel"),
    ("dynamodb", "DynamoDBStreamModel"),
    ("eventbridge", "EventBridgeModel"),
    ("function-url", "LambdaFunctionUrlModel"),
    ("kinesis", "KinesisDataStreamModel"),
    ("s3", "S3Model"),
    ("scheduled", "EventBridgeModel"),
    ("sns", "SnsModel"),
    ("sqs", "SqsModel"),
];

#[test]
fn samples_are_valid_for_awss_own_models() {
    let place = Place::new();
    let listed = place.run("invoke --list-events").stdout;
    let names: Vec<_> = listed.lines().map(|line| line.split_whitespace().next().unwrap()).collect();
    assert_eq!(names, MODELS.map(|(name, _)| name));
    for name in names {
        let event = must(&mut place.tool(&format!("invoke --list-events {name}"))).stdout;
        place.write(&format!("{name}.json"), event);
    }
    let python = || helpers::program("python3", "bash .ci/install");
    let models = place.dir("models");
    must(
        python()
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--no-deps",
                "--require-hashes",
            ])
            .arg("--target")
            .arg(&models)
            .arg("-r")
            .arg(repository("tests/data/invoke/powertools.txt")),
    );
    let program = format!(
        "import json\nfrom aws_lambda_powertools.utilities.parser import models\n\
         for name, model in {}:\n\
         \x20   getattr(models, model).model_validate(json.load(open(name + '.json')))\n",
        json!(MODELS)
    );
    must(python().args(["-c", &program]).current_dir(place.path("")).env("PYTHONPATH", models));
}

#[test]
fn a_sample_is_an_event_and_an_unknown_one_is_refused() {
    let place = python(
        "import json\ndef handler(event, context):\n    return json.loads(event['Records'][0]['body'])\n",
    );
    assert_eq!(answer(&place, "--event sqs"), json!({"order": 1001}));
    place.write("sqs.json", r#"{"Records": [{"body": "2"}]}"#);
    assert_eq!(answer(&place, "--event sqs.json"), Value::from(2));
    let ran = place.run("invoke --list-events nowhere");
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(
        ran.stderr.contains("the samples are alb, ") && ran.stderr.contains("sns, sqs"),
        "{}",
        ran.stderr
    );
}
