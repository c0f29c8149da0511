//! The schemes of local images: what stands before the path in `oci:DIR`, `oci-archive:FILE` and `docker-archive:FILE`.

use std::fmt;

/// How an image on this machine is stored, by the word before the first colon of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// `oci:DIR[:TAG]`: an OCI image layout in a directory.
    Oci,
    /// `oci-archive:FILE[:TAG]`: an OCI image layout in a tar.
    OciArchive,
    /// `docker-archive:FILE[:NAME]`: what `docker save` writes.
    DockerArchive,
}

impl Scheme {
    /// Every scheme, in the order of documentation.
    pub const ALL: [Self; 3] = [Self::Oci, Self::OciArchive, Self::DockerArchive];

    /// The word, without the colon.
    pub fn name(self) -> &'static str {
        match self {
            Scheme::Oci => "oci",
            Scheme::OciArchive => "oci-archive",
            Scheme::DockerArchive => "docker-archive",
        }
    }

    /// The scheme of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scheme| scheme.name() == name)
    }

    /// Scheme and rest of a text that begins with a scheme and a colon.
    pub fn split(text: &str) -> Option<(Self, &str)> {
        let (name, rest) = text.split_once(':')?;
        Some((Self::named(name)?, rest))
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scheme_ends_at_the_first_colon() {
        for scheme in Scheme::ALL {
            assert_eq!(Scheme::split(&format!("{scheme}:a:b")), Some((scheme, "a:b")));
        }
        for none in ["oci", "OCI:a", "dir:a", "r.example:5000/oci:a", ""] {
            assert_eq!(Scheme::split(none), None, "{none}");
        }
    }
}
