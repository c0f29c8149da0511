//! The library's front door: it makes what the program makes, and says what is wrong.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use lambda_img::arch::Arch;
use lambda_img::reference::Reference;
use lambda_img::registry_cache::Repositories;
use lambda_img::{Error, Lambda, Options};

use crate::harness::common::{Place, noise};
use crate::harness::emulator::{Emulator, Fault};

/// The Rust code of a document.
fn code(document: &str) -> String {
    let text = fs::read_to_string(document).unwrap();
    let (_, block) = text.split_once("```rust").unwrap();
    block.split_once('\n').unwrap().1.split_once("```").unwrap().0.to_owned()
}

/// With a cache of the test's own, and no network.
fn lambda(place: &Place) -> Lambda {
    Lambda::new(Options::default().cache_dir(place.path("cache-of-library")).offline(true)).unwrap()
}

#[test]
fn the_readme_has_the_example_that_is_compiled() {
    // `src/lib.rs` includes the page: its example is a test of the documentation.
    assert!(
        fs::read_to_string("src/lib.rs")
            .unwrap()
            .starts_with("#![doc = include_str!(\"../docs/reference/library.md\")]")
    );
    let example = code("docs/reference/library.md");
    assert!(example.contains("Lambda::from_env()?"), "{example}");
    assert_eq!(code("README.md"), example);
}

#[test]
fn a_build_has_the_digest_of_the_program_s() {
    let place = Place::with_function();
    place.write("more/data.txt", "data");
    let program = place.run(
        "build fn -r provided.al2023 -b embedded -a arm64,x86_64 -e STAGE=prod --label a=b --add more:/srv/ \
         --exclude *.tmp -o oci:out/program:v1",
    );
    place.write("fn/left-out.tmp", "");
    let library = lambda(&place)
        .build(place.path("fn"))
        .runtime("provided.al2023")
        .base("embedded")
        .arch(Arch::Arm64)
        .arch(Arch::X86_64)
        .env("STAGE", "prod")
        .label("a", "b")
        .add(place.path("more"), "/srv/")
        .exclude("*.tmp")
        .allow("start-format")
        .output(format!("oci:{}:v1", place.path("out/library").display()))
        .run()
        .unwrap();
    let digests: Vec<_> = library.published.iter().map(|one| one.digest.to_string()).collect();
    assert_eq!(digests, program.digests());
    assert_eq!(digests.len(), 2);
}

#[test]
fn images_that_exist_are_checked_shown_and_compared() {
    let place = Place::with_function();
    let lambda = lambda(&place);
    let build = |stage: &str| {
        let output = format!("oci:{}:{stage}", place.path("out/image").display());
        let build = lambda.build(place.path("fn")).runtime("provided.al2023").base("embedded");
        build.env("STAGE", stage).allow("start-format").output(&output).run().unwrap();
        output
    };
    let (a, b) = (build("one"), build("two"));
    // The embedded base has no shell, which the function wants.
    let report = lambda.check(&a).unwrap().report;
    assert_eq!(report.denied().map(|finding| finding.check.id).collect::<Vec<_>>(), ["start-format"]);
    let seen = lambda.inspect(&a).unwrap();
    assert!(seen.base.embedded && seen.layers.len() > 1);
    assert!(lambda.diff(&a, &a).unwrap().same);
    let difference = lambda.diff(&a, &b).unwrap();
    assert!(!difference.same && !difference.fields.is_empty());
}

#[test]
fn loopback_needs_no_tls_and_mirrors_are_read_from() {
    let emulator = Emulator::start(&[]);
    let place = Place::with_function();
    let options = || Options::default().cache_dir(place.path("cache-of-library"));
    let lambda = Lambda::new(options()).unwrap();
    let build = lambda.build(place.path("fn")).runtime("provided.al2023").base("embedded");
    let target = format!("{}/team/fn:v1", emulator.host);
    let built = build.allow("start-format").push(&target).run().unwrap();
    let digest = built.images[0].image.digest;
    assert_eq!(built.pushed.iter().map(|(_, one)| one.pinned.digest()).collect::<Vec<_>>(), [digest]);
    let mirror = format!("registry.example={}", emulator.host).parse().unwrap();
    let mirrored = Lambda::new(options().mirror(mirror)).unwrap();
    assert_eq!(mirrored.check("registry.example/team/fn:v1").unwrap().digest, Some(digest));
    // What exists goes on, to the byte.
    let copy = mirrored.push("registry.example/team/fn:v1", &format!("{}/copy:v1", emulator.host)).unwrap();
    assert_eq!(copy.pushed.iter().map(|one| one.pinned.digest()).collect::<Vec<_>>(), [digest]);
}

#[test]
fn work_that_is_interrupted_stops() {
    let place = Place::with_function();
    let interrupted = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    let options = Options::default().cache_dir(place.path("cache-of-library")).interrupted(interrupted);
    let lambda = Lambda::new(options).unwrap();
    let build = lambda.build(place.path("fn")).runtime("provided.al2023").base("embedded");
    let error = build.allow("start-format").run().map(drop).unwrap_err();
    let cause = std::iter::successors(Some(&error as &dyn std::error::Error), |error| error.source()).last();
    assert_eq!(cause.unwrap().to_string(), "interrupted");
    assert!(error.is_interrupted());
    assert_eq!(error.report(), "interrupted");
}

#[test]
fn findings_that_are_denied_stop_a_build_unless_they_are_accepted() {
    let place = Place::with_function();
    let lambda = lambda(&place);
    let output = format!("oci:{}:v1", place.path("out/image").display());
    let build = || lambda.build(place.path("fn")).runtime("provided.al2023").base("embedded").output(&output);
    let error = build().run().unwrap_err();
    assert!(matches!(&error, Error::Build(_)), "{error}");
    assert!(!error.is_interrupted());
    let report = error.report();
    assert_eq!(format!("{error:?}"), report);
    assert!(report.contains("1 finding is denied") && report.contains("\nstart-format: "), "{report}");
    assert!(!place.path("out/image").exists());
    build().allow("start-format").run().unwrap();
    build().unchecked().run().unwrap();
    let wrong = build().allow("no-such-check").run().map(drop).unwrap_err();
    assert!(matches!(wrong, Error::Check(_)), "{wrong}");
}

#[test]
fn what_names_nothing_is_said_without_words_of_the_command_line() {
    let place = Place::with_function();
    let lambda = lambda(&place);
    let build = || lambda.build(place.path("fn")).runtime("provided.al2023").base("embedded");
    let errors = [
        lambda.check("no such image").map(drop).unwrap_err(),
        lambda.inspect("oci:").map(drop).unwrap_err(),
        lambda.push("oci:missing:v1", "not a reference").map(drop).unwrap_err(),
        build().base("Not A Base").run().map(drop).unwrap_err(),
        build().push("not a reference").run().map(drop).unwrap_err(),
        build().output("nothing").run().map(drop).unwrap_err(),
        build().add(place.path("fn"), "relative").run().map(drop).unwrap_err(),
        build().lock_file(place.path("none.lock")).run().map(drop).unwrap_err(),
        build().runtime("python9.9").run().map(drop).unwrap_err(),
        Lambda::new(Options::default().plain_http("not a host")).map(drop).unwrap_err(),
        Lambda::new(Options::default().ca_cert(place.path("none.pem"))).map(drop).unwrap_err(),
    ];
    for error in errors {
        let text = error.to_string();
        assert!(!text.is_empty() && !text.contains("--"), "{text}");
    }
}

#[test]
fn a_cache_that_others_may_write_to_is_refused_where_it_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let dir = place.dir("shared");
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o777)).unwrap();
    let error = Lambda::new(Options::default().cache_dir(&dir)).map(drop).unwrap_err();
    assert!(matches!(error, Error::Cache { .. }), "{error}");
}

#[test]
fn a_name_without_a_registry_is_refused_before_anything_is_asked() {
    let place = Place::with_function();
    // Online: nothing here may reach Docker Hub.
    let lambda = Lambda::new(Options::default().cache_dir(place.path("cache-of-library"))).unwrap();
    let build = || lambda.build(place.path("fn")).runtime("provided.al2023").base("embedded");
    let based = build().base("embeded").run().map(drop).unwrap_err();
    assert!(matches!(&based, Error::Image(_)), "{based}");
    assert!(based.to_string().contains("`embeded` has no registry: write `embedded`"), "{based}");
    let checked = lambda.check("out").map(drop).unwrap_err();
    assert!(checked.to_string().contains("`docker.io/library/out`"), "{checked}");
    let layout = format!("oci:{}:v1", place.path("out/image").display());
    build().allow("start-format").output(&layout).run().unwrap();
    let bare = place.path("out/image").display().to_string();
    let checked = lambda.check(&bare).map(drop).unwrap_err();
    assert!(checked.to_string().contains(&format!("`oci:{bare}` for the layout")), "{checked}");
    let digest = format!("r.example/fn@sha256:{}", "0".repeat(64));
    for (target, why) in
        [("fn:v1", "has no registry"), ("me/fn:v1", "has no registry"), (&digest, "has a digest")]
    {
        let pushed = lambda.push(&layout, target).map(drop).unwrap_err();
        let built = build().push(target).run().map(drop).unwrap_err();
        for error in [pushed, built] {
            assert!(matches!(&error, Error::Target(_)), "{error}");
            assert!(error.to_string().contains(why), "{error}");
        }
    }
}

#[test]
fn values_that_no_image_can_have_are_refused() {
    use lambda_img::build::BuildError;

    let place = Place::with_function();
    let lambda = lambda(&place);
    let build = || lambda.build(place.path("fn")).runtime("provided.al2023").base("embedded");
    for (build, field, value) in [
        (build().env("A=B", "x"), "variable", "A=B=x"),
        (build().env("A", "x\0y"), "variable", "A=x\0y"),
        (build().env("", "z"), "variable", "=z"),
        (build().label("", "x"), "label", "=x"),
        (build().annotation("", "x"), "annotation", "=x"),
        (build().workdir("rel"), "working directory", "rel"),
        (build().cmd([""]), "command", r#"[""]"#),
        (build().cmd(["a\0b"]), "command", r#"["a\u0000b"]"#),
        (build().entrypoint(["", "x"]), "entry point", r#"["","x"]"#),
        (build().entrypoint(Vec::<String>::new()), "entry point", "[]"),
        (build().handler("a\0b"), "handler", "a\0b"),
        (build().handler("a\nb"), "handler", "a\nb"),
        (lambda.build("").runtime("provided.al2023"), "path of the function", ""),
    ] {
        let error = build.run().map(drop).unwrap_err();
        let Error::Build(inner) = &error else { panic!("{error}") };
        let BuildError::Value(invalid) = &**inner else { panic!("{error}") };
        assert_eq!((invalid.field, &*invalid.value), (field, value));
        assert!(!error.to_string().contains(['\0', '\n']), "{error}");
    }
    let nothing = lambda.build(place.path("fn")).run().map(drop).unwrap_err();
    assert!(nothing.to_string().contains("no runtime is set"), "{nothing}");
    // A script may be a word.
    build().allow("start-format").cmd(["a\nb"]).dry_run().unchecked().run().unwrap();
}

#[test]
fn a_build_shares_layers_through_a_registry() {
    let (place, registry) = (Place::with_function(), Emulator::start(&[]));
    place.write("fn/big", noise(5 << 20, 3));
    let build = |machine: &str, write: bool| {
        let lambda = Lambda::new(Options::default().cache_dir(place.path(machine))).unwrap();
        let at: Reference = format!("{}/cache", registry.host).parse().unwrap();
        let cache =
            Repositories { read: vec![at.clone()], write: write.then_some(at), ..Repositories::default() };
        let build = lambda.build(place.path("fn")).runtime("provided.al2023").base("embedded");
        let built = build.allow("start-format").registry_cache(cache).run().unwrap();
        (built.images[0].image.digest, built.registry_cache.unwrap())
    };
    let ((first, wrote), (second, took)) = (build("first", true), build("second", false));
    assert_eq!(first, second);
    assert_eq!((wrote.layers, wrote.written, took.layers, took.written), (0, 1, 1, 0));
}

#[test]
fn a_registry_cache_that_stalls_is_asked_once_and_waited_for_once() {
    let (place, registry) = (Place::with_function(), Emulator::start(&[]));
    for (at, name) in ["fn/big", "more/big"].into_iter().enumerate() {
        place.write(name, noise(5 << 20, at as u64));
    }
    let build = |machine: &str, cache: Repositories| {
        let lambda = Lambda::new(Options::default().cache_dir(place.path(machine))).unwrap();
        let build = lambda.build(place.path("fn")).runtime("provided.al2023").base("embedded");
        build.allow("start-format").add(place.path("more"), "/srv").registry_cache(cache).run().unwrap()
    };
    let alone = build("alone", Repositories::default());
    assert_eq!(alone.registry_cache, None);
    // Nothing is answered for longer than the test lasts.
    registry.fault("", usize::MAX / 2, Fault::Stall(Duration::from_secs(600)));
    let at: Reference = format!("{}/cache", registry.host).parse().unwrap();
    let patience = Duration::from_millis(200);
    let cache = Repositories { read: vec![at.clone()], write: Some(at), verify: None, patience };
    let stalled = build("stalled", cache);
    assert_eq!(stalled.images[0].image.digest, alone.images[0].image.digest);
    // Two layers are read and written; the registry is asked for one of them.
    let log = registry.log();
    assert!(log.len() <= 2, "{log:#?}");
    let told = |words: &str| stalled.warnings.iter().filter(|warning| warning.contains(words)).count();
    assert_eq!(
        (told("is not asked any more: it does not answer in time"), told("nothing more is written")),
        (1, 1)
    );
}

#[test]
fn a_layer_that_comes_too_slowly_is_made_and_one_that_goes_too_slowly_is_not_written() {
    let (place, registry) = (Place::with_function(), Emulator::start(&[]));
    // Worth an entry, and less than a MiB as stored: no second more is waited for it.
    place.write("fn/big", vec![7; 5 << 20]);
    let at: Reference = format!("{}/cache", registry.host).parse().unwrap();
    let repositories = |read: bool, write: bool, patience: Duration| {
        let write = write.then(|| at.clone());
        Repositories { read: read.then(|| at.clone()).into_iter().collect(), write, verify: None, patience }
    };
    let patience = Duration::from_millis(500);
    let build = |machine: &str, cache: Repositories, interrupted: Arc<AtomicBool>| {
        let options = Options::default().cache_dir(place.path(machine)).interrupted(interrupted);
        let lambda = Lambda::new(options).unwrap();
        let build = lambda.build(place.path("fn")).runtime("provided.al2023").base("embedded");
        let output = format!("oci:{}:v1", place.path(&format!("out-{machine}")).display());
        build.allow("start-format").output(output).registry_cache(cache).run()
    };
    let whole = |machine: &str, cache: Repositories| {
        let built = build(machine, cache, Arc::default()).unwrap();
        (built.images[0].image.digest, built.registry_cache.unwrap(), built.warnings.join("\n"))
    };
    registry.fault("POST /v2/cache/", usize::MAX / 2, Fault::Stall(Duration::from_secs(600)));
    let (good, exchanged, warnings) = whole("slow-write", repositories(false, true, patience));
    assert_eq!(exchanged.written, 0);
    assert!(warnings.contains("nothing more is written to") && warnings.contains("in time"), "{warnings}");
    registry.state().forget_faults();
    let usual = Repositories::default().patience;
    assert_eq!(whole("writer", repositories(false, true, usual)).1.written, 1);

    registry.fault("GET /v2/cache/blobs/", usize::MAX / 2, Fault::Drip(Duration::from_secs(1)));
    let (digest, _, warnings) = whole("slow-read", repositories(true, false, patience));
    assert_eq!(digest, good);
    assert!(warnings.contains("is not used: it does not come in time"), "{warnings}");
    assert!(warnings.contains("is not asked any more: it does not answer in time"), "{warnings}");

    // With all patience, an interrupt ends the wait.
    registry.state().forget_faults();
    registry.log();
    registry.fault("GET /v2/cache/blobs/", usize::MAX / 2, Fault::Stall(Duration::from_secs(600)));
    let interrupted = Arc::new(AtomicBool::new(false));
    let error = thread::scope(|scope| {
        let flag = Arc::clone(&interrupted);
        let endless = repositories(true, false, Duration::from_secs(3600));
        let build = scope.spawn(|| build("interrupted", endless, flag).map(drop).unwrap_err());
        registry.wait_for("GET /v2/cache/blobs/");
        interrupted.store(true, Ordering::Relaxed);
        build.join().unwrap()
    });
    assert!(error.is_interrupted(), "{error}");
    assert!(!place.path("out-interrupted").exists());
}
