//! `lambda-img explain`: the page of one check.

use lambda_img::check::{self, CHECKS};

use super::failure::Failure;
use super::{Outcome, ui};

#[derive(clap::Args)]
pub struct Explain {
    /// The name of a check, as `lambda-img check` prints it
    #[arg(value_name = "ID")]
    pub id: Option<String>,
}

pub fn run(args: &Explain) -> Outcome {
    let Some(id) = &args.id else {
        let mut rows = vec![["CHECK", "GROUP", "LEVEL", "GRADE"].map(str::to_owned).to_vec()];
        let row = |check: &&check::Check| {
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
    ui::print(check::known(id).map_err(Failure::Check)?.page)
}
