//! Sample events of the services that invoke functions, as AWS's documentation describes them: the AWS Lambda Developer
//! Guide has a page for each service, the Amazon Cognito Developer Guide one for each trigger. Values are our own.

/// What `--event` takes by name.
pub struct Sample {
    /// Its name.
    pub name: &'static str,
    /// What sends such events.
    pub source: &'static str,
    /// The event: JSON.
    pub event: &'static str,
}

macro_rules! samples {
    ($($name:literal: $source:literal,)*) => {
        /// All of them, by name.
        pub const SAMPLES: &[Sample] = &[
            $(Sample { name: $name, source: $source, event: include_str!(concat!($name, ".json")) },)*
        ];
    };
}

samples! {
    "alb": "Application Load Balancer: a request",
    "apigateway-v1": "API Gateway, REST API: a request, payload format 1.0",
    "apigateway-v2": "API Gateway, HTTP API: a request, payload format 2.0",
    "cognito-pre-sign-up": "Amazon Cognito, user pool: a user signs up",
    "dynamodb": "DynamoDB Streams: an item is inserted, modified and removed",
    "eventbridge": "EventBridge: an event of your own application",
    "function-url": "Function URL: a request, payload format 2.0",
    "kinesis": "Kinesis Data Streams: a record",
    "s3": "Amazon S3: an object is created",
    "scheduled": "EventBridge: a rule with a schedule",
    "sns": "Amazon SNS: a notification",
    "sqs": "Amazon SQS: a message",
}

/// The sample of this name.
pub fn find(name: &str) -> Option<&'static Sample> {
    SAMPLES.iter().find(|sample| sample.name == name)
}

/// The sample whose name is most like this one.
pub fn nearest(name: &str) -> Option<&'static str> {
    let likeness = |sample: &'static Sample| (strsim::jaro_winkler(name, sample.name), sample.name);
    let near = SAMPLES.iter().map(likeness).filter(|(likeness, _)| *likeness >= 0.8);
    near.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, name)| name)
}
