//! `lambda-img cache info|prune --registry`: the entries that machines share in a repository.

use std::num::NonZeroUsize;

use lambda_img::credentials::NotDeleted;
use lambda_img::credentials::ecr::EcrHost;
use lambda_img::date::Date;
use lambda_img::digest::Digest;
use lambda_img::reference::Reference;
use lambda_img::registry_cache::{self, EntryKind, EntryLimits, ListedEntry, Listing};

use super::options::{CacheInfo, CachePrune, DAY};
use crate::cli::options::jobs::Jobs;
use crate::cli::options::registries::{Access, Network};
use crate::cli::show::error::CliError;
use crate::cli::show::json::{cache, registry_cache as object};
use crate::cli::show::{clock, stdout, ui, usage};

/// What the days of entries mean where the registry has no API that says more.
const UNREAD: &str = "this registry does not say when entries are read: days count from the day of writing";

/// The entries of a repository, and how it is reached.
struct Repository<'a> {
    reference: &'a Reference,
    access: Access,
    jobs: NonZeroUsize,
}

impl<'a> Repository<'a> {
    fn open(reference: &'a Reference, net: &Network, command: &str) -> Result<Self, CliError> {
        if net.offline {
            return Err(usage::options::offline(command));
        }
        let jobs = Jobs::default().count();
        Ok(Self { reference, access: net.access(jobs, false, &[reference.registry()])?, jobs })
    }

    fn list(&self) -> Result<Listing, CliError> {
        let connection = &self.access.connection;
        let images = connection.images();
        let found =
            registry_cache::list(&connection.registries, images.as_deref(), self.reference, self.jobs);
        found.map_err(|error| CliError::Registry(Box::new(error)))
    }

    /// The entries that can be deleted without an image of another tag.
    fn list_deletable(&self) -> Result<Listing, CliError> {
        let (mut listing, registries) = (self.list()?, &self.access.connection.registries);
        let spared = listing.spare_what_other_tags_name(registries, self.reference, self.jobs);
        spared.map_err(|error| CliError::Registry(Box::new(error)))?;
        Ok(listing)
    }

    fn delete(&self, digests: &[Digest]) -> Result<Vec<NotDeleted>, CliError> {
        let connection = &self.access.connection;
        let (registries, images) = (&connection.registries, connection.images());
        let done = registry_cache::delete(registries, images.as_deref(), self.reference, digests, self.jobs);
        done.map_err(|error| CliError::Registry(Box::new(error)))
    }
}

pub fn info(args: &CacheInfo, reference: &Reference) -> Result<(), CliError> {
    let listing = Repository::open(reference, &args.net, "cache info --registry")?.list()?;
    let info = object::Info::of(reference, &listing, clock::today());
    if args.json {
        return stdout::print_json(&cache::Info::Registry(info));
    }
    let row =
        |name: &str, sum: &object::Sum| vec![name.to_owned(), sum.entries.to_string(), ui::bytes(sum.bytes)];
    let header = ["", "ENTRIES", "SIZE"].map(str::to_owned).to_vec();
    let mut rows = vec![header, row("steps", &info.steps), row("layers", &info.layers)];
    rows.push(row("other formats", &info.other_formats));
    rows.push(row("total", &info.total));
    let ages = &info.last_used;
    rows.extend([
        row("used 0 to 7 days ago", &ages.days_0_to_7),
        row("used 8 to 30 days ago", &ages.days_8_to_30),
        row("used more than 30 days ago", &ages.days_over_30),
        row("last use unknown", &ages.unknown),
    ]);
    let table = ui::table(&rows, &[1, 2]);
    let others = ui::count(info.other_images, "other image", "other images");
    if EcrHost::parse(reference.registry()).is_none() {
        status!("{UNREAD}");
    }
    stdout::print(&format!("{reference}\n{table}{others}\n"))
}

pub fn prune(args: &CachePrune, reference: &Reference) -> Result<(), CliError> {
    let used_since =
        args.older_than.map(|days| Date::of_unix_seconds(clock::now().as_second() - i64::from(days) * DAY));
    let limits = EntryLimits { max_size: args.max_size, used_since, other_formats: args.other_formats };
    if limits == EntryLimits::default() && args.entry.is_none() {
        return Err(usage::commands::no_registry_limit());
    }
    if args.older_than == Some(0) {
        return Err(usage::commands::registry_limit_of_no_day());
    }
    let repository = Repository::open(reference, &args.net, "cache prune --registry")?;
    let listing = repository.list_deletable()?;
    let go = match &args.entry {
        Some(tag) => {
            let entry = listing.tagged(tag);
            vec![entry.map_err(|why| CliError::NotAnEntry(format!("`{tag}` of `{reference}`"), why))?]
        }
        None => registry_cache::to_delete(&listing, &limits),
    };
    let digests: Vec<_> = go.iter().map(|entry| entry.digest).collect();
    let left = if args.dry_run { Vec::new() } else { repository.delete(&digests)? };
    for NotDeleted { digest, why } in &left {
        status!("not removed: {digest}: {}", ui::clean(why));
    }
    let failed = left.len();
    let pruned = object::Prune::of(reference, args.dry_run, &listing, &go, left);
    let verb = if args.dry_run { ["would remove", "would keep"] } else { ["removed", "kept"] };
    let (removed, left) = (pruned.removed.len(), &pruned.left);
    status!(
        "{} {} ({}); {} {} ({})",
        verb[0],
        ui::count(removed, "entry", "entries"),
        ui::bytes(pruned.freed),
        verb[1],
        ui::count(left.entries, "entry", "entries"),
        ui::bytes(left.bytes)
    );
    if args.dry_run && EcrHost::parse(reference.registry()).is_none() {
        status!("`--dry-run` does not find out whether the registry deletes entries");
    }
    if args.older_than.is_some() && EcrHost::parse(reference.registry()).is_none() {
        status!("{UNREAD}");
    }
    if args.json {
        stdout::print_json(&cache::Prune::Registry(pruned))?;
    } else {
        stdout::print(&table(&go))?;
    }
    if failed > 0 { Err(CliError::NotRemoved { entries: failed }) } else { Ok(()) }
}

fn table(entries: &[&ListedEntry]) -> String {
    let row = |entry: &&ListedEntry| {
        let used = entry.used.map_or_else(|| "unknown".to_owned(), |day| day.to_string());
        let kind = entry.kind.map_or("other format", EntryKind::name);
        let tags: Vec<_> = entry.tags().collect();
        let name = if tags.is_empty() { entry.digest.to_string() } else { tags.join(" ") };
        vec![used, kind.to_owned(), ui::bytes(entry.size), name]
    };
    ui::table(&entries.iter().map(row).collect::<Vec<_>>(), &[2])
}
