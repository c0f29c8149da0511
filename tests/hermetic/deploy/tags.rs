//! The tag that says that an alias uses an image.

use lambda_img::deploy::{self, Change, InUse, Order, TagState, Target};

use super::{Aws, host, order};
use crate::harness::lambda::{Function, image};

const TAG: &str = "in-use-orders.live";

fn tagged(bytes: &str) -> Order {
    Order { tag_in_use: true, ..order(bytes) }
}

fn digest(bytes: &str) -> String {
    image(bytes).split_once('@').unwrap().1.to_owned()
}

#[test]
fn the_tag_follows_the_alias_and_a_second_deployment_changes_nothing() {
    let aws = Aws::with(Function::aliased(&image("old"), "live"));
    let (ended, steps) = aws.deploy(&tagged("new"));
    assert!(!ended.unwrap().unchanged);
    assert_eq!(
        steps[2..],
        ["alias `live` names version 2".to_owned(), format!("tag `{TAG}` names the image")]
    );
    assert_eq!(
        aws.lambda.changes(),
        ["UpdateFunctionCode orders", "PublishVersion orders", "UpdateAlias orders live=2", "PutImage"]
    );
    assert_eq!(aws.lambda.world().tagged[TAG], digest("new"));
    assert!(aws.deploy(&tagged("new")).0.unwrap().unchanged);
    assert_eq!(aws.lambda.changes(), [""; 0]);
    // The tag alone is somewhere else.
    aws.lambda.world().tagged.insert(TAG.to_owned(), digest("old"));
    let done = aws.deploy(&tagged("new")).0.unwrap();
    assert_eq!((done.unchanged, done.version.as_deref()), (false, Some("2")));
    assert_eq!(aws.lambda.changes(), ["PutImage"]);
    // Without an alias, there is no tag.
    aws.deploy(&Order { alias: None, ..tagged("newer") }).0.unwrap();
    assert_eq!(aws.lambda.changes(), ["UpdateFunctionCode orders"]);
}

#[test]
fn where_tags_may_not_move_none_is_put() {
    for (mutability, filters, moves) in [
        ("IMMUTABLE", vec![], false),
        ("IMMUTABLE_WITH_EXCLUSION", vec!["v*"], false),
        ("IMMUTABLE_WITH_EXCLUSION", vec!["in-use-*"], true),
        ("MUTABLE_WITH_EXCLUSION", vec!["in-use-*"], false),
    ] {
        let aws = Aws::with(Function::aliased(&image("old"), "live"));
        aws.lambda.world().mutability = Some((mutability, filters));
        let api = aws.api();
        let before = deploy::look(&api, &tagged("new").target).unwrap();
        let plan = deploy::plan(&api, &tagged("new"), before).unwrap();
        assert_eq!(plan.changes.contains(&Change::Tag(TAG.to_owned())), moves, "{mutability}");
        assert_eq!(plan.tag.as_ref().unwrap().state == TagState::Fixed, !moves, "{mutability}");
        deploy::deploy(&api, &tagged("new"), &plan, &|_| {}).unwrap();
        assert_eq!(aws.lambda.changes().contains(&"PutImage".to_owned()), moves, "{mutability}");
    }
}

#[test]
fn a_tag_that_is_refused_ends_the_deployment_after_the_alias_moved() {
    let aws = Aws::with(Function::aliased(&image("old"), "live"));
    aws.lambda.answer(
        "PutImage",
        9,
        (400, "AccessDeniedException", "not authorized to perform: ecr:PutImage"),
    );
    let (ended, steps) = aws.deploy(&tagged("new"));
    assert!(ended.unwrap_err().to_string().contains("ecr:PutImage"));
    assert_eq!(steps.last().unwrap(), "alias `live` names version 2");
}

#[test]
fn after_a_rollback_the_tag_names_the_image_of_the_version_before() {
    let aws = Aws::with(Function::aliased(&image("old"), "live"));
    aws.deploy(&tagged("new")).0.unwrap();
    let (api, target) = (aws.api(), order("new").target);
    deploy::rollback(&api, &target, "live", None, false).unwrap();
    let found = deploy::tag_version(&api, &target, "live", "1").unwrap();
    let expected = InUse { tag: TAG.to_owned(), repository: "fn".to_owned(), state: TagState::Elsewhere };
    assert_eq!((found, aws.lambda.world().tagged[TAG].clone()), (expected, digest("old")));
    assert_eq!(deploy::tag_version(&api, &target, "live", "1").unwrap().state, TagState::There);
}

#[test]
fn functions_and_aliases_of_other_accounts_never_share_a_tag() {
    let aws = Aws::with(Function::aliased(&image("old"), "live"));
    aws.lambda.add("a-b", Function::aliased(&image("old"), "c"));
    aws.lambda.add("a", Function::aliased(&image("old"), "b-c"));
    let theirs = "arn:aws:lambda:eu-west-1:999999999999:function:a";
    // The script has one function `a` for all accounts.
    for (function, alias) in [("a-b", "c"), ("a", "b-c"), (theirs, "b-c")] {
        let target = Target::of(function, &host()).unwrap();
        aws.deploy(&Order { target, alias: Some(alias.to_owned()), ..tagged("new") }).0.unwrap();
    }
    let tags: Vec<_> = aws.lambda.world().tagged.keys().cloned().collect();
    assert_eq!(tags, ["in-use-999999999999.a.b-c", "in-use-a-b.c", "in-use-a.b-c"]);
}
