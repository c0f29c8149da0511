//! Whether a group has only one member, such as the group that Debian makes for each user.

use std::path::Path;

use lambda_img::store::read_small;

/// What `/etc/passwd` and `/etc/group` say (passwd(5), group(5)).
pub struct Groups {
    users: String,
    groups: String,
}

impl Groups {
    /// Of this machine. Without them, a group is known by its number alone.
    pub fn read() -> Self {
        let text = |path| {
            let bytes = read_small(Path::new(path)).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        Self { users: text("/etc/passwd"), groups: text("/etc/group") }
    }

    /// Whether a group has no other members than these users. For a group that the files do not list, as in a
    /// container or with a directory service, its number must be that of the user, as for groups of a single user
    /// (pam_umask(8), `usergroups`).
    pub fn is_of(&self, group: u32, users: &[u32]) -> bool {
        if cfg!(target_os = "macos") {
            // Its users are not in these files, and all of them are in `staff`.
            return false;
        }
        let ours: Vec<_> =
            rows(&self.users).filter(|row| id(row, 2).is_some_and(|id| users.contains(&id))).collect();
        let mut known = false;
        for row in rows(&self.users).filter(|row| id(row, 3) == Some(group)) {
            known = true;
            if !id(&row, 2).is_some_and(|id| users.contains(&id)) {
                return false;
            }
        }
        for row in rows(&self.groups).filter(|row| id(row, 2) == Some(group)) {
            known = true;
            let members = row.get(3).into_iter().flat_map(|names| names.split(','));
            let is_ours = |name: &str| ours.iter().any(|row| row.first() == Some(&name));
            if !members.filter(|name| !name.is_empty()).all(is_ours) {
                return false;
            }
        }
        known || users.contains(&group)
    }
}

fn rows(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines().map(|line| line.split(':').collect())
}

fn id(row: &[&str], at: usize) -> Option<u32> {
    row.get(at)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_a_users_own_where_nobody_else_is_in_it() {
        let groups = Groups {
            users: "root:x:0:0::/root:/bin/sh\nme:x:1000:1000::/:\nyou:x:1001:1001::/:\nher:x:1002:100::/:\n"
                .to_owned(),
            groups:
                "root:x:0:\nme:x:1000:\nyou:x:1001:me\nusers:x:100:\nteam:x:50:me,you\nmine:x:51:me,root\n"
                    .to_owned(),
        };
        let of = |group| groups.is_of(group, &[0, 1000]);
        assert!(of(0) && of(1000) && of(51));
        assert!(!of(1001) && !of(100) && !of(50));
        // Unknown: by its number.
        assert!(!of(2000) && groups.is_of(2000, &[0, 2000]));
    }
}
