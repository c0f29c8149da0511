//! What was pushed, in words and as the lines of stdout.

use lambda_img::build::BuildError;
use lambda_img::credentials::ecr::EcrHost;
use lambda_img::publish::registry::{Pushed, Stopped};
use lambda_img::reference::Reference;
use lambda_img::registry::{BlobOutcome, PushStats, PushedBlob};
use serde::Serialize;

use super::error::CliError;
use super::{json, stdout, ui};

/// Of a push that failed on its way: what stands goes to stdout as if all had, and stderr says what
/// is missing, also to who wants to hear errors alone. `object` makes it one of the command's objects.
pub fn stopped<'e, T: Serialize>(
    error: &'e BuildError,
    as_json: bool,
    object: fn(json::pushed::Stopped<'e>) -> T,
) -> Result<(), CliError> {
    let Some(stopped) = partly(error) else { return Ok(()) };
    status_block!("{}", published_lines(stopped));
    if as_json {
        return stdout::print_json(&object(stopped.into()));
    }
    stdout::print(&lines(&stopped.pushed))
}

/// The push that a build ended in, where it had more than one target.
pub fn partly(error: &BuildError) -> Option<&Stopped> {
    match error {
        BuildError::Push(stopped) if !stopped.pushed.is_empty() || stopped.left.len() > 1 => Some(stopped),
        _ => None,
    }
}

/// What of a push stands, and what is missing, in lines.
pub fn published_lines(stopped: &Stopped) -> String {
    let mut out = String::new();
    if !stopped.pushed.is_empty() {
        out += "already pushed\n";
        out.extend(stopped.pushed.iter().map(|one| report(one, false)));
    }
    let left: Vec<_> = stopped.left.iter().map(ToString::to_string).collect();
    if !left.is_empty() {
        out += &format!("not pushed: {}\n", left.join(", "));
    }
    out
}

/// The lines of stdout: one for each repository.
pub fn lines<'a>(pushed: impl IntoIterator<Item = &'a Pushed>) -> String {
    pushed.into_iter().map(|one| format!("{}\n", one.pinned)).collect()
}

/// For people: one line.
pub fn summary(one: &Pushed) -> String {
    let tags = if one.tags.is_empty() { "only by digest".to_owned() } else { one.tags.join(", ") };
    let blobs = one.blobs;
    let count = |count: usize| if count == 1 { "1 blob".to_owned() } else { format!("{count} blobs") };
    let what = if one.already {
        "already published".to_owned()
    } else if blobs == PushStats::default() {
        "the image already existed, only tags were set".to_owned()
    } else {
        let sent = format!("sent {} ({})", count(blobs.sent), ui::bytes(blobs.bytes));
        format!("{sent}, mounted {}, {} already there", blobs.mounted, blobs.present)
    };
    format!("  {} ({tags}): {what}\n", one.pinned)
}

/// For people: one line, and where they want more, one for each blob.
pub fn report(one: &Pushed, verbose: bool) -> String {
    let mut out = summary(one);
    if verbose {
        let row = |done: &PushedBlob| {
            let what = match done.outcome {
                BlobOutcome::Present => "    there",
                BlobOutcome::Mounted => "    mounted",
                BlobOutcome::Sent => "    sent",
            };
            vec![what.to_owned(), ui::bytes(done.size), done.digest.to_string()]
        };
        out += &ui::table(&one.each.iter().map(row).collect::<Vec<_>>(), &[1]);
    }
    out + &update(&one.pinned.reference()).unwrap_or_default()
}

/// What makes a function run the image, ready to paste: of ECR's hosts that Lambda reads from. The function is taken
/// to have the last name of the repository.
fn update(image: &Reference) -> Option<String> {
    let host = EcrHost::parse(image.registry()).filter(|host| !host.fips)?;
    let name = image.repository().rsplit('/').next().unwrap_or_default();
    let command = "aws lambda update-function-code";
    Some(format!("  {command} --region {} --function-name {name} --image-uri {image}\n", host.region))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(image: &str) -> Option<String> {
        update(&image.parse().unwrap())
    }

    #[test]
    fn the_command_is_for_what_lambda_can_read() {
        let digest = format!("sha256:{}", "0".repeat(64));
        let image = format!("123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/fn@{digest}");
        let command = format!(
            "  aws lambda update-function-code --region eu-west-1 --function-name fn --image-uri {image}\n"
        );
        assert_eq!(of(&image), Some(command));
        assert_eq!(of(&format!("123456789012.dkr.ecr-fips.us-east-1.amazonaws.com/fn@{digest}")), None);
        assert_eq!(of(&format!("127.0.0.1:5000/team/fn@{digest}")), None);
    }
}
