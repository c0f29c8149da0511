use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;

use super::super::collect;
use std::num::NonZeroUsize;

use super::*;

fn exclusions(globs: &[&str]) -> Exclusions {
    Exclusions {
        globs: globs.iter().map(|&glob| glob.into()).collect(),
        ignore_file: true,
        ..Default::default()
    }
}

fn root(files: &[&str]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for file in files {
        let path = root.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, *file).unwrap();
    }
    root
}

fn names(root: &Path, exclusions: &Exclusions) -> Vec<String> {
    collect(root, exclusions, NonZeroUsize::MIN)
        .unwrap()
        .tree
        .iter()
        .map(|(path, _)| path.to_string())
        .collect()
}

fn refused(root: &Path) -> String {
    let error = collect(root, &exclusions(&[]), NonZeroUsize::MIN).unwrap_err();
    std::iter::successors(Some(&error as &dyn std::error::Error), |error| error.source())
        .map(|error| format!("{error}\n"))
        .collect()
}

#[test]
fn a_directory_is_taken_as_it_is() {
    let root = root(&["app.py", "lib/a/x.so", "lib/run"]);
    fs::create_dir(root.path().join("empty")).unwrap();
    fs::set_permissions(root.path().join("lib/run"), PermissionsExt::from_mode(0o601)).unwrap();
    fs::hard_link(root.path().join("app.py"), root.path().join("hard")).unwrap();
    symlink("app.py", root.path().join("soft")).unwrap();
    let collected = collect(root.path(), &exclusions(&[]), NonZeroUsize::MIN).unwrap();
    assert_eq!(collected.kind, InputKind::Dir);
    assert!(collected.warnings.is_empty());
    let paths: Vec<_> = collected.tree.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["app.py", "empty", "hard", "lib", "lib/a", "lib/a/x.so", "lib/run", "soft"]);
    let node = |path| collected.tree.get(&ImagePath::new(path).unwrap()).unwrap();
    assert!(matches!(node("lib/run"), Node::File { executable: true, .. }));
    assert!(matches!(node("soft"), Node::Symlink { target, .. } if target == "app.py"));
    let Node::File { content, executable: false } = node("hard") else { panic!() };
    assert_eq!(content.read().unwrap(), b"app.py");

    // A link to the directory is the directory.
    let elsewhere = tempfile::tempdir().unwrap();
    symlink(root.path(), elsewhere.path().join("fn")).unwrap();
    assert_eq!(names(&elsewhere.path().join("fn"), &exclusions(&[])).len(), 8);
}

#[test]
fn git_and_ignore_files_stay_out_and_one_ignore_file_is_in_force() {
    let files = [".git/config", "sub/.git", "sub/.gitignore", "a", "b", "sub/.dockerignore"];
    let root = root(&files);
    fs::write(root.path().join(".dockerignore"), "a\n").unwrap();
    assert_eq!(names(root.path(), &exclusions(&[])), ["b", "sub", "sub/.dockerignore", "sub/.gitignore"]);
    assert_eq!(names(root.path(), &Exclusions::default())[0], "a");
    fs::write(root.path().join(".lambdaignore"), "b\nsub\n!sub/.gitignore").unwrap();
    assert_eq!(names(root.path(), &exclusions(&[])), ["a", "sub", "sub/.gitignore"]);
    assert_eq!(names(root.path(), &exclusions(&["!b", "sub"])), ["a", "b"]);
    fs::write(root.path().join(".lambdaignore"), "ok\n[").unwrap();
    assert!(refused(root.path()).contains(".lambdaignore` line 2: pattern `[`"));
    fs::write(root.path().join(".lambdaignore"), b"\xff").unwrap();
    assert!(refused(root.path()).contains(".lambdaignore` is not UTF-8"));
    fs::remove_file(root.path().join(".lambdaignore")).unwrap();
    symlink("a", root.path().join(".lambdaignore")).unwrap();
    assert!(refused(root.path()).contains("is not a regular file"));
}

#[test]
fn the_outputs_of_the_build_stay_out() {
    let root = root(&["a", "dist/x.tar", "out/blobs/x", "real"]);
    symlink("real", root.path().join("link")).unwrap();
    let inside = |name: &str| root.path().join(name);
    let outputs =
        vec![inside("dist/../dist/x.tar"), inside("out"), inside("new/one"), inside("link"), "/".into()];
    let exclusions = Exclusions { outputs, ..Default::default() };
    assert_eq!(names(root.path(), &exclusions), ["a"]);
    // By another way to the same place.
    let elsewhere = tempfile::tempdir().unwrap();
    symlink(root.path(), elsewhere.path().join("fn")).unwrap();
    assert_eq!(names(&elsewhere.path().join("fn"), &exclusions), ["a"]);
    let exclusions = Exclusions { outputs: vec![elsewhere.path().join("fn/a")], ..Default::default() };
    assert!(!names(root.path(), &exclusions).contains(&"a".to_owned()));
    assert!(
        final_names(&inside("no/such/../place"))
            .contains(&root.path().canonicalize().unwrap().join("no/place"))
    );
}

#[test]
fn what_no_image_holds_is_refused_by_name() {
    let root = root(&["a"]);
    let fifo = root.path().join("pipe");
    let status = std::process::Command::new("mkfifo").arg(&fifo).status().unwrap();
    assert!(status.success());
    assert!(
        refused(root.path()).contains("/pipe` is a fifo: an image can contain only files"),
        "{}",
        refused(root.path())
    );
    assert!(refused(&fifo).contains("is a fifo"));
    assert_eq!(names(root.path(), &exclusions(&["pipe"])), ["a"]);
    fs::remove_file(fifo).unwrap();
    let _socket = UnixListener::bind(root.path().join("s")).unwrap();
    assert!(refused(root.path()).contains("/s` is a socket"));
    fs::remove_file(root.path().join("s")).unwrap();
    assert!(refused(Path::new("/dev/null")).contains("`/dev/null` is a character device"));

    fs::write(root.path().join(OsStr::from_bytes(b"x\xff")), "").unwrap();
    let error = refused(root.path());
    assert!(error.contains("the name of `") && error.contains("x\\xff` is not UTF-8"), "{error}");
    assert_eq!(names(root.path(), &exclusions(&["x?"])), ["a"]);
    fs::remove_file(root.path().join(OsStr::from_bytes(b"x\xff"))).unwrap();
    symlink(OsStr::from_bytes(b"\xff"), root.path().join("l")).unwrap();
    assert!(refused(root.path()).contains("the target of `"));
}

#[test]
fn links_are_judged() {
    let root = root(&["d/a"]);
    let link = root.path().join("d/l");
    let put = |target: &Path| {
        let _ = fs::remove_file(&link);
        symlink(target, &link).unwrap();
    };
    put(Path::new("../../x"));
    assert!(refused(root.path()).contains("d/l` points to `../../x`, which is outside of the input"));
    put(&root.path().join("d/a"));
    assert!(refused(root.path()).contains("an absolute path of this machine"));
    put(Path::new("l"));
    assert!(refused(root.path()).contains("leads back to the symlink"));
    put(Path::new("gone"));
    let collected = collect(root.path(), &exclusions(&[]), NonZeroUsize::MIN).unwrap();
    assert!(collected.warnings[0].contains("points to `gone`, which is not in the input"));
    put(Path::new("/opt/x"));
    assert!(collect(root.path(), &exclusions(&[]), NonZeroUsize::MIN).unwrap().warnings.is_empty());
}

#[test]
fn nothing_to_take_is_an_error() {
    let root = root(&["a"]);
    let error = collect(root.path(), &exclusions(&["*"]), NonZeroUsize::MIN).unwrap_err();
    assert!(matches!(error, InputError::Empty(path) if path == root.path()));
    fs::remove_file(root.path().join("a")).unwrap();
    fs::create_dir(root.path().join("empty")).unwrap();
    assert!(refused(root.path()).contains("contains no files"));
    assert!(refused(&root.path().join("gone")).contains("gone` does not exist"));
}

/// Root reads everything: the check runs again as `nobody` where the test is root.
#[test]
fn unreadable_files_and_directories_are_named() {
    const ROLE: &str = "LAMBDA_IMG_TEST_UNREADABLE";
    if let Some(root) = std::env::var_os(ROLE) {
        let root = PathBuf::from(root);
        assert!(refused(&root.join("file")).contains("file/secret`\nPermission denied"));
        assert!(refused(&root.join("dir")).contains("dir/closed`\nPermission denied"));
        assert!(refused(&root.join("file/secret")).contains("secret`\nPermission denied"));
        return;
    }
    let root = root(&["file/a", "file/secret", "dir/a", "dir/closed/x"]);
    let open = |path: &Path, mode| fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    open(root.path(), 0o755);
    open(&root.path().join("file/secret"), 0o000);
    open(&root.path().join("dir/closed"), 0o000);
    // A copy in a place that everyone can reach; the build directory may not be one.
    let exe = root.path().join("test");
    fs::copy(std::env::current_exe().unwrap(), &exe).unwrap();
    open(&exe, 0o755);
    let is_root = fs::metadata(root.path()).unwrap().uid() == 0;
    let mut command = std::process::Command::new(if is_root { Path::new("setpriv") } else { &exe });
    if is_root {
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&exe);
    }
    let name = "input::dir::tests::unreadable_files_and_directories_are_named";
    let output = command.args(["--exact", name]).env(ROLE, root.path()).current_dir("/").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    open(&root.path().join("dir/closed"), 0o755);
}
