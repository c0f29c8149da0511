//! The bases that the tool makes itself: the same bytes everywhere, nothing to download.

use std::sync::Arc;

use base64::Engine as _;
use serde_json::json;

use super::env::SourceEnv;
use super::error::SourceError;
use super::image_ref::ImageName;
use crate::arch::Arch;
use crate::digest::Digest;
use crate::image::{Addition, CREATED_BY_PREFIX, ConfigError, Edits, Image, ImageConfig, assemble};
use crate::media_type::Family;
use crate::pack::pack;
use crate::store::layer_cache::{self, CachedLayer, Lookup};
use crate::tree::{Content, FileTree, ImagePath, Node};

/// Where the custom runtime is started on bases without AWS's entry script.
pub const ENTRYPOINT: &str = "/var/runtime/bootstrap";

/// The task root, the working directory of every Lambda image.
const TASK_ROOT: &str = "/var/task";

/// Where Amazon Linux and Fedora keep their trust roots.
const CERTIFICATES: &str = "etc/pki/tls/certs/ca-bundle.crt";

/// Where programs built elsewhere look for them: Debian, OpenSSL.
const CERTIFICATE_LINKS: [(&str, &str); 2] = [
    ("etc/ssl/certs/ca-certificates.crt", "../../pki/tls/certs/ca-bundle.crt"),
    ("etc/ssl/cert.pem", "../pki/tls/certs/ca-bundle.crt"),
];

/// The least that programs look up; Lambda runs functions as a user of its own.
const PASSWD: &str = "root:x:0:0:root:/root:/sbin/nologin\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n";
const GROUP: &str = "root:x:0:\nnobody:x:65534:\n";
const NSSWITCH: &str = "passwd: files\ngroup: files\nhosts: files dns\n";

/// No layer at all; `env` and the task root as AWS's own images have them.
pub fn scratch(arch: Arch, env: &[String]) -> Result<Image, ConfigError> {
    let config = ImageConfig::of(&json!({
        "architecture": arch.oci(),
        "os": "linux",
        "config": { "Env": env, "Entrypoint": [ENTRYPOINT], "WorkingDir": TASK_ROOT },
        "rootfs": { "type": "layers", "diff_ids": [] },
    }))?;
    Ok(Image::compose(Family::Oci, config, Vec::new(), &Default::default()))
}

/// What a static binary needs to make TLS calls, and the directories of a Lambda image.
pub fn embedded(
    image: &ImageName,
    arch: Arch,
    env: &[String],
    at: &SourceEnv<'_>,
) -> Result<Image, SourceError> {
    let (cache, facts) = (&at.context.cache, &at.context.facts);
    let keeps = at.staging.keeps();
    let packing = |source| SourceError::packing(image, source);
    let found = layer_cache::find_cached(tree(), at.epoch, at.run, (cache, facts), keeps).map_err(packing)?;
    let layer = match found {
        Lookup::Hit(_, layer) => layer,
        Lookup::Miss(tree, shape) => {
            let segments = cache.segments();
            let reuse = segments.layer();
            let (packing, source) = at.staging.write(|out, file| -> Result<_, SourceError> {
                reuse.reads_from(file);
                pack(&tree, at.epoch, at.run, Some(&reuse), None, out).map_err(packing)
            })?;
            cache.keep_layer(shape, &packing, keeps.then_some(&*source));
            reuse.keep(packing.packed.digest);
            segments.keep();
            let (packed, epoch, jobs) = (packing.packed, at.epoch, at.run.jobs);
            // Checks look into it, also where nothing is to be written.
            let again = || Arc::new(CachedLayer { tree, shape, epoch, jobs, packed, cache: cache.clone() });
            layer_cache::layer(packed, if keeps { source } else { again() })
        }
    };
    let addition = Addition { layer, created_by: format!("{CREATED_BY_PREFIX}embedded base") };
    let build = || {
        let scratch = scratch(arch, env)?;
        let none = Default::default();
        assemble(&scratch, Family::Oci, vec![addition], &Edits::default(), &none, at.epoch)
    };
    build().map_err(|source| SourceError::config(image, source))
}

fn tree() -> FileTree {
    let mut tree = FileTree::new();
    let file = |name: &str, text: String| {
        (
            name.to_owned(),
            Node::File { content: Content::bytes("embedded base", text.into_bytes()), executable: false },
        )
    };
    let link = |name: &str, target: &str| {
        (name.to_owned(), Node::Symlink { target: target.to_owned(), origin: "embedded base".to_owned() })
    };
    let mut nodes = vec![
        file(CERTIFICATES, certificates()),
        file("etc/passwd", PASSWD.to_owned()),
        file("etc/group", GROUP.to_owned()),
        file("etc/nsswitch.conf", NSSWITCH.to_owned()),
        ("tmp".to_owned(), Node::Dir { sticky: true }),
    ];
    nodes.extend(CERTIFICATE_LINKS.map(|(name, target)| link(name, target)));
    nodes.extend(["opt", "var/runtime", "var/task"].map(|name| (name.to_owned(), Node::DIR)));
    for (name, node) in nodes {
        // Names and nodes stand in this file: the tests build the tree.
        if let Ok(path) = ImagePath::new(&name) {
            let _ = tree.insert(path, node);
        }
    }
    tree
}

/// Mozilla's roots as PEM, in order of their digests: the crate's own order is not promised.
fn certificates() -> String {
    let mut roots: Vec<&[u8]> =
        webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().map(|root| root.as_ref()).collect();
    roots.sort_by_key(|root| Digest::of(root));
    let mut pem = String::new();
    for root in roots {
        pem.push_str("-----BEGIN CERTIFICATE-----\n");
        let text = base64::engine::general_purpose::STANDARD.encode(root);
        for line in text.as_bytes().chunks(64) {
            pem.extend(line.iter().map(|byte| char::from(*byte)));
            pem.push('\n');
        }
        pem.push_str("-----END CERTIFICATE-----\n");
    }
    pem
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_base_has_all_its_files() {
        let tree = tree();
        let paths: Vec<_> = tree.iter().map(|(path, _)| path.as_str()).collect();
        for wanted in
            ["etc/passwd", "etc/ssl/cert.pem", "tmp", "var/task", "var/runtime", "opt", CERTIFICATES]
        {
            assert!(paths.contains(&wanted), "{wanted}");
        }
        assert!(certificates().matches("BEGIN").count() > 100);
    }
}
