//! A build that is interrupted or killed leaves what was there, or the whole new image: nothing else.

use crate::harness::common;

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::harness::common::{Place, blob, blob_json, hash, json_at, noise, seed, tags, temporaries, until};

const BUILD: &str = "build fn -r provided.al2023 -b embedded --allow start-format";

/// How often each kind of output is killed at least.
const KILLS: usize = 20;

fn start(place: &Place, outputs: &str) -> Child {
    let mut tool = place.tool(&format!("{BUILD} {outputs}"));
    tool.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Waits until the build writes into `out`, sends it SIGINT, and checks that it cleans up.
fn interrupts(outputs: &str) {
    let place = Place::with_function();
    place.sparse("fn/large", 6 << 30);
    let child = start(&place, outputs);
    until("it packs", || common::packs(&place.path("out")));
    common::must(place.program("sh").args(["-c", &format!("kill -INT {}", child.id())]));
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{stderr}");
    assert!(output.stdout.is_empty());
    assert_eq!(stderr, "error: interrupted\n");
    assert_eq!(fs::read_dir(place.path("out")).unwrap().count(), 0);
}

#[test]
fn an_interrupt_cleans_up() {
    interrupts("-o oci:out/image");
}

#[test]
fn an_interrupt_cleans_up_behind_several_outputs() {
    interrupts("-o oci:out/image -o oci-archive:out/image.tar -o docker-archive:out/docker.tar");
}

/// A function that takes a moment to build.
fn function() -> Place {
    let place = Place::with_function();
    place.write("fn/noise", noise(12 << 20, 1));
    place.write("fn/text", "all work and no play ".repeat(200_000));
    place
}

/// Kills that are still to come, and those that found their build running.
struct Kills {
    turn: usize,
    alive: usize,
    chance: Vec<u8>,
}

impl Kills {
    fn new() -> Self {
        Self { turn: 0, alive: 0, chance: noise(6 * KILLS, seed("kills of builds")) }
    }

    /// Whether there is another turn: until enough builds were still running. The machine may have
    /// other work, and moments come from the time that an earlier build took.
    fn go_on(&self) -> bool {
        assert!(self.turn < 3 * KILLS, "only {} of {} builds were still running", self.alive, self.turn);
        self.turn < KILLS || self.alive < KILLS / 2
    }

    /// Starts the build and kills it at a random moment of the `whole` that it should take: half of
    /// the moments anywhere, half towards the end, where outputs take their names.
    fn kill(&mut self, place: &Place, outputs: &str, whole: Duration) {
        let share =
            f64::from(u16::from_le_bytes([self.chance[2 * self.turn], self.chance[2 * self.turn + 1]]));
        let share = share / 65536.0;
        let moment = whole.mul_f64(if self.turn.is_multiple_of(2) { share } else { 0.8 + 0.3 * share });
        let mut child = start(place, outputs);
        // By the clock: most of these moments have no event that could be awaited.
        thread::sleep(moment);
        child.kill().unwrap();
        self.alive += usize::from(!child.wait().unwrap().success());
        self.turn += 1;
    }
}

fn timed(place: &Place, outputs: &str) -> (Vec<String>, Duration) {
    let begun = Instant::now();
    let digests = place.run(&format!("{BUILD} {outputs}")).digests();
    (digests, begun.elapsed())
}

/// Holds a layout to being whole: every blob hashes to its name, and every image has all of its own.
fn assert_whole(layout: &Path) {
    for entry in fs::read_dir(layout.join("blobs/sha256")).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(hash(&path).hex(), path.file_name().unwrap().to_str().unwrap());
    }
    for (tag, entry) in tags(layout) {
        let manifest = blob_json(layout, entry["digest"].as_str().unwrap());
        let layers = manifest["layers"].as_array().unwrap().iter();
        for descriptor in layers.chain([&manifest["config"], &entry]) {
            let size = fs::metadata(blob(layout, descriptor["digest"].as_str().unwrap())).unwrap().len();
            assert_eq!(descriptor["size"], size, "{tag}");
        }
    }
    assert_eq!(json_at(&layout.join("oci-layout"))["imageLayoutVersion"], "1.0.0");
}

#[test]
fn a_kill_before_there_is_a_layout() {
    let place = function();
    let (digests, mut whole) = timed(&place, "-o oci:first/image");
    let mut kills = Kills::new();
    while kills.go_on() {
        let output = format!("out{}/image", kills.turn);
        let outputs = format!("-o oci:{output}");
        kills.kill(&place, &outputs, whole);
        if place.path(&output).exists() {
            assert_whole(&place.path(&output));
            assert_eq!(place.image(&output, "latest").digest, digests[0]);
        }
        let again = timed(&place, &outputs);
        assert_eq!(again.0, digests);
        whole = again.1;
        assert_whole(&place.path(&output));
        fs::remove_dir_all(place.path(&output)).unwrap();
    }
}

#[test]
fn a_kill_while_a_layout_gets_another_image() {
    let place = function();
    let outputs = "-o oci:out/image:a -o oci:out/image:b";
    timed(&place, "-o oci:out/image:kept");
    let (_, mut whole) = timed(&place, outputs);
    let kept = place.image("out/image", "kept").digest;
    let mut old = place.image("out/image", "a").digest;
    let mut kills = Kills::new();
    while kills.go_on() {
        let turn = kills.turn;
        // Each turn has a new layer to add.
        place.write("fn/turn", turn.to_string());
        let new = place.run(&format!("{BUILD} --dry-run --json")).json();
        let new = new["images"][0]["digest"].as_str().unwrap().to_owned();
        kills.kill(&place, outputs, whole);
        assert_whole(&place.path("out/image"));
        for tag in ["a", "b"] {
            let found = place.image("out/image", tag).digest;
            assert!(found == old || found == new, "turn {turn}: {found} is neither {old} nor {new}");
        }
        assert_eq!(place.image("out/image", "kept").digest, kept);
        let again = timed(&place, outputs);
        assert_eq!(again.0, [new.clone(), new.clone()]);
        whole = again.1;
        assert_whole(&place.path("out/image"));
        old = new;
    }
}

#[test]
fn a_kill_while_archives_are_written() {
    let place = function();
    let files = ["out/oci.tar", "out/docker.tar"];
    let outputs = "-o oci-archive:out/oci.tar -o docker-archive:out/docker.tar";
    timed(&place, outputs);
    let mut old = files.map(|file| Some(hash(&place.path(file))));
    let mut kills = Kills::new();
    while kills.go_on() {
        let turn = kills.turn;
        place.write("fn/turn", turn.to_string());
        let elsewhere = "-o oci-archive:new/oci.tar -o docker-archive:new/docker.tar";
        let (digests, whole) = timed(&place, elsewhere);
        let new = ["new/oci.tar", "new/docker.tar"].map(|file| Some(hash(&place.path(file))));
        // Every other turn nothing is there before.
        if turn % 2 == 1 {
            files.iter().for_each(|file| fs::remove_file(place.path(file)).unwrap());
            old = [None, None];
        }
        kills.kill(&place, outputs, whole);
        for at in 0..2 {
            let path = place.path(files[at]);
            let found = path.exists().then(|| hash(&path));
            assert!(found == old[at] || found == new[at], "turn {turn}: `{}` is neither", files[at]);
        }
        assert_eq!(timed(&place, outputs).0, digests);
        assert_eq!(files.map(|file| Some(hash(&place.path(file)))), new);
        old = new;
    }
}

#[test]
fn builds_into_one_layout_do_not_lose_each_other() {
    let place = Place::with_function();
    for round in 0..5 {
        let tag = |at| format!("{round}-{at}");
        let outputs: Vec<_> = (0..6).map(|at| format!("-o oci:out/image{}:{}", round % 2, tag(at))).collect();
        let children: Vec<_> = outputs.iter().map(|output| start(&place, output)).collect();
        for child in children {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        let layout = place.path(&format!("out/image{}", round % 2));
        let tags = tags(&layout);
        assert!((0..6).all(|at| tags.contains_key(&tag(at))), "{:?}", tags.keys());
        assert_whole(&layout);
    }
    assert!(temporaries(&place.path("out")).is_empty());
}

#[test]
fn a_reader_never_sees_half_an_archive() {
    let place = function();
    let outputs = "-o oci-archive:out/image.tar";
    timed(&place, outputs);
    let mut child = start(&place, outputs);
    let mut looks = 0;
    while child.try_wait().unwrap().is_none() {
        let file = File::open(place.path("out/image.tar")).unwrap();
        assert!(tar::Archive::new(file).entries().unwrap().all(|entry| entry.is_ok()));
        looks += 1;
    }
    assert!(looks > 0);
}
