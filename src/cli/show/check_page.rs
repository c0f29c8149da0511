//! The summary of a check from its page in docs/checks: the first paragraph, and its first sentence.

use lambda_img::check::Check;

/// The first paragraph of a check's page behind title and levels: what is wrong.
pub fn why(check: &Check) -> String {
    check.page.split("\n\n").nth(2).unwrap_or_default().replace('\n', " ")
}

/// Its first sentence.
pub fn summary(check: &Check) -> String {
    why(check).split_inclusive(". ").next().unwrap_or_default().trim().to_owned()
}
