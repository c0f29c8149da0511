//! `--cache-dir`: opens the cache, if only you can write to it.

use std::env;
use std::io;
use std::path::{self, PathBuf};
use std::sync::Once;

use lambda_img::store::FileError;
use lambda_img::store::cache::{self, Cache, Distrust};

use super::headings::CACHE;
use crate::cli::show::error::CliError;
use crate::cli::show::ui;

/// Whether the warning that the cache is not used was printed.
static WARNED: Once = Once::new();

/// Where blobs are kept from one build to the next.
#[derive(clap::Args, PartialEq, Eq, Hash)]
#[group(skip)]
pub struct CacheDir {
    /// Keep the cache in this directory [default: $LAMBDA_IMG_CACHE, otherwise lambda-img in your cache directory]
    #[arg(help_heading = CACHE, hide_short_help = true, long = "cache-dir", value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

impl CacheDir {
    /// Opens the cache of the option, otherwise the user's ([`cache::user_dir`]). If there is no home directory, or
    /// it cannot be written, the cache is temporary and ends with the process. If other users can write to the cache,
    /// it is temporary too, with a warning unless `quiet`. This is not an error even if the option or the variable
    /// names the directory: both are set in CI files, and a build without the cache is only slower.
    pub fn open(&self, quiet: bool) -> Result<Cache, CliError> {
        let wanted = self.dir_to_use();
        match wanted.as_deref().map(|dir| (dir, cache::check(dir))) {
            // The current directory may be another one by the time that the cache is used.
            Some((dir, Ok(()))) => {
                let absolute = path::absolute(dir).map_err(CliError::Here)?;
                return Ok(Cache::new(absolute));
            }
            Some((dir, Err(why))) if !quiet => WARNED.call_once(|| {
                let dir = ui::clean(&dir.display().to_string());
                let why = ui::clean(&why.to_string());
                status!("warning: the cache `{dir}` is not used: {why}; use a directory that only you can write to");
            }),
            _ => {}
        }
        Cache::temporary(&env::temp_dir()).map_err(CliError::File)
    }

    /// Opens the cache, or fails if other users can write to it: for commands about the cache itself.
    pub fn named(&self) -> Result<Cache, CliError> {
        let Some(dir) = self.dir_to_use() else { return self.open(true) };
        let refused = |why| CliError::Cache(FileError::of("use", &dir)(io::Error::other::<Distrust>(why)));
        cache::check(&dir).map_err(refused)?;
        Ok(Cache::new(dir))
    }

    fn dir_to_use(&self) -> Option<PathBuf> {
        self.dir.clone().or_else(cache::user_dir)
    }
}
