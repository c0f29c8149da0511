//! What to do about an output or a push.

use lambda_img::publish::PublishError;
use lambda_img::store::parent;

use super::registry::registry;

/// What to do about it, if something helps.
pub fn publish(error: &PublishError) -> Option<String> {
    Some(match error {
        PublishError::Registry(error) => registry(error),
        PublishError::NotOurs { path, .. } => format!("remove `{}` or choose another output", path.display()),
        PublishError::Link(path) => {
            format!("replace the symlink `{}` by a directory, or choose another output", path.display())
        }
        PublishError::Full { path, .. } => {
            let dir = parent(path).display();
            format!(
                "remove tags that you do not need with `umoci rm --image {dir}:TAG` and `umoci gc --layout {dir}`, or \
                 write to another directory"
            )
        }
        PublishError::Family(_) => {
            "write a `docker-archive:`, or leave out `--media-types docker`".to_owned()
        }
        _ => return None,
    })
}
