//! What a person reads about the evidence of an image.

use lambda_img::verify::{Requirement, Verdict};

use super::ui;

/// A line for each requirement, and for each thing that does not count.
pub fn text(verdict: &Verdict) -> String {
    let mut text = format!("{}\n", verdict.image);
    text.extend(verdict.requirements.iter().map(requirement));
    if !verdict.ignored.is_empty() {
        text += "ignored\n";
    }
    for one in &verdict.ignored {
        text += &ui::clean(&format!("  {}: {}", one.digest, one.why));
        text.push('\n');
    }
    text
}

/// The requirements that are not satisfied.
#[cfg(feature = "aws")]
pub fn missing(verdict: &Verdict) -> String {
    verdict.requirements.iter().filter(|one| one.outcome.is_err()).map(requirement).collect()
}

fn requirement(one: &Requirement) -> String {
    let (mark, how) = match &one.outcome {
        Ok(how) => ("verified", how),
        Err(why) => ("not verified", why),
    };
    ui::clean(&format!("  {mark:<12}  {} {}: {how}", one.kind, one.wanted)) + "\n"
}
