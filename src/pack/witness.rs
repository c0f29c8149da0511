//! `Witness`: looks at a layer while it is packed.

use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use super::block::Block;

/// Looks at a layer while it is packed.
#[derive(Clone)]
pub struct Witness {
    /// Gets every block of the tar in order, once it is hashed. A receiver that is slow slows the packing down; one that
    /// has seen enough hangs up.
    pub blocks: SyncSender<Arc<Block>>,
    /// Hears how far the layer is written, if it is to.
    pub written: Option<Arc<Written>>,
}

/// Called for what is written, in order: so many bytes of the tar are so many bytes of the layer. Those are in the
/// file by then.
pub type Written = dyn Fn(u64, u64) + Send + Sync;
