//! Lines of `.gitignore` for what builds leave in a project.

/// The lines that a file with this text lacks; empty if it has all.
pub fn lines(text: &str, leaves: &[String]) -> String {
    let plain = |line: &str| line.trim().trim_start_matches("**").trim_matches('/').to_owned();
    let there: Vec<String> = text.lines().map(plain).collect();
    // A name without a directory before it holds at every depth.
    let covered = |path: &str| {
        let path = plain(path);
        there.contains(&path)
            || path.rsplit('/').next().is_some_and(|name| there.iter().any(|line| line == name))
    };
    let mut wanted: Vec<&str> =
        std::iter::once("lambda-image").chain(leaves.iter().map(String::as_str)).collect();
    wanted.sort_unstable();
    wanted.dedup();
    wanted.retain(|path| !covered(path));
    if wanted.is_empty() {
        return String::new();
    }
    let mut out = String::new();
    if !text.is_empty() {
        out += if text.ends_with('\n') { "\n" } else { "\n\n" };
    }
    out += "# what builds of lambda-img leave\n";
    wanted.iter().for_each(|path| out += &format!("/{path}/\n"));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_not_there_is_added() {
        let leaves = ["node_modules".to_owned(), "app/dist".to_owned(), "node_modules".to_owned()];
        let all = "# what builds of lambda-img leave\n/app/dist/\n/lambda-image/\n/node_modules/\n";
        assert_eq!(lines("", &leaves), all);
        assert_eq!(lines("*.log", &leaves), format!("\n\n{all}"));
        assert_eq!(lines("node_modules/\ndist\n/lambda-image\n", &leaves), "");
        assert!(lines("**/node_modules/\n", &leaves).ends_with("leave\n/app/dist/\n/lambda-image/\n"));
    }
}
