//! `lambda-img attest`: attaches evidence to an image that is in a registry.

use std::sync::Arc;

use lambda_img::arch::Arch;
use lambda_img::attest::{self, Kind, Subject};
use lambda_img::epoch::Epoch;
use lambda_img::reference::Reference;
use lambda_img::registry::Attached;
use lambda_img::sbom;
use lambda_img::sign::Signer;
use lambda_img::source::{ImageRef, SourceEnv};
use lambda_img::store::Staging;

use crate::cli::options::evidence::ImageEvidence;
use crate::cli::options::image::ReadOptions;
use crate::cli::options::registries::Network;
use crate::cli::options::signing::Signing;
use crate::cli::options::values;
use crate::cli::settings::sources;
use crate::cli::show::error::CliError;
use crate::cli::show::{sbom as shown, stdout, usage};

#[derive(clap::Args)]
#[group(skip)]
pub struct Attest {
    /// Attach evidence to this image: REGISTRY/REPOSITORY[:TAG][@DIGEST]
    #[arg(value_parser = sources::image)]
    pub image: ImageRef,

    /// Attach this evidence; repeatable
    #[arg(long, value_name = "KIND", value_delimiter = ',', default_value = "sbom")]
    pub attest: Vec<ImageEvidence>,

    #[command(flatten)]
    pub signing: Signing,

    /// Attach to the image for x86_64 or arm64; an index of several images needs this option
    #[arg(short, long, value_name = "ARCH", value_parser = values::arch)]
    pub arch: Option<Arch>,

    #[command(flatten)]
    pub reading: ReadOptions,

    /// Print only the references of the evidence, and errors
    #[arg(short, long)]
    pub quiet: bool,
}

pub fn run(args: &Attest) -> Result<(), CliError> {
    let ImageRef::Registry(reference) = &args.image else {
        return Err(usage::options::attest_needs_registry(&args.image.to_string()));
    };
    if args.reading.net.offline {
        return Err(usage::options::offline("attest"));
    }
    let signer = signer(&args.signing, &args.attest, &args.reading.net)?;
    let (context, run) = args.reading.begin(args.quiet, [&args.image])?;
    let staging = Staging::nowhere();
    let at = SourceEnv { staging: &staging, run, epoch: Epoch::default(), context: &context };
    let evidence = Evidence { image: reference, arch: args.arch, kinds: &args.attest };
    let attached = evidence.attach(signer.as_ref(), args.quiet, &at)?;
    if !args.quiet {
        status_block!("{}", shown::attached(&attached));
    }
    let lines = attached.iter().map(|(_, one)| format!("{}\n", one.pinned));
    stdout::print(&lines.collect::<String>())
}

/// What signs this evidence.
pub fn signer(
    signing: &Signing,
    kinds: &[ImageEvidence],
    net: &Network,
) -> Result<Option<Arc<dyn Signer>>, CliError> {
    signing.suits(!kinds.is_empty(), kinds.contains(&ImageEvidence::Signature))?;
    signing.signer(net)
}

/// Evidence that is wanted of an image in a registry.
pub struct Evidence<'a> {
    pub image: &'a Reference,
    pub arch: Option<Arch>,
    pub kinds: &'a [ImageEvidence],
}

impl Evidence<'_> {
    /// Attaches it. The layers are read only if their packages are listed.
    pub fn attach(
        &self,
        signer: Option<&Arc<dyn Signer>>,
        quiet: bool,
        at: &SourceEnv<'_>,
    ) -> Result<Vec<(Kind, Attached)>, CliError> {
        let lists = self.kinds.iter().any(|kind| kind.list().is_some());
        let listed = match lists {
            true => {
                let image = ImageRef::Registry(self.image.clone());
                Some(sbom::list(&image, self.arch, at).map_err(CliError::of_inspection)?)
            }
            false => None,
        };
        // The image that was read, whatever the tag names by now.
        let (digest, manifest) = match &listed {
            Some(listed) => {
                if !quiet {
                    status_block!("{}", shown::warnings(listed));
                }
                let Some(manifest) = &listed.image.manifest else { return Ok(Vec::new()) };
                (listed.image.digest, manifest.clone())
            }
            None => {
                let found = Subject::find(self.image, self.arch, at);
                let found = found.map_err(|error| CliError::of_image(error.into()))?;
                (found.image.digest(), found.manifest)
            }
        };
        let document = |kind: &ImageEvidence| match (kind.list(), &listed) {
            (Some(format), Some(listed)) => attest::Evidence::sbom(listed, format),
            _ => attest::Evidence::signature(),
        };
        let evidence: Vec<_> = self.kinds.iter().map(document).collect();
        let image = self.image.pin(digest);
        attest::attach(&image, &manifest, &evidence, signer, at.context, at.run.interrupted)
            .map_err(CliError::Attest)
    }
}
