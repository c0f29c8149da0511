//! `Surveys`: the contents of layers, found while they are packed, taken from an earlier run, or read.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use super::claims::{Claim, Claims};
use crate::check::checks_version;
use crate::digest::Digest;
use crate::image::{BlobSource, Layer};
use crate::key::Key;
use crate::pack::{Block, PackError, PackResult, Packed, Witness, Written};
use crate::store::cache::{Cache, CachedBlob, RecordKind};
use crate::store::growing::Growing;
use crate::survey::{Entry, Fact, Probe, Survey, probes};
use crate::work::{self, Interrupted, Run, Watched, lock, parallel};

/// Blocks of a tar that wait until they are surveyed.
const WAITING: usize = 4;

/// Surveys by the digest of the layer: what is in its bytes does not change.
#[derive(Default)]
pub struct Surveys {
    known: Mutex<BTreeMap<Digest, Arc<Survey>>>,
    cache: Option<Cache>,
    claims: Claims,
}

impl Surveys {
    /// Surveys that are kept in `cache`, where there is one, for the next run.
    pub fn new(cache: Option<Cache>) -> Self {
        Self { known: Mutex::default(), cache, claims: Claims::default() }
    }

    /// The cache that they are kept in.
    pub fn cache(&self) -> Option<&Cache> {
        self.cache.as_ref()
    }

    /// Runs `pack` and surveys the tar that it shows; probes do not look at files whose facts are `known`. Of the layer,
    /// `growing` hears how much is written, and how much is free of secrets.
    pub fn survey_while_packing(
        &self,
        known: impl Fn(&Entry) -> Option<Vec<Fact>> + Send,
        growing: Option<Arc<Growing>>,
        pack: impl FnOnce(Option<Witness>) -> Result<PackResult, PackError>,
    ) -> Result<PackResult, PackError> {
        let (sender, blocks) = sync_channel(WAITING);
        let written = growing
            .clone()
            .map(|growing| -> Arc<Written> { Arc::new(move |tar, layer| growing.written(tar, layer)) });
        let witness = Witness { blocks: sender, written };
        let clear = move |tar| {
            growing.as_ref().inspect(|growing| growing.clear(tar));
        };
        let tar = Blocks { blocks, block: Arc::default(), at: 0 };
        let (packing, survey) = thread::scope(|scope| {
            let survey = move || Survey::of_tar(tar, probes::ALL, known, clear);
            match work::try_spawn(scope, survey) {
                Ok(survey) => (pack(Some(witness)), Some(survey.join())),
                // Without a thread for it, the layer is read again where its survey is needed.
                Err(_) => (pack(None), None),
            }
        });
        let packing = packing?;
        survey.into_iter().for_each(|survey| drop(self.keep(survey(&packing.packed))));
        Ok(packing)
    }

    /// The survey of each layer, in order: those that are not known are read, several at once. What others say of a
    /// layer is believed where its bytes were not read here. The inner error is that of the first layer that cannot be
    /// read.
    ///
    /// # Errors
    /// [`Interrupted`].
    pub fn of(&self, layers: &[Layer], run: Run<'_>) -> Result<io::Result<Vec<Arc<Survey>>>, Interrupted> {
        let (mut known, mut unknown, mut named) = (BTreeMap::new(), Vec::new(), BTreeSet::new());
        for layer in layers {
            let digest = layer.descriptor.digest;
            if let Some(survey) = self.of_layer(layer) {
                known.insert(digest, survey);
            } else if named.insert(digest) {
                // What a manifest names again is read once.
                unknown.push(layer);
            }
        }
        let sources: Vec<_> = unknown.iter().map(|layer| Some(Ok(Arc::clone(&layer.source)))).collect();
        let read = survey_all(&sources, probes::ALL, run)?;
        let mut failed = None;
        for (layer, survey) in unknown.into_iter().zip(read.into_iter().flatten()) {
            match survey {
                Ok(survey) => drop(known.insert(layer.descriptor.digest, self.keep(survey))),
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        if let Some(error) = failed {
            return Ok(Err(error));
        }
        let surveys = layers.iter().filter_map(|layer| known.get(&layer.descriptor.digest).cloned());
        Ok(Ok(surveys.collect()))
    }

    /// Believes what another machine says of the layer from `source`, until its bytes are read.
    pub fn believe(&self, source: &Arc<dyn BlobSource>, claim: Claim) {
        self.claims.believe(source, claim);
    }

    /// What is believed of a layer, whose bytes were not read here.
    pub fn claim(&self, layer: &Layer) -> Option<Claim> {
        self.claims.of(layer).filter(|_| self.find(layer.descriptor.digest).is_none())
    }

    /// The survey of a layer, or what is believed of it.
    pub fn of_layer(&self, layer: &Layer) -> Option<Arc<Survey>> {
        self.find(layer.descriptor.digest).or_else(|| Some(self.claims.of(layer)?.survey))
    }

    /// The survey of a blob of the cache, which is read if it is not known: up to the size of the tar that it is said to
    /// have, and one of a larger tar is not kept.
    ///
    /// # Errors
    /// Those of reading, which ends when the user interrupts.
    pub fn of_blob(
        &self,
        blob: &CachedBlob,
        packed: &Packed,
        interrupted: &AtomicBool,
    ) -> io::Result<Arc<Survey>> {
        if let Some(survey) = self.find(packed.digest) {
            return Ok(survey);
        }
        let stored = Watched { source: blob.open()?, interrupted };
        let survey = Survey::read_at_most(packed.tar_size, stored, probes::ALL)?;
        let is_whole = survey.digest == packed.digest && survey.tar_size <= packed.tar_size;
        Ok(if is_whole { self.keep(survey) } else { Arc::new(survey) })
    }

    /// The survey of a layer whose bytes were read here, where it is known.
    pub fn find(&self, layer: Digest) -> Option<Arc<Survey>> {
        if let Some(survey) = self.lock().get(&layer) {
            return Some(Arc::clone(survey));
        }
        let bytes = self.cache.as_ref()?.memo(RecordKind::Survey, key(layer))?;
        let survey = Arc::new(Survey::from_bytes(&bytes)?);
        self.lock().insert(layer, Arc::clone(&survey));
        Some(survey)
    }

    /// Remembers the survey of a layer.
    pub fn keep(&self, survey: Survey) -> Arc<Survey> {
        if let Some(cache) = &self.cache {
            cache.keep_memo(RecordKind::Survey, key(survey.digest), &survey.to_bytes());
        }
        let survey = Arc::new(survey);
        self.lock().insert(survey.digest, Arc::clone(&survey));
        survey
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Digest, Arc<Survey>>> {
        lock(&self.known)
    }
}

fn key(layer: Digest) -> Key {
    let mut hasher = checks_version();
    hasher.update(layer.as_bytes());
    hasher.finish()
}

/// The tar of a layer, as its blocks come.
struct Blocks {
    blocks: Receiver<Arc<Block>>,
    block: Arc<Block>,
    at: usize,
}

impl Read for Blocks {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while self.at == self.block.len() {
            match self.blocks.recv() {
                Ok(block) => (self.block, self.at) = (block, 0),
                Err(_) => return Ok(0),
            }
        }
        let count = buf.len().min(self.block.len() - self.at);
        buf[..count].copy_from_slice(&self.block[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

/// Where the bytes of a layer are, or why they are nowhere.
pub type Source = Result<Arc<dyn BlobSource>, String>;

/// Surveys layers, several at once, in order; what is `None` is left alone.
///
/// # Errors
/// [`Interrupted`].
pub fn survey_all(
    layers: &[Option<Source>],
    probes: &[&dyn Probe],
    run: Run<'_>,
) -> Result<Vec<Option<io::Result<Survey>>>, Interrupted> {
    let surveyed = parallel(run.jobs, layers, |layer| match layer {
        None => None,
        Some(Ok(source)) => Some(survey(&**source, probes, run.interrupted)),
        Some(Err(why)) => Some(Err(io::Error::new(io::ErrorKind::NotFound, why.clone()))),
    });
    run.check()?;
    Ok(surveyed)
}

fn survey(source: &dyn BlobSource, probes: &[&dyn Probe], interrupted: &AtomicBool) -> io::Result<Survey> {
    Survey::read(Watched { source: source.open()?, interrupted }, probes)
}
