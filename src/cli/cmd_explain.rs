//! `lambda-img explain`: the page of one check.

use lambda_img::check::{self, CHECKS, Check};
use serde_json::{Value, json};

use super::failure::Failure;
use super::{Outcome, ui};

#[derive(clap::Args)]
pub struct Explain {
    /// The name of a check, as `lambda-img check` prints it
    #[arg(value_name = "ID")]
    pub id: Option<String>,

    /// Print one JSON object (docs/schemas/explain.json)
    #[arg(long)]
    pub json: bool,
}

pub fn run(args: &Explain) -> Outcome {
    let one = args.id.as_ref().map(|id| check::known(id).map_err(Failure::Check)).transpose()?;
    if args.json {
        let checks: Vec<_> = match one {
            Some(check) => vec![to_json(check)],
            None => CHECKS.iter().copied().map(to_json).collect(),
        };
        return ui::print_json(&json!({ "version": 1, "checks": checks }));
    }
    let Some(check) = one else {
        let mut rows = vec![["CHECK", "GROUP", "LEVEL", "GRADE"].map(str::to_owned).to_vec()];
        let row = |check: &&Check| {
            vec![
                check.id.to_owned(),
                check.group.to_string(),
                check.level.to_string(),
                check.grade.to_string(),
            ]
        };
        rows.extend(CHECKS.iter().map(row));
        return ui::print(&ui::table(&rows, &[]));
    };
    ui::print_exactly(check.page)
}

/// What is known of a check; the words are those of `check --json`.
fn to_json(check: &Check) -> Value {
    json!({
        "id": check.id,
        "group": check.group.to_string(),
        "level": check.level.to_string(),
        "grade": check.grade.to_string(),
        "says": check.says,
        "page": check.page,
    })
}
