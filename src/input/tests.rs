use std::io::{Cursor, Write};
use std::os::unix::fs::{PermissionsExt, symlink};

use ::zip::write::SimpleFileOptions;
use proptest::prelude::*;

use std::num::NonZeroUsize;

use super::*;
use crate::tree::ImagePath;

/// A tree in words: paths, kinds, bytes.
fn told(collected: &Collected) -> Vec<String> {
    let tell = |(path, node): (&ImagePath, &Node)| match node {
        Node::Dir { .. } => format!("{path}/"),
        Node::Symlink { target, .. } => format!("{path} -> {target}"),
        Node::File { content, executable } => {
            format!("{path} {executable} {}", content.read().unwrap().escape_ascii())
        }
    };
    collected.tree.iter().map(tell).collect()
}

fn exclusions() -> Exclusions {
    Exclusions { ignore_file: true, ..Default::default() }
}

#[test]
fn a_directory_its_zip_and_the_zip_unpacked_are_one_tree() {
    let root = tempfile::tempdir().unwrap();
    let at = |name: &str| root.path().join("fn").join(name);
    for directory in ["lib/deep", "empty", "drop/keep", ".git"] {
        fs::create_dir_all(at(directory)).unwrap();
    }
    for file in ["app.py", "lib/x.so", "lib/deep/é.txt", "drop/a", "drop/keep/b", ".git/HEAD", "only/.git"] {
        fs::create_dir_all(at(file).parent().unwrap()).unwrap();
        fs::write(at(file), file.repeat(50)).unwrap();
    }
    fs::write(at(".lambdaignore"), "drop\n!drop/keep\n").unwrap();
    fs::set_permissions(at("lib/x.so"), PermissionsExt::from_mode(0o755)).unwrap();
    symlink("lib/x.so", at("x")).unwrap();

    let plain = SimpleFileOptions::default();
    for (with_directories, method) in
        [(true, ::zip::CompressionMethod::Deflated), (false, ::zip::CompressionMethod::Stored)]
    {
        let mut writer = ::zip::ZipWriter::new(Cursor::new(Vec::new()));
        let options = plain.compression_method(method);
        // Not in order: that of the tree is ours.
        for (name, mode) in [
            ("only/.git", 0o644),
            ("lib/x.so", 0o755),
            ("lib/deep/é.txt", 0o600),
            ("drop/keep/b", 0o664),
            ("drop/a", 0o644),
            (".lambdaignore", 0o644),
            ("app.py", 0o644),
            (".git/HEAD", 0o644),
        ] {
            writer.start_file(name, options.unix_permissions(mode)).unwrap();
            writer.write_all(&fs::read(at(name)).unwrap()).unwrap();
        }
        writer.add_symlink("x", "lib/x.so", plain).unwrap();
        if with_directories {
            for directory in ["lib/", "lib/deep/", "drop/", "drop/keep/"] {
                writer.add_directory(directory, plain).unwrap();
            }
        }
        // What holds nothing is in a zip only if it is named.
        writer.add_directory("empty/", plain).unwrap();
        let zip = root.path().join("fn.zip");
        fs::write(&zip, writer.finish().unwrap().into_inner()).unwrap();

        let from_zip = collect(&zip, &exclusions(), NonZeroUsize::MIN).unwrap();
        assert_eq!(from_zip.kind, InputKind::Zip);
        let from_dir = collect(&root.path().join("fn"), &exclusions(), NonZeroUsize::MIN).unwrap();
        assert_eq!(told(&from_zip), told(&from_dir));
        assert_eq!(from_dir.tree.len(), 11, "{:?}", told(&from_dir));
        assert_eq!(from_zip.warnings, from_dir.warnings);
    }
}

#[test]
fn one_file_keeps_its_name_and_its_x_bit() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("real");
    fs::write(&file, "#!/bin/sh\n").unwrap();
    fs::set_permissions(&file, PermissionsExt::from_mode(0o755)).unwrap();
    let link = root.path().join("bootstrap");
    symlink("real", &link).unwrap();
    let collected = collect(&link, &exclusions(), NonZeroUsize::MIN).unwrap();
    assert_eq!(collected.kind, InputKind::File);
    assert_eq!(told(&collected), ["bootstrap true #!/bin/sh\\n"]);
    assert!(collect(&file, &exclusions(), NonZeroUsize::MIN).is_ok());
    symlink("nowhere", root.path().join("bad")).unwrap();
    assert!(matches!(
        collect(&root.path().join("bad"), &exclusions(), NonZeroUsize::MIN),
        Err(InputError::Missing(_))
    ));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn the_order_in_which_files_were_made_does_not_show(
        names in proptest::collection::btree_set("[a-c]{1,2}(/[d-f-]x?){0,2}", 1..9)
            .prop_map(|names| names.into_iter().collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let make = |names: &[String]| {
            let root = tempfile::tempdir().unwrap();
            for name in names {
                // Where a file is in the way of a directory, in either order, it gives way.
                let path = root.path().join(format!("{name}_"));
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, name).unwrap();
            }
            told(&collect(root.path(), &exclusions(), NonZeroUsize::MIN).unwrap())
        };
        let mut sorted = names.clone();
        sorted.sort();
        prop_assert_eq!(make(&names), make(&sorted));
    }
}
