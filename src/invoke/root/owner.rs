//! `Ownership`: who owns the files of an unpacked image, and with which permissions, so that a function sees what it
//! would see in Lambda.

/// How owners and permissions of a layer become those of files on this machine.
///
/// Lambda runs a function as user 993 of group 990, and an image's files belong to other users, most to root: the
/// permissions of "others" decide (<https://docs.aws.amazon.com/lambda/latest/dg/images-create.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ownership {
    /// As the layer says. Only root can give files away.
    AsStored,
    /// All files belong to the user who unpacks, for only one user can be mapped without privileges. The function is
    /// that user, too, so owner and group get the permissions that "others" have in the layer.
    Mapped,
}

impl Ownership {
    /// A word for names of directories.
    pub fn word(self) -> &'static str {
        match self {
            Ownership::AsStored => "stored",
            Ownership::Mapped => "mapped",
        }
    }

    /// The permission bits of a file whose layer says `mode`. Set-id bits are dropped where the owner is another one
    /// than the layer's.
    pub fn mode(self, mode: u32) -> u32 {
        match self {
            Ownership::AsStored => mode & 0o7777,
            Ownership::Mapped => {
                let others = mode & 0o7;
                (mode & 0o1000) | others << 6 | others << 3 | others
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_for_root_alone_is_for_no_function() {
        let mapped = [0o600, 0o640, 0o644, 0o700, 0o750, 0o755, 0o4755, 0o1777]
            .map(|mode| Ownership::Mapped.mode(mode));
        assert_eq!(mapped, [0, 0, 0o444, 0, 0, 0o555, 0o555, 0o1777]);
        assert_eq!(Ownership::AsStored.mode(0o4755), 0o4755);
    }
}
