//! No byte moves unnoticed: digests of a function of every family on every runtime and architecture,
//! of the embedded base, and of a tree that has everything layer format 2 knows.
//!
//! The diff_id (the tar) and the digest (its compression) stand apart, so that a change tells which
//! half moved. After a decision to change bytes: `UPDATE_GOLDENS=1 cargo test --test hermetic goldens`.

use std::collections::BTreeMap;
use std::fs;
use std::num::NonZeroUsize;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use lambda_img::arch::Arch;
use lambda_img::build::{self, BuildError, BuildOptions, BuildSpec, Built, Destinations, Split};
use lambda_img::context::Context;
use lambda_img::credentials::Chain;
use lambda_img::epoch::Epoch;
use lambda_img::http::{Client, Network, NetworkOptions, RetryPolicy};
use lambda_img::image::{Addition, BytesBlob, Descriptor, Edits, Image, ImageConfig, Layer, assemble};
use lambda_img::media_type::Family as MediaFamily;
use lambda_img::pack::pack;
use lambda_img::progress::Silent;
use lambda_img::publish::{Item, Output, Wait};
use lambda_img::registry::Registries;
use lambda_img::runtime::{self, Family, RuntimeProfile};
use lambda_img::source::pins::Pins;
use lambda_img::source::{self, ImageRef, Local, SourceEnv};
use lambda_img::store::Staging;
use lambda_img::store::cache::Cache;
use lambda_img::test_oracle::validate;
use lambda_img::tree::{Content, FileTree, ImagePath, Node};
use lambda_img::work::Run;

static NEVER: AtomicBool = AtomicBool::new(false);

/// No network, and nothing kept.
fn context() -> Context {
    let network = Arc::new(Network::new(NetworkOptions::default()));
    let client = Client::new(network, RetryPolicy::never(), Vec::new());
    let registries = Registries::new(client, Arc::new(Chain::default()), Vec::new(), 1);
    Context { offline: true, ..Context::new(registries, Cache::new("/nowhere")) }
}

fn run() -> Run<'static> {
    Run::new(NonZeroUsize::new(3).unwrap(), &NEVER)
}

/// Compares `found` with `tests/goldens/<name>.txt`, or writes it when asked to.
fn hold(name: &str, found: &str) {
    let path = Path::new("tests/goldens").join(name).with_extension("txt");
    if std::env::var_os("UPDATE_GOLDENS").is_some() {
        fs::write(&path, found).unwrap();
    }
    let golden = fs::read_to_string(&path).unwrap();
    for (number, (found, golden)) in found.lines().zip(golden.lines()).enumerate() {
        assert_eq!(found, golden, "{}:{}", path.display(), number + 1);
    }
    assert_eq!(found.lines().count(), golden.lines().count(), "{}", path.display());
}

fn file(bytes: impl Into<Arc<[u8]>>, executable: bool) -> Node {
    Node::File { content: Content::bytes("golden", bytes), executable }
}

fn path(text: &str) -> ImagePath {
    ImagePath::new(text).unwrap()
}

/// What a runtime's own image looks like from outside, by its base manifest: its configuration, and
/// one small layer.
fn stand_in(profile: &RuntimeProfile, arch: Arch) -> Image {
    let expected = &profile.expected;
    let config = serde_json::json!({
        "os": "linux", "architecture": arch.oci(), "rootfs": { "type": "layers", "diff_ids": [] },
        "config": {
            "Env": expected.env, "Entrypoint": expected.entrypoint, "WorkingDir": expected.workdir,
        },
    });
    let family = MediaFamily::Oci;
    let scratch = Image::compose(family, ImageConfig::of(&config).unwrap(), Vec::new(), &BTreeMap::new());
    let mut tree = FileTree::new();
    tree.insert(path("lambda-entrypoint.sh"), file(*b"#!/bin/sh\n", true)).unwrap();
    let mut blob = Vec::new();
    let packed = pack(&tree, Epoch::default(), run(), None, None, &mut blob).unwrap().packed;
    let descriptor =
        Descriptor { media_type: family.layer().into(), digest: packed.digest, size: packed.size };
    let layer = Layer {
        descriptor,
        diff_id: packed.diff_id,
        tar_size: None,
        source: Arc::new(BytesBlob(blob.into())),
    };
    let addition = Addition { layer, created_by: "stand-in".into() };
    let (edits, none) = (Edits::default(), BTreeMap::new());
    assemble(&scratch, family, vec![addition], &edits, &none, Epoch::default()).unwrap()
}

/// Writes a small function of the family; returns its handler.
fn function(family: Family, dir: &Path) -> &'static str {
    let record = "dep/__init__.py,,\ndep-1.dist-info/RECORD,,\n";
    let deps = r#"{"targets":{"t":{"Fn/1":{},"Dep/1":{"runtime":{"lib/Dep.dll":{}}}}},
        "libraries":{"Fn/1":{"type":"project"},"Dep/1":{"type":"package"}}}"#;
    let (handler, files): (_, &[(&str, &str)]) = match family {
        Family::Python => (
            "app.handler",
            &[
                ("app.py", "def handler(event, context):\n    return event\n"),
                ("dep/__init__.py", ""),
                ("dep-1.dist-info/RECORD", record),
            ],
        ),
        Family::Nodejs => (
            "index.handler",
            &[("index.js", "exports.handler = async (event) => event;\n"), ("node_modules/dep/index.js", "")],
        ),
        Family::Ruby => {
            ("app.handler", &[("app.rb", "def handler(event:, context:) = event\n"), ("vendor/bundle/x", "")])
        }
        Family::Java => ("example.App::run", &[("example/App.class", "class"), ("lib/dep.jar", "jar")]),
        Family::Dotnet => (
            "Fn::A.B::C",
            &[("Fn.dll", "Fn"), ("Dep.dll", "Dep"), ("Fn.deps.json", deps), ("Fn.runtimeconfig.json", "{}")],
        ),
        Family::Go => ("main", &[("main", "#!/bin/sh\n"), ("config.json", "{}")]),
        Family::Custom => ("handler", &[("bootstrap", "#!/bin/sh\n"), ("function.sh", "true\n")]),
    };
    for (name, text) in files {
        let file = dir.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        let mode = if ["main", "bootstrap"].contains(name) { 0o755 } else { 0o644 };
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
    }
    handler
}

/// The image of a layout, read back.
fn stored(dir: &Path, arch: Arch) -> Image {
    let base = ImageRef::Layout(Local { path: dir.to_owned(), name: None, digest: None });
    let (staging, context) = (Staging::nowhere(), context());
    let at = SourceEnv { staging: &staging, run: run(), epoch: Epoch::default(), context: &context };
    source::load(&base, None, arch, &[], &at).unwrap()
}

fn spec(path: &Path, runtime: &str, arch: Arch, handler: &str, base: ImageRef) -> BuildSpec {
    BuildSpec {
        path: path.to_owned(),
        steps: Vec::new(),
        runtime: runtime.to_owned(),
        architectures: vec![arch],
        handler: Some(handler.to_owned()),
        base: Some(base),
        pins: Pins::default(),
        locked: false,
        bootstrap: None,
        lambda_layers: Vec::new(),
        extensions: Vec::new(),
        adds: Vec::new(),
        excludes: Vec::new(),
        no_default_excludes: false,
        env: [("STAGE".to_owned(), "golden".to_owned())].into(),
        labels: [("team".to_owned(), "golden".to_owned())].into(),
        annotations: BTreeMap::new(),
        entrypoint: None,
        cmd: None,
        workdir: None,
        media_types: None,
        split: Split::Auto,
        epoch: Epoch::default(),
    }
}

fn build(spec: &BuildSpec, outputs: Vec<Output>) -> Result<Built, Box<BuildError>> {
    let destinations = Destinations { outputs, ..Destinations::default() };
    let options = BuildOptions { check: None, no_cache: true, ..BuildOptions::default() };
    build::build(spec, &destinations, &options, run(), &context()).map_err(Box::new)
}

#[test]
fn every_runtime_on_every_architecture() {
    let temp = tempfile::tempdir().unwrap();
    let mut found = String::new();
    let (mut runtimes, mut images) = (0, 0);
    for profile in runtime::all().unwrap() {
        let dir = temp.path().join(&profile.id);
        let handler = function(profile.family, &dir);
        runtimes += 1;
        for arch in profile.architectures.clone() {
            let layout = temp.path().join(format!("{}-{arch}", profile.id));
            let out = |name: &str| Output::Layout { dir: layout.join(name), tag: "t".into() };
            fs::create_dir(&layout).unwrap();
            let base = stand_in(&profile, arch);
            out("base")
                .stage(&[Item { image: &base, suffix: None }], (Epoch::default(), 0), &Arc::default())
                .unwrap()
                .commit(&Wait { interrupted: &NEVER, progress: &Silent })
                .unwrap();
            let local = Local { path: layout.join("base"), name: None, digest: None };
            let spec = spec(&dir, &profile.id, arch, handler, ImageRef::Layout(local));
            let built = build(&spec, vec![out("image")]).unwrap();
            let image = &built.images[0].image;
            for image in [image, &stored(&layout.join("image"), arch)] {
                let problems = validate(image);
                assert!(problems.is_empty(), "{} {arch}: {problems:?}", profile.id);
            }
            found += &format!("{} {arch} image {}\n", profile.id, image.digest);
            for layer in &built.layers {
                let part = layer.role.name();
                found += &format!(
                    "  {part} diff_id {}\n  {part} digest  {}\n",
                    layer.packed.diff_id, layer.packed.digest
                );
            }
            images += 1;
        }
    }
    // The seed's 18 runtimes, and all others of the table: none is left out.
    assert_eq!((runtimes, images), (47, 84));
    hold("images", &found);
}

#[test]
fn the_embedded_base_and_scratch() {
    let temp = tempfile::tempdir().unwrap();
    let handler = function(Family::Custom, temp.path());
    let mut found = String::new();
    for (base, name) in [(ImageRef::Embedded, "embedded"), (ImageRef::Scratch, "scratch")] {
        for arch in Arch::ALL {
            let spec = spec(temp.path(), "provided.al2023", arch, handler, base.clone());
            let built = build(&spec, Vec::new()).unwrap();
            let image = &built.images[0].image;
            found += &format!("{name} {arch} image {}\n", image.digest);
            for layer in &image.layers {
                found += &format!("  diff_id {}\n  digest  {}\n", layer.diff_id, layer.descriptor.digest);
            }
        }
    }
    hold("made-here", &found);
}

/// A bootstrap without neighbours moves to where images start it, as it always did.
#[test]
fn a_bootstrap_that_is_alone_keeps_its_bytes() {
    let temp = tempfile::tempdir().unwrap();
    let handler = function(Family::Custom, temp.path());
    fs::remove_file(temp.path().join("function.sh")).unwrap();
    fs::create_dir(temp.path().join("hollow")).unwrap();
    for path in [temp.path().to_owned(), temp.path().join("bootstrap")] {
        let spec = spec(&path, "provided.al2023", Arch::X86_64, handler, ImageRef::Scratch);
        let built = build(&spec, Vec::new()).unwrap();
        let layer = &built.images[0].image.layers[0];
        assert_eq!(
            (layer.diff_id.to_string(), layer.descriptor.digest.to_string()),
            (
                "sha256:4eb785a516d1dfa596d276b23869c5b77a921656a445f1504653695d43d17fa4".to_owned(),
                "sha256:b76abdfa18caad2033906229150dcf046d90f83d718f5709c83620559d18dbbf".to_owned(),
            )
        );
        assert_eq!(built.images[0].image.config.entrypoint().unwrap(), ["/var/runtime/bootstrap"]);
    }
}

/// Bytes that look random and never change.
fn noise(mut state: u64, len: usize) -> Vec<u8> {
    let mut next = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 56) as u8
    };
    (0..len).map(|_| next()).collect()
}

#[test]
fn everything_that_the_layer_format_knows() {
    let mut tree = FileTree::new();
    for index in 0..3000u64 {
        let words = noise(index, 40).iter().map(|byte| format!("word{} ", byte % 50)).collect::<String>();
        let text = words.repeat(1 + index as usize % 30);
        tree.insert(
            path(&format!("lib/m{:02}/f{index}.txt", index % 37)),
            file(text.into_bytes(), index % 5 == 0),
        )
        .unwrap();
    }
    tree.insert(path("big/text"), file(b"all work and no play ".repeat(200_000), false)).unwrap();
    tree.insert(path("big/noise"), file(noise(7, 3_333_333), false)).unwrap();
    tree.insert(path("big/block"), file(noise(8, 1 << 20), false)).unwrap();
    tree.insert(path("empty"), file(*b"", false)).unwrap();
    tree.insert(path("hollow/dir"), Node::DIR).unwrap();
    tree.insert(path("tmp"), Node::Dir { sticky: true }).unwrap();
    tree.insert(path(&format!("{}/{}", "d".repeat(120), "f".repeat(90))), file(*b"split name", false))
        .unwrap();
    tree.insert(path(&format!("{}/{}", "d".repeat(200), "f".repeat(90))), file(*b"long name", false))
        .unwrap();
    tree.insert(path("ünïcode/ß"), file(*b"pax", false)).unwrap();
    let link = |target: String| Node::Symlink { target, origin: "golden".into() };
    tree.insert(path("link"), link("big/text".into())).unwrap();
    tree.insert(path("long-link"), link("x/".repeat(80))).unwrap();

    let mut found = String::new();
    for jobs in [1, 2, 7] {
        let run = Run::new(NonZeroUsize::new(jobs).unwrap(), &NEVER);
        let packed = pack(&tree, Epoch::default(), run, None, None, &mut std::io::sink()).unwrap().packed;
        found = format!(
            "diff_id {}\ntar_size {}\ndigest {}\nsize {}\n",
            packed.diff_id, packed.tar_size, packed.digest, packed.size
        );
        hold("layer", &found);
    }
    assert!(found.contains("diff_id"));
}

/// A choice of none is no choice: nothing would be made, and nobody would hear of it.
#[test]
fn a_build_for_no_architecture_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("bootstrap");
    fs::write(&file, "#!/bin/sh\n").unwrap();
    let spec = BuildSpec {
        path: file,
        runtime: "provided.al2023".to_owned(),
        base: Some(ImageRef::Embedded),
        ..BuildSpec::default()
    };
    let error = build(&spec, Vec::new()).map(|built| built.images.len()).unwrap_err();
    assert!(matches!(*error, BuildError::NoArchitecture), "{error}");
    let built = build(&BuildSpec { architectures: vec![Arch::Arm64], ..spec }, Vec::new()).unwrap();
    assert_eq!(built.images.len(), 1);
}
