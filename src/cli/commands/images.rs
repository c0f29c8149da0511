//! `lambda-img images`: the images of repositories, and the functions that use them.

use std::collections::BTreeMap;

use lambda_img::credentials::RepositoryImage;
use lambda_img::deploy::DeployError;
use lambda_img::digest::Digest;
use lambda_img::reference::Reference;

use super::in_use::{Detail, Looked, Uses, by_text};
use crate::cli::options::headings::DEPLOYMENT;
use crate::cli::show::error::CliError;
use crate::cli::show::json::images as json;
use crate::cli::show::{stdout, ui};

#[derive(clap::Args)]
#[group(skip)]
pub struct Images {
    #[command(flatten)]
    pub looked: Looked,

    /// Show which versions of which Lambda functions use each image
    #[arg(help_heading = DEPLOYMENT, long)]
    pub in_use: bool,

    /// Print one JSON object (docs/schemas/images.json)
    #[arg(long)]
    pub json: bool,
}

pub fn run(args: &Images) -> Result<(), CliError> {
    let asking = args.looked.asking("images", true)?;
    let mut all = Vec::new();
    for repository in &args.looked.repositories {
        let host = Looked::host(repository)?;
        let images = asking.ecr.images(&host, repository.repository());
        let mut images = images.map_err(|error| CliError::from(DeployError::from(error)))?;
        images.sort_by_key(|image| (std::cmp::Reverse(image.pushed), image.digest));
        let used = match args.in_use {
            true => {
                let digests = images.iter().map(|image| image.digest).collect();
                let used = asking.used(&host, &args.looked.accounts_of(&host), &Detail::Of(&digests))?;
                Some(InUse { used, running: asking.running(&host, repository) })
            }
            false => None,
        };
        all.push((repository, images, used));
    }
    if args.json {
        let objects = all.iter().map(|(repository, images, used)| {
            json::Repository::of(repository, images, used.as_ref().map(InUse::parts))
        });
        return stdout::print_json(&json::Images::of(objects.collect()));
    }
    stdout::print(
        &all.iter()
            .map(|(repository, images, used)| text(repository, images, used.as_ref()))
            .collect::<String>(),
    )
}

/// What uses images, by digest.
struct InUse {
    /// Versions of functions.
    used: Uses,
    /// Tasks of Amazon ECS and pods of Amazon EKS, where they are known.
    running: Option<BTreeMap<Digest, u64>>,
}

impl InUse {
    fn parts(&self) -> (&Uses, Option<&BTreeMap<Digest, u64>>) {
        (&self.used, self.running.as_ref())
    }

    /// What uses an image, for people.
    fn words(&self, digest: &Digest) -> String {
        let mut by: Vec<_> = self.used.get(digest).into_iter().flatten().map(by_text).collect();
        let running = self.running.as_ref().and_then(|running| running.get(digest));
        by.extend(running.map(|count| format!("{count} ECS tasks or EKS pods")));
        if by.is_empty() { "-".to_owned() } else { by.join(", ") }
    }
}

fn text(repository: &Reference, images: &[RepositoryImage], used: Option<&InUse>) -> String {
    let mut head = vec!["DIGEST", "SIZE", "PUSHED", "TAGS"];
    head.extend(used.map(|_| "USED BY"));
    let mut rows = vec![head.into_iter().map(str::to_owned).collect::<Vec<_>>()];
    for image in images {
        let mut row = vec![
            image.digest.to_string(),
            ui::bytes(image.size),
            ui::time(image.pushed).split(' ').next().unwrap_or_default().to_owned(),
            if image.tags.is_empty() { "-".to_owned() } else { image.tags.join(", ") },
        ];
        row.extend(used.map(|used| used.words(&image.digest)));
        rows.push(row);
    }
    format!("{repository}\n{}", ui::table(&rows, &[1]))
}
