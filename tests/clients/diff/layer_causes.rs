//! Causes in one layer: each planted alone, and named alone.

use super::{causes, layer, layout, object, plant};
use crate::harness::common::must;

/// Files and links with one time, mode and owner, to begin with.
const FILES: &str = "umask 022; cd root/var/task; for i in 1 2 3 4; do echo $i > f$i; done; ln -s f1 link; cd ../../..; \
                     find root -exec touch -h -d @1000000 {} +";

/// One layer in two ways: the scripts behind [`FILES`], which ids must come out, and words of the sentence.
struct Case {
    a: &'static str,
    b: &'static str,
    ids: &'static [&'static str],
    words: &'static [&'static str],
}

const CASES: &[Case] = &[
    Case {
        a: "pack --mtime=@1000000000 var",
        b: "pack --mtime=@1500000000 var",
        ids: &["times"],
        words: &[
            "2001-09-09T01:46:40Z for all files in A",
            "2017-07-14T02:40:00Z in B",
            "another `SOURCE_DATE_EPOCH`",
        ],
    },
    Case {
        a: "pack --mtime=@1000000000 var",
        b: "touch -d @5 root/var/task/f1; pack var",
        ids: &["times"],
        words: &["2001-09-09T01:46:40Z for all files in A, the times of the files in B"],
    },
    Case {
        a: "pack var",
        b: "touch -d @5 root/var/task/f1; pack var",
        ids: &["times"],
        words: &["were kept"],
    },
    Case {
        a: "pack var",
        b: "chmod 600 root/var/task/f2; pack var",
        ids: &["modes"],
        words: &["only modes differ"],
    },
    Case { a: "pack var", b: "pack --owner=1000 var", ids: &["owners"], words: &["only owners differ"] },
    Case {
        a: "pack var",
        b: "ln -sfn f2 root/var/task/link; touch -h -d @1000000 root/var/task root/var/task/link; pack var",
        ids: &["links"],
        words: &["only targets of links differ"],
    },
    Case {
        a: "pack --no-recursion var var/task var/task/f1 var/task/f2 var/task/f3",
        b: "pack --sort=none --no-recursion var var/task var/task/f3 var/task/f1 var/task/f2",
        ids: &["order"],
        words: &["only the order of the entries differs", "1 of 5"],
    },
    Case {
        a: "pack --mtime=@1.5 --format=posix --pax-option=delete=atime,delete=ctime var",
        b: "pack --mtime=@1.5 --format=posix --pax-option=delete=atime,delete=ctime,LIBARCHIVE.xattr.user.x:=eA var",
        ids: &["attributes"],
        words: &["extended attributes"],
    },
    Case { a: "pack var", b: "pack ./var", ids: &["spelling"], words: &["spellings of paths"] },
    Case {
        a: "pack --mtime=@1000000000 var",
        b: "pack --mtime=@1500000000 --owner=7 --mode=go-rwx var",
        ids: &["metadata"],
        words: &["only modes, owners and times differ"],
    },
    Case {
        a: "pack --format=gnu var",
        b: "pack --format=ustar var",
        ids: &["tar-form"],
        words: &["the files are the same", "kind of headers"],
    },
    Case { a: "pack var", b: "pack --owner=somebody:0 var", ids: &["tar-form"], words: &["names of owners"] },
    Case {
        a: "gzip -k root/var/task/f1; pack --mtime=@1 var",
        b: "touch -d @5 root/var/task/f1; gzip -k root/var/task/f1; pack --mtime=@1 var",
        ids: &["clock"],
        words: &["one file differs only in the time in the header of gzip: `/var/task/f1.gz`"],
    },
    Case {
        a: "touch -d 2001-02-03 root/var/task/f?; python3 -m zipfile -c root/var/task/x.jar root/var/task/f1 root/var/task/f2; pack --mtime=@1 var",
        b: "touch -d 2020-02-02 root/var/task/f?; python3 -m zipfile -c root/var/task/x.jar root/var/task/f1 \
            root/var/task/f2; pack --mtime=@1 var",
        ids: &["clock"],
        words: &["the times of the members of zip archives: `/var/task/x.jar`"],
    },
    Case {
        a: "LC_ALL=C date -u -d @1 > root/var/task/built; date -u -d @2 +%FT%TZ > root/var/task/also; pack --mtime=@1 var",
        b: "LC_ALL=C date -u -d @1000000000 > root/var/task/built; date -u -d @1500000000 +%FT%TZ > root/var/task/also; \
            echo more >> root/var/task/f1; pack --mtime=@1 var",
        ids: &["clock"],
        words: &[
            "2 of 3 changed files differ only in a date or time in the text: `/var/task/also` and 1 more",
        ],
    },
    Case {
        a: "pack --mtime=@1 var",
        b: "echo x=1 > root/var/task/x.py; python3 -m compileall -q root/var/task; rm root/var/task/x.py; \
            pack --mtime=@1 var",
        ids: &["bytecode"],
        words: &["only B has bytecode that Python wrote: `/var/task/__pycache__/"],
    },
    Case { a: "pack var", b: "echo 5 >> root/var/task/f1; pack --mtime=@1000000 var", ids: &[], words: &[] },
];

#[test]
fn each_cause_is_found_and_no_other() {
    let place = layout::sound();
    for (at, Case { a, b, ids, words }) in CASES.iter().enumerate() {
        let (one, other) = (format!("a{at}"), format!("b{at}"));
        plant(&place, &one, &format!("{FILES}; {a}"));
        plant(&place, &other, &format!("{FILES}; {b}"));
        let found = object(&place, &format!("oci:{one}:v1 oci:{other}:v1"));
        let (causes, sentences) = causes(&found);
        assert_eq!(causes, *ids, "{a} / {b}: {sentences}");
        for word in *words {
            assert!(sentences.contains(word), "{word}: {sentences}");
        }
        let differs = layer(&found, "differs");
        assert_eq!(differs["paired_by"], "created_by");
        // The same the other way round, and nothing of an image and itself.
        let back = object(&place, &format!("oci:{other}:v1 oci:{one}:v1"));
        assert_eq!(self::causes(&back).0, *ids);
        assert_eq!((&back["same"], &back["layers"][0]["state"]), (&false.into(), &"same".into()));
    }
}

#[test]
fn bytecode_holds_the_time_of_its_source() {
    let place = layout::sound();
    for (name, time) in [("a", "2001-02-03"), ("b", "2020-02-03")] {
        let compile = "python3 -m compileall -q --invalidation-mode timestamp root/var/task";
        let script = format!(
            "echo x=1 > root/var/task/x.py; touch -d {time} root/var/task/x.py; {compile}; pack --mtime=@1 var"
        );
        plant(&place, name, &script);
    }
    let found = object(&place, "oci:a:v1 oci:b:v1");
    let (causes, sentence) = causes(&found);
    assert_eq!(causes, ["clock"]);
    assert!(sentence.contains("the time of the source that bytecode records"), "{sentence}");
    let file = &layer(&found, "differs")["files"][0];
    assert_eq!((&file["clock"], &file["aspects"]), (&"bytecode".into(), &serde_json::json!(["content"])));
}

#[test]
fn one_tar_may_be_compressed_in_two_ways() {
    let place = layout::sound();
    let tar = layout::tar(&place, &format!("{FILES}; pack var"));
    must(place.program("cp").args(["-r", "image", "sound"]));
    let stored = |name: &str, media_type: &str, bytes: &[u8]| {
        must(place.program("rm").args(["-rf", "image"]));
        must(place.program("cp").args(["-r", "sound", "image"]));
        layout::add_blob(&place, media_type, bytes, &tar);
        must(place.program("mv").args(["image", name]));
    };
    let compressed = |level: &str| {
        must(place.program("sh").args(["-c", &format!("gzip -n {level} < layer.tar > layer.gz")]));
        std::fs::read(place.path("layer.gz")).unwrap()
    };
    stored("fast", layout::GZIP, &compressed("-1"));
    stored("best", layout::GZIP, &compressed("-9"));
    stored("bare", layout::TAR, &tar);
    let sentence = |a: &str, b: &str| {
        let found = object(&place, &format!("oci:{a}:v1 oci:{b}:v1"));
        assert_eq!(causes(&found).0, ["compression"]);
        assert_eq!(layer(&found, "repacked")["paired_by"], "diff_id");
        causes(&found).1
    };
    assert!(sentence("fast", "best").contains("another compressor or level"));
    assert!(sentence("fast", "bare").contains("gzip in A, no compression in B"));
}

#[test]
fn files_are_told_with_what_changed() {
    let place = layout::sound();
    plant(&place, "a", &format!("{FILES}; mkfifo root/var/task/p; pack --mtime=@1 var"));
    let change =
        "cd root/var/task; rm f1; echo new > g; echo 22 > f2; chmod 700 f3; rm f4; mkdir f4; cd ../../..";
    plant(&place, "b", &format!("{FILES}; {change}; pack --mtime=@1 var"));
    let found = object(&place, "oci:a:v1 oci:b:v1");
    let differs = layer(&found, "differs");
    let counts = ["added", "removed", "changed", "moved"].map(|key| differs[key].as_u64().unwrap());
    assert_eq!(counts, [1, 2, 3, 0]);
    let told: Vec<_> = differs["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| {
            let state = (file["a"].is_object(), file["b"].is_object());
            (file["path"].as_str().unwrap(), state, file["aspects"].to_string())
        })
        .collect();
    let both = |path, aspects: &str| (path, (true, true), aspects.to_owned());
    let expected = [
        ("/var/task/f1", (true, false), "[]".to_owned()),
        both("/var/task/f2", r#"["content"]"#),
        both("/var/task/f3", r#"["mode"]"#),
        both("/var/task/f4", r#"["kind","content","mode"]"#),
        ("/var/task/g", (false, true), "[]".to_owned()),
        ("/var/task/p", (true, false), "[]".to_owned()),
    ];
    assert_eq!(told, expected);
    assert_eq!(differs["files"][1]["b"]["size"], 3);
}
