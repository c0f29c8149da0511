//! What the tests of `registry` share, whichever binary they are in.

use lambda_img::credentials::{Chain, Keychain};
use lambda_img::digest::Digest;
use lambda_img::http::{Client, Network, NetworkOptions, RetryPolicy};
use lambda_img::image::BlobSource;
use lambda_img::media_type::OCI_MANIFEST;
use lambda_img::reference::Reference;
use lambda_img::registry::{Blob, Registries, Upload};
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

/// A layer in memory.
pub struct Memory {
    pub bytes: Arc<[u8]>,
    pub from: Option<Reference>,
}

impl BlobSource for Memory {
    fn open(&self) -> std::io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(std::io::Cursor::new(self.bytes.clone())))
    }

    fn mount_from(&self) -> Option<&Reference> {
        self.from.as_ref()
    }
}

/// Short pauses and time-outs, three retries.
pub fn client(options: NetworkOptions) -> Client {
    let retry = RetryPolicy { retries: 3, first: Duration::from_millis(5), ..RetryPolicy::default() };
    Client::new(Arc::new(Network::new(options)), retry, Vec::new())
}

pub fn quick() -> NetworkOptions {
    NetworkOptions { idle: Duration::from_millis(700), ..NetworkOptions::default() }
}

/// Anonymous, one transfer at a time: the log is exact.
pub fn registries() -> Registries {
    with(Arc::new(Chain::default()))
}

pub fn with(keychain: Arc<dyn Keychain>) -> Registries {
    Registries::new(client(quick()), keychain, Vec::new(), 1)
}

/// These bytes as a blob, and a repository that has it.
pub fn blob(bytes: &[u8], from: Option<Reference>) -> Blob {
    let source = Arc::new(Memory { bytes: bytes.into(), from });
    Blob {
        digest: Digest::of(bytes),
        size: bytes.len() as u64,
        source,
        again: false,
        meter: Default::default(),
    }
}

pub const CONFIG: &[u8] = br#"{"architecture":"amd64","os":"linux"}"#;

/// An image of these layers.
pub fn image(layers: &[&[u8]]) -> Upload {
    let descriptors: Vec<_> = layers
        .iter()
        .map(|layer| serde_json::json!({"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": Digest::of(layer).to_string(), "size": layer.len()}))
        .collect();
    let manifest = serde_json::json!({
        "schemaVersion": 2, "mediaType": OCI_MANIFEST, "layers": descriptors,
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": Digest::of(CONFIG).to_string(), "size": CONFIG.len()},
    });
    Upload {
        layers: layers.iter().map(|bytes| blob(bytes, None)).collect(),
        config: CONFIG.to_vec(),
        manifest: manifest.to_string().into_bytes(),
        media_type: OCI_MANIFEST.into(),
    }
}

pub fn reference(text: String) -> Reference {
    text.parse().unwrap()
}

/// The error with its causes, as the program will print it.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}
