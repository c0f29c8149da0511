//! `lambda-img images`: the images of repositories, and the functions that use them.

use lambda_img::credentials::RepositoryImage;
use lambda_img::deploy::DeployError;
use lambda_img::reference::Reference;

use super::in_use::{Looked, Uses, by_text};
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
            true => Some(asking.used(&host, &args.looked.accounts_of(&host))?),
            false => None,
        };
        all.push((repository, images, used));
    }
    if args.json {
        let objects = all
            .iter()
            .map(|(repository, images, used)| json::Repository::of(repository, images, used.as_ref()));
        return stdout::print_json(&json::Images::of(objects.collect()));
    }
    stdout::print(
        &all.iter()
            .map(|(repository, images, used)| text(repository, images, used.as_ref()))
            .collect::<String>(),
    )
}

fn text(repository: &Reference, images: &[RepositoryImage], used: Option<&Uses>) -> String {
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
        if let Some(used) = used {
            let by = used.get(&image.digest).map(Vec::as_slice).unwrap_or_default();
            row.push(if by.is_empty() {
                "-".to_owned()
            } else {
                by.iter().map(by_text).collect::<Vec<_>>().join(", ")
            });
        }
        rows.push(row);
    }
    format!("{repository}\n{}", ui::table(&rows, &[1]))
}
