//! Paths of a template, relative to the directory of the settings file.

/// A path that a template in `dir` names, with slashes and without `.` and `..`; empty for the directory of the
/// settings file. `None` where it leaves that directory.
pub fn within(dir: &str, path: &str) -> Option<String> {
    let windows = path.as_bytes().get(1) == Some(&b':');
    if path.starts_with('/') || path.contains('\0') || windows {
        return None;
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in dir.split('/').chain(path.split(['/', '\\'])) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The directory of a file.
pub fn parent(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(dir, _)| dir)
}

/// Why no function is built of code at a path that leaves the directory of the settings.
pub fn outside(path: &str) -> String {
    format!(
        "its code is at `{path}`, outside of this directory: run `lambda-img init` in a directory that has both"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_leaves_the_directory_of_the_settings() {
        for (dir, path, found) in [
            ("", "./src/", Some("src")),
            ("", ".", Some("")),
            ("infra", "../src", Some("src")),
            ("infra", "fn//x", Some("infra/fn/x")),
            ("", "a\\b", Some("a/b")),
            ("infra", "../../x", None),
            ("", "..", None),
            ("", "a/../../b", None),
            ("", "/etc", None),
            ("", "C:\\x", None),
        ] {
            assert_eq!(within(dir, path).as_deref(), found, "{dir} {path}");
        }
        assert_eq!((parent("a/b/c"), parent("c")), ("a/b", ""));
    }
}
