//! `lambda-img explain`: prints the page of a check, or lists all checks.

use lambda_img::check::{self, CHECKS, Check, Evidence};

use crate::cli::show::error::CliError;
use crate::cli::show::{check_page, json, stdout, ui};

#[derive(clap::Args)]
#[group(skip)]
pub struct Explain {
    /// Explain this check, by the name that `lambda-img check` prints [default: list all checks]
    #[arg(value_name = "ID")]
    pub id: Option<String>,

    /// Print one JSON object (docs/schemas/explain.json)
    #[arg(long)]
    pub json: bool,
}

pub fn run(args: &Explain) -> Result<(), CliError> {
    let one = args.id.as_ref().map(|id| check::known(id).map_err(CliError::Check)).transpose()?;
    if args.json {
        let checks = one.as_ref().map_or(CHECKS, std::slice::from_ref);
        return stdout::print_json(&json::explain::Explain::of(checks));
    }
    let Some(check) = one else {
        return stdout::print(&list());
    };
    stdout::print_exactly(check.page)
}

/// Every check in a line, and what the letters mean.
fn list() -> String {
    let mut rows = vec![["CHECK", "GROUP", "LEVEL", "GRADE", "WHAT IT FINDS"].map(str::to_owned).to_vec()];
    let row = |check: &&Check| {
        let (group, level, grade) =
            (check.group.to_string(), check.level.to_string(), check.evidence.to_string());
        vec![check.id.to_owned(), group, level, grade, ui::short(&check_page::summary(check), 100)]
    };
    rows.extend(CHECKS.iter().map(row));
    let grades = GRADES.map(|(grade, rests)| vec![format!("  {grade}"), rests.to_owned()]);
    format!(
        "{}\nThe grade of a check is what it rests on:\n{}\n`deny` stops a build before anything is published; \
         `warn` only tells. `lambda-img explain ID` prints a check's page.\n",
        ui::table(&rows, &[]),
        ui::table(&grades, &[])
    )
}

/// What each grade means, as `docs/concepts/checks.md` has it.
const GRADES: [(Evidence, &str); 4] = [
    (Evidence::A, "the documentation of AWS, or an API model of AWS"),
    (Evidence::B, "a file in a repository that AWS owns, or a specification that the image breaks"),
    (Evidence::C, "a repository, an issue or an article of others"),
    (Evidence::I, "an inference of this project"),
];
