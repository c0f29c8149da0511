//! What the suites stand on that look at the tool from outside: a place of its own for each test, runs
//! of the binary, snapshots of a directory, and images read back from layouts.

#![allow(dead_code)] // each test binary uses a part

use std::collections::BTreeMap;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use lambda_img::digest::{Digest, HashWriter};
use lambda_img::image::{BlobSource, Descriptor, Image};
use lambda_img::store::FileBlob;
use lambda_img::survey::Survey;
use lambda_img::test_oracle::validate;
use proptest::test_runner::{Config as ProptestConfig, RngSeed};
use serde_json::Value;
use tempfile::TempDir;

/// How long a thing that must happen may take, however busy the machine is. Only a test that fails waits so long.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Bytes above which a snapshot looks at size and time of a file only.
const LARGE: u64 = 64 << 20;

/// What a run of a program left behind.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// Of a build that must succeed: the digest of each line of stdout.
    pub fn digests(&self) -> Vec<String> {
        assert_eq!(self.code, Some(0), "{self:?}");
        let digest = |line: &str| line.split_once('@').expect("TARGET@DIGEST").1.to_owned();
        self.stdout.lines().map(digest).collect()
    }

    /// Of a build that must succeed with one image in one output.
    pub fn digest(&self) -> String {
        let digests = self.digests();
        assert_eq!(digests.len(), 1, "{self:?}");
        digests[0].clone()
    }

    /// Of a build with `--json` that must succeed.
    pub fn json(&self) -> Value {
        assert_eq!(self.code, Some(0), "{self:?}");
        serde_json::from_str(&self.stdout).expect("stdout is JSON")
    }
}

/// Runs a program to its end.
pub fn run(command: &mut Command) -> Ran {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}; is it installed?"));
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
    Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Runs a program of the host that must succeed.
pub fn must(command: &mut Command) -> Ran {
    let ran = run(command);
    assert_eq!(ran.code, Some(0), "{command:?}: {ran:?}");
    ran
}

/// A directory of its own for a test, and the tool started in it, with a cache of its own elsewhere.
pub struct Place(TempDir, TempDir);

impl Place {
    /// An empty one, open to other users.
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
        // Of this user alone, as a cache has to be: others get one that ends with the process.
        Self(dir, tempfile::tempdir().unwrap())
    }

    /// One with a function for a custom runtime in `fn`, and an empty directory `out`.
    pub fn with_function() -> Self {
        let place = Self::new();
        place.script("fn/bootstrap", "#!/bin/sh\n");
        place.write("fn/app.txt", "app");
        place.dir("out");
        place
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The cache of the tool here.
    pub fn cache(&self) -> &Path {
        self.1.path()
    }

    pub fn dir(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(&path).unwrap();
        path
    }

    /// A file with these bytes, mode 0644.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        self.dir(Path::new(name).parent().unwrap().to_str().unwrap());
        fs::write(&path, bytes).unwrap();
        path
    }

    /// A file with these bytes, mode 0755.
    pub fn script(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.write(name, bytes);
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// A file of zeros that takes no room.
    pub fn sparse(&self, name: &str, size: u64) -> PathBuf {
        let path = self.write(name, "");
        File::options().write(true).open(&path).unwrap().set_len(size).unwrap();
        path
    }

    /// A symlink.
    pub fn link(&self, name: &str, target: &str) {
        self.dir(Path::new(name).parent().unwrap().to_str().unwrap());
        std::os::unix::fs::symlink(target, self.path(name)).unwrap();
    }

    /// A program of the host, to be started here.
    pub fn program(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        command.current_dir(self.0.path()).env("LAMBDA_IMG_CACHE", self.1.path());
        command
    }

    /// The tool, with arguments that spaces part.
    pub fn tool(&self, arguments: &str) -> Command {
        let mut command = self.program(env!("CARGO_BIN_EXE_lambda-img"));
        command.args(arguments.split_whitespace()).env_remove("SOURCE_DATE_EPOCH");
        // Scripts stand in for programs of every architecture, on bases without a shell.
        if arguments.starts_with("build ") {
            command.env("LAMBDA_IMG_ALLOW", "start-format");
        }
        command
    }

    /// Runs the tool.
    pub fn run(&self, arguments: &str) -> Ran {
        run(&mut self.tool(arguments))
    }

    /// Runs the tool with 4 GiB of addresses at most, so that what takes too much harms no other test. The
    /// most memory that it had at one time, in MiB, and how it ended.
    pub fn measured(&self, arguments: &str) -> (u64, Ran) {
        let peak = self.1.path().join("peak");
        let limited = "ulimit -v 4194304; exec /usr/bin/time -f %M -o \"$0\" \"$@\"";
        let tool = self.tool(arguments);
        let mut command = self.program("sh");
        command.args(["-c", limited]).arg(&peak).arg(tool.get_program()).args(tool.get_args());
        command.envs(tool.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let ran = run(&mut command);
        let peak = fs::read_to_string(peak).unwrap();
        (peak.lines().last().unwrap().parse::<u64>().unwrap() >> 10, ran)
    }

    /// Refuses with these words, and takes no more than 128 MiB.
    pub fn refuses_cheaply(&self, code: i32, arguments: &str, words: &[&str]) {
        let (peak, ran) = self.measured(arguments);
        assert_refusal(&ran, code, words);
        assert!(peak < 128, "{peak} MiB for {arguments}");
        assert!(ran.stderr.len() < 4096, "{} bytes: {}", ran.stderr.len(), &ran.stderr[..4096]);
    }

    /// A copy of the tool here, for other users, who may not reach the build directory.
    pub fn copied_tool(&self) -> PathBuf {
        let copy = self.path("lambda-img");
        if !copy.exists() {
            // By another process: a child of another test's thread must not inherit the file while it is
            // written, or nothing can execute it ("text file busy").
            must(Command::new("cp").arg(env!("CARGO_BIN_EXE_lambda-img")).arg(&copy));
        }
        copy
    }

    /// Runs the tool, which must refuse: exit with `code`, print nothing to stdout, an error with
    /// all `words` to stderr, and leave everything here as it was.
    pub fn refuses(&self, code: i32, arguments: &str, words: &[&str]) -> String {
        self.refused(code, &mut self.tool(arguments), words)
    }

    /// The same of a prepared command.
    pub fn refused(&self, code: i32, command: &mut Command, words: &[&str]) -> String {
        let before = snapshot(self.0.path());
        let ran = run(command);
        assert_refusal(&ran, code, words);
        assert_eq!(snapshot(self.0.path()), before, "{}", ran.stderr);
        ran.stderr
    }

    /// The image in the layout at `name`, by its tag, with nothing wrong about it.
    pub fn image(&self, name: &str, tag: &str) -> Stored {
        let stored = self.unjudged(name, tag);
        let document = |digest: &str| fs::read(blob(&stored.layout, digest)).unwrap().into();
        let layer = |layer: &Descriptor| -> Arc<dyn BlobSource> {
            Arc::new(FileBlob::foreign(blob(&stored.layout, &layer.digest.to_string())))
        };
        let config = stored.manifest["config"]["digest"].as_str().unwrap();
        let image = Image::parse(document(&stored.digest), document(config), layer).unwrap();
        let problems = validate(&image);
        assert!(problems.is_empty(), "`{name}:{tag}`: {problems:?}");
        stored
    }

    /// The image in the layout at `name`, by its tag, whatever may be wrong about it.
    pub fn unjudged(&self, name: &str, tag: &str) -> Stored {
        let path = self.path(name);
        let entry = tagged(&path, tag).unwrap_or_else(|| panic!("no tag `{tag}` in `{}`", path.display()));
        let digest = entry["digest"].as_str().unwrap().to_owned();
        let manifest = blob_json(&path, &digest);
        let config = blob_json(&path, manifest["config"]["digest"].as_str().unwrap());
        let layers = manifest["layers"].as_array().unwrap().iter();
        let layers = layers.map(|layer| layer["digest"].as_str().unwrap().to_owned()).collect();
        Stored { layout: path, digest, manifest, config, layers }
    }
}

/// Holds a run to what every refusal must be.
pub fn assert_refusal(ran: &Ran, code: i32, words: &[&str]) {
    assert_eq!(ran.code, Some(code), "{ran:?}");
    assert_eq!(ran.stdout, "", "{ran:?}");
    assert!(ran.stderr.lines().any(|line| line.starts_with("error: ")), "{}", ran.stderr);
    for word in words {
        assert!(ran.stderr.contains(word), "no `{word}` in: {}", ran.stderr);
    }
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
}

/// An image as it is stored in a layout.
pub struct Stored {
    pub layout: PathBuf,
    pub digest: String,
    pub manifest: Value,
    pub config: Value,
    pub layers: Vec<String>,
}

impl Stored {
    /// The entries of a layer, 0 the lowest.
    pub fn listing(&self, layer: usize) -> Survey {
        let survey = Survey::read(File::open(blob(&self.layout, &self.layers[layer])).unwrap(), &[]).unwrap();
        assert_eq!(survey.damage, None, "layer {layer}");
        survey
    }

    /// Unpacks a layer with its times.
    pub fn unpack(&self, layer: usize, to: &Path) {
        let blob = File::open(blob(&self.layout, &self.layers[layer])).unwrap();
        tar::Archive::new(flate2::read::GzDecoder::new(blob)).unpack(to).unwrap();
    }
}

/// The path of a blob of a layout.
pub fn blob(layout: &Path, digest: &str) -> PathBuf {
    layout.join("blobs/sha256").join(digest.strip_prefix("sha256:").unwrap())
}

pub fn blob_json(layout: &Path, digest: &str) -> Value {
    json_at(&blob(layout, digest))
}

pub fn json_at(path: &Path) -> Value {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("read `{}`: {error}", path.display()));
    serde_json::from_slice(&bytes).unwrap()
}

/// Every entry of a layout's index, by its tag.
pub fn tags(layout: &Path) -> BTreeMap<String, Value> {
    let index = json_at(&layout.join("index.json"));
    let tag = |entry: &Value| entry["annotations"]["org.opencontainers.image.ref.name"].clone();
    let entries = index["manifests"].as_array().unwrap().iter();
    entries.map(|entry| (tag(entry).as_str().unwrap().to_owned(), entry.clone())).collect()
}

fn tagged(layout: &Path, tag: &str) -> Option<Value> {
    tags(layout).remove(tag)
}

/// Every file below `dir`: its kind, mode, time and bytes (of large files the size).
pub fn snapshot(dir: &Path) -> BTreeMap<PathBuf, String> {
    let mut seen = BTreeMap::new();
    let mut ahead = vec![dir.to_owned()];
    while let Some(at) = ahead.pop() {
        for entry in fs::read_dir(&at).unwrap() {
            let path = entry.unwrap().path();
            let metadata = fs::symlink_metadata(&path).unwrap();
            let about = if metadata.is_dir() {
                ahead.push(path.clone());
                String::new()
            } else if metadata.is_symlink() {
                fs::read_link(&path).unwrap().display().to_string()
            } else if metadata.is_file() && metadata.size() <= LARGE {
                format!("{} {} {}", metadata.mtime(), metadata.mtime_nsec(), hash(&path))
            } else {
                format!("{} {} {} bytes", metadata.mtime(), metadata.mtime_nsec(), metadata.size())
            };
            seen.insert(path, format!("{:o} {about}", metadata.mode()));
        }
    }
    seen
}

/// The digest of a file.
pub fn hash(path: &Path) -> Digest {
    let mut writer = HashWriter::new(std::io::sink());
    std::io::copy(&mut File::open(path).unwrap(), &mut writer).unwrap();
    writer.finish().1
}

/// Waits until something is so that no event of this process tells of: another process wrote a file, or ended.
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let latest = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < latest, "waited in vain: {what}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// Whether the tool packs in one of its directories in `dir`: there is more than its own small files.
pub fn packs(dir: &Path) -> bool {
    temporaries(dir).iter().any(|name| grows(&dir.join(name)))
}

fn grows(dir: &Path) -> bool {
    // What goes meanwhile is not there.
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).any(|path| match fs::symlink_metadata(&path) {
        Ok(found) if found.is_dir() => grows(&path),
        Ok(found) => found.is_file() && found.len() >= 4096,
        Err(_) => false,
    })
}

/// Temporary directories of the tool right in `dir`.
pub fn temporaries(dir: &Path) -> Vec<String> {
    let names = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with(".lambda-img-")).collect()
}

/// Where the chance of a test begins: another in each run, and the same again with `TEST_SEED`. It is printed, so that
/// the output of a test that failed has it.
pub fn seed(of: &str) -> u64 {
    let given = std::env::var("TEST_SEED").ok();
    let seed = match &given {
        Some(seed) => seed.parse().unwrap_or_else(|error| panic!("TEST_SEED={seed}: {error}")),
        None => SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos() as u64 >> 8,
    };
    println!("{of}: TEST_SEED={seed}");
    seed
}

/// So many cases of proptest's, of a seed that is printed.
pub fn cases(of: &str, cases: u32) -> ProptestConfig {
    let rng_seed = RngSeed::Fixed(seed(of));
    ProptestConfig { cases, rng_seed, failure_persistence: None, ..ProptestConfig::default() }
}

/// Bytes that do not compress, the same for the same seed.
pub fn noise(size: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(size + 8);
    while bytes.len() < size {
        // xorshift64*
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        bytes.extend_from_slice(&state.wrapping_mul(0x2545_f491_4f6c_dd1d).to_le_bytes());
    }
    bytes.truncate(size);
    bytes
}

/// Runs a Python program with arguments.
pub fn python(place: &Place, program: &str, arguments: &[&str]) -> Ran {
    must(place.program("python3").arg("-c").arg(program).args(arguments))
}

/// Holds `document` to a JSON schema, by PyPI's jsonschema.
pub fn conforms(place: &Place, schema: &str, document: &str) {
    let document = place.write("document.json", document);
    let schema = std::env::current_dir().unwrap().join(schema);
    let program = "import json, sys, jsonschema\n\
                   schema, document = (json.load(open(path)) for path in sys.argv[1:])\n\
                   kind = jsonschema.validators.validator_for(schema)\n\
                   kind.check_schema(schema)\n\
                   kind(schema, format_checker=kind.FORMAT_CHECKER).validate(document)\n";
    let paths = [schema.to_str().unwrap(), document.to_str().unwrap()];
    python(place, program, &paths);
}
