//! What to do about images that cannot be put on another base.

use lambda_img::rebase::RebaseError;

use super::source::source;

/// What to do about it, if something helps.
pub fn rebase(error: &RebaseError) -> Option<String> {
    Some(match error {
        RebaseError::Source(error) => return source(error),
        RebaseError::Runtime(_) => "`lambda-img runtimes` lists the runtimes".to_owned(),
        RebaseError::Archived { .. } => {
            "restore it with `aws ecr update-image-storage-class --target-storage-class STANDARD`, or push it again"
                .to_owned()
        }
        RebaseError::BaseUnknown { .. } => {
            "nothing was pushed; name the base that the image was built on with `--assume-base BASE`".to_owned()
        }
        RebaseError::NotOnBase { .. } => {
            "nothing was pushed; name the base that the image was built on with `--assume-base BASE`, or build the \
             image again from source"
                .to_owned()
        }
        RebaseError::NoTarget { .. } => {
            "name the new base with `--to BASE`, or the runtime with `--runtime ID`".to_owned()
        }
        RebaseError::OtherRuntime { .. } => "leave the image out, or correct `--runtime`".to_owned(),
        RebaseError::Platform { .. } => "choose an image for linux/amd64 or linux/arm64".to_owned(),
        RebaseError::Damaged { .. } => "copy the image or the base again, or build the image from source".to_owned(),
        _ => return None,
    })
}
