//! Who may pull from a repository, by its policy (IAM user guide, "JSON policy element reference"; Lambda developer guide,
//! "Amazon ECR cross-account permissions").

use std::collections::BTreeSet;

use serde_json::Value;

use super::error::PruneError;

/// Who may pull from a repository, besides its own account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pullers {
    /// Other accounts, by their twelve digits.
    pub accounts: BTreeSet<String>,
    /// The `Sid`s of statements that let others pull, whose accounts are not known: all, an organisation, a condition.
    pub others: Vec<String>,
}

/// Reads a policy. What it does not understand counts as others who may pull.
///
/// # Errors
/// [`PruneError::Policy`].
pub fn pullers(policy: &str) -> Result<Pullers, PruneError> {
    let json: Value =
        serde_json::from_str(policy).map_err(|why| PruneError::Policy { why: why.to_string() })?;
    let mut found = Pullers::default();
    for (at, statement) in several(&json["Statement"]).iter().enumerate() {
        if statement["Effect"] == "Deny" || !lets_pull(statement) {
            continue;
        }
        let named = accounts(statement);
        match named {
            Some(accounts) => found.accounts.extend(accounts),
            None => {
                let sid = statement["Sid"].as_str().map(str::to_owned);
                found
                    .others
                    .push(crate::redact::text(&sid.unwrap_or_else(|| format!("statement {}", at + 1)), 100));
            }
        }
    }
    Ok(found)
}

/// One value, or several.
fn several(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(all) => all.iter().collect(),
        Value::Null => Vec::new(),
        one => vec![one],
    }
}

/// Whether it allows to read manifests. `NotAction` may.
fn lets_pull(statement: &Value) -> bool {
    let covers = |action: &&Value| {
        action.as_str().is_none_or(|text| {
            let text = text.to_ascii_lowercase();
            // A pattern counts as far as it is plain.
            let plain = text.split(['*', '?']).next().unwrap_or_default();
            match text.len() == plain.len() {
                true => text == "ecr:batchgetimage",
                false => "ecr:batchgetimage".starts_with(plain),
            }
        })
    };
    !statement["NotAction"].is_null() || several(&statement["Action"]).iter().any(covers)
}

/// The accounts that a statement names; `None` where it names others too.
fn accounts(statement: &Value) -> Option<BTreeSet<String>> {
    let principal = statement["Principal"].as_object()?;
    let mut found = BTreeSet::new();
    for (kind, values) in principal {
        for value in several(values) {
            let text = value.as_str()?;
            match kind.as_str() {
                "AWS" => {
                    found.insert(account(text)?);
                }
                // Which functions Lambda may read it for, the condition says.
                "Service" if text == "lambda.amazonaws.com" => {
                    found.extend(of_condition(&statement["Condition"])?)
                }
                _ => return None,
            }
        }
    }
    Some(found)
}

/// The account of a principal: its digits, or an ARN.
fn account(principal: &str) -> Option<String> {
    let is_account = |text: &&str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    let part = if principal.contains(':') { principal.split(':').nth(4)? } else { principal };
    Some(part).filter(is_account).map(str::to_owned)
}

/// The accounts of `aws:SourceArn` and `aws:SourceAccount`. Further conditions only take away.
fn of_condition(condition: &Value) -> Option<BTreeSet<String>> {
    let mut found: Option<BTreeSet<String>> = None;
    for (operator, keys) in condition.as_object()? {
        let operator = operator.to_ascii_lowercase();
        let is_positive = ["stringequals", "stringlike", "arnequals", "arnlike"].contains(&operator.as_str());
        for (key, values) in keys.as_object()? {
            let key = key.to_ascii_lowercase();
            if !is_positive || (key != "aws:sourcearn" && key != "aws:sourceaccount") {
                continue;
            }
            let accounts = several(values).into_iter().map(|value| account(value.as_str()?));
            found = Some(accounts.collect::<Option<BTreeSet<_>>>()?);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(statements: Value) -> (Vec<String>, Vec<String>) {
        let found = pullers(&json!({"Version": "2012-10-17", "Statement": statements}).to_string()).unwrap();
        (found.accounts.into_iter().collect(), found.others)
    }

    #[test]
    fn accounts_are_counted_and_all_others_are_told() {
        let pull = json!(["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]);
        let aws =
            |principal: &str| json!({"Effect": "Allow", "Principal": {"AWS": principal}, "Action": pull});
        let both = json!([aws("arn:aws:iam::999999999999:root"), aws("888888888888")]);
        assert_eq!(of(both), (vec!["888888888888".to_owned(), "999999999999".to_owned()], vec![]));
        let lambda = |condition: Value| {
            json!({"Sid": "L", "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "ecr:BatchGetImage", "Condition": condition})
        };
        let arn = "arn:aws:lambda:eu-west-1:999999999999:function:*";
        let known = of(lambda(json!({"StringLike": {"aws:sourceARN": arn}})));
        assert_eq!(known, (vec!["999999999999".to_owned()], vec![]));
        let several =
            of(lambda(json!({"StringEquals": {"aws:SourceAccount": ["1".repeat(12), "2".repeat(12)]}})));
        assert_eq!(several.0.len(), 2);
        for unknown in [
            json!(null),
            json!({"StringLike": {"aws:sourceARN": "arn:aws:lambda:eu-west-1:*:function:*"}}),
            json!({"StringNotLike": {"aws:sourceARN": arn}}),
            json!({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}),
        ] {
            assert_eq!(of(lambda(unknown.clone())), (vec![], vec!["L".to_owned()]), "{unknown}");
        }
        for principal in ["*", "arn:aws:iam::*:root", "AIDAEXAMPLE"] {
            assert_eq!(of(aws(principal)), (vec![], vec!["statement 1".to_owned()]), "{principal}");
        }
        let everyone = json!({"Effect": "Allow", "Principal": "*", "Action": "ecr:*"});
        assert_eq!(of(everyone).1.len(), 1);
    }

    #[test]
    fn only_statements_that_let_pull_count() {
        let with = |key: &str, action: Value| {
            let mut statement = json!({"Effect": "Allow", "Principal": "*"});
            statement[key] = action;
            of(statement).1.len()
        };
        for action in ["*", "ecr:*", "ECR:batchgetimage", "ecr:Batch*", "ecr:BatchGet?mage"] {
            assert_eq!(with("Action", json!([action])), 1, "{action}");
        }
        assert_eq!(with("Action", json!(["ecr:PutImage", "ecr:Describe*"])), 0);
        assert_eq!(with("NotAction", json!("ecr:PutImage")), 1);
        assert_eq!(of(json!({"Effect": "Deny", "Principal": "*", "Action": "*"})).1.len(), 0);
        assert!(pullers("{").is_err());
    }
}
