//! Images that Amazon ECR archived: a pull finds nothing (Amazon ECR User Guide, "Archiving an image").

use lambda_img::credentials::ecr::EcrHost;
use lambda_img::rebase::RebaseError;
use lambda_img::reference::Reference;
use lambda_img::registry::RegistryError;
use lambda_img::source::{ImageRef, SourceError};

use super::arguments::Rebase;

/// The error, or that the image which was not found is archived, where ECR says so.
pub fn explained(args: &Rebase, error: RebaseError) -> RebaseError {
    let RebaseError::Source(SourceError::Registry { image, source: RegistryError::NotFound { .. } }) = &error
    else {
        return error;
    };
    let Ok(ImageRef::Registry(reference)) = image.reference.parse() else { return error };
    match is_archived(args, &reference) {
        Some(true) => RebaseError::Archived { image: reference.to_string() },
        _ => error,
    }
}

/// Whether ECR has it in its archive; `None` where that cannot be asked.
fn is_archived(args: &Rebase, image: &Reference) -> Option<bool> {
    let host = EcrHost::parse(image.registry())?;
    let ecr = args.net.access(args.jobs.count(), true, &[]).ok()?.connection.ecr;
    let status = ecr.image_status(&host, image.repository(), &image.identifier()).ok()?;
    Some(status.as_deref() == Some("ARCHIVED"))
}
