//! Functions that do not exist, and are created.

use lambda_img::deploy::{self, DeployError, Deployed, FunctionState, Order};

use super::{Aws, order};
use crate::harness::lambda::{Function, image};

const ROLE: &str = "arn:aws:iam::123456789012:role/orders";
const CREATED: &str = "CreateFunction orders arn:aws:iam::123456789012:role/orders";

/// What Lambda says of a role that it cannot assume, also for some seconds after the role was created.
const NEW_ROLE: (u16, &str, &str) =
    (400, "InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda.");

fn created() -> Order {
    Order { role: Some(ROLE.to_owned()), ..order("new") }
}

/// Creates `orders`, which does not exist, with the steps that were done.
fn create(aws: &Aws, order: &Order) -> (Result<Deployed, DeployError>, Vec<String>) {
    let done = std::sync::Mutex::new(Vec::new());
    let api = aws.api();
    let ended = deploy::plan(&api, order, FunctionState::absent("arm64")).and_then(|plan| {
        deploy::deploy(&api, order, &plan, &|step| done.lock().unwrap().push(step.to_string()))
    });
    (ended, done.into_inner().unwrap())
}

#[test]
fn a_function_is_created_awaited_published_and_aliased() {
    let aws = Aws::start();
    aws.lambda.world().looks = 2;
    let (ended, steps) = create(&aws, &created());
    let ended = ended.unwrap();
    assert_eq!(ended.arn, "arn:aws:lambda:eu-west-1:123456789012:function:orders");
    assert_eq!((ended.version.as_deref(), ended.before.as_str()), (Some("1"), ""));
    assert_eq!(
        steps,
        ["the function is created with the image", "version 1 is published", "alias `live` names version 1"]
    );
    assert_eq!(aws.lambda.changes(), [CREATED, "PublishVersion orders", "CreateAlias orders live=1"]);
    let function = aws.lambda.function("orders");
    assert_eq!((function.image, function.arch), (image("new"), "arm64"));
}

#[test]
fn without_a_role_nothing_is_created() {
    let aws = Aws::start();
    let (ended, _) = create(&aws, &order("new"));
    assert!(matches!(ended, Err(DeployError::Missing { .. })), "{ended:?}");
    assert_eq!(aws.lambda.changes(), [""; 0]);
}

#[test]
fn a_role_that_was_just_created_is_waited_for_and_a_wrong_one_is_not_for_ever() {
    let aws = Aws::start();
    aws.lambda.answer("CreateFunction", 3, NEW_ROLE);
    create(&aws, &created()).0.unwrap();
    assert_eq!(aws.lambda.changes()[..4], [CREATED; 4]);

    let aws = Aws::start();
    aws.lambda.answer("CreateFunction", 1000, NEW_ROLE);
    let (ended, steps) = create(&aws, &created());
    assert!(ended.unwrap_err().to_string().contains("cannot be assumed by Lambda"));
    assert!(steps.is_empty() && aws.lambda.changes().len() < 20);
}

#[test]
fn an_answer_that_is_lost_creates_nothing_twice() {
    let aws = Aws::start();
    aws.lambda.answer("CreateFunction", 1, (0, "", ""));
    create(&aws, &created()).0.unwrap();
    assert_eq!(aws.lambda.function("orders").image, image("new"));
}

#[test]
fn a_function_that_another_client_created_meanwhile_stays_as_it_is() {
    let aws = Aws::with(Function::with(&image("other")));
    let (ended, _) = create(&aws, &created());
    assert!(matches!(ended, Err(DeployError::ChangedMeanwhile { .. })), "{ended:?}");
    assert_eq!(aws.lambda.changes(), [CREATED]);
    assert_eq!(aws.lambda.function("orders").image, image("other"));
}

#[test]
fn an_image_that_lambda_cannot_use_is_told_and_the_next_deployment_updates_the_function() {
    let aws = Aws::start();
    let why = ("InvalidImage".to_owned(), "MissingParentDirectory".to_owned());
    aws.lambda.world().failures.push(why);
    let (ended, steps) = create(&aws, &created());
    let expected = "Lambda failed to create function `orders`: InvalidImage: MissingParentDirectory";
    assert_eq!(ended.unwrap_err().to_string(), expected);
    assert!(steps.is_empty());
    assert_eq!(aws.lambda.changes(), [CREATED]);
    let api = aws.api();
    let found = deploy::look(&api, &created().target).unwrap();
    let plan = deploy::plan(&api, &created(), found).unwrap();
    assert_eq!(plan.changes[0], deploy::Change::Update);
}
