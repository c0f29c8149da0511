//! Settings and lock files of other users: found, and not obeyed. Real users, whom only root can be in turn.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown, lchown};
use std::path::Path;
use std::process::Command;

use crate::harness::common::{Place, assert_refusal, run};

/// Users whose groups have their numbers, and a group of several.
const VICTIM: u32 = 4001;
const ATTACKER: u32 = 4002;
const TEAM: u32 = 4003;

const LOCK: &str = "version = 1\n";

/// The tool as a user with a group of his own, in a directory of a place.
fn as_user(place: &Place, user: u32, dir: &str, arguments: &str) -> Command {
    let tool = place.copied_tool();
    let mut command = place.program("setpriv");
    command.args(["--reuid", &user.to_string(), "--regid", &user.to_string(), "--clear-groups"]).arg(tool);
    command.args(arguments.split_whitespace()).current_dir(place.path(dir)).env("HOME", "/nonexistent");
    command.env_remove("LAMBDA_IMG_SAFE_DIRECTORY").env_remove("SUDO_UID");
    command
}

/// A directory with settings that leave `ran` behind, a lock file and a function, all of the victim.
fn project(place: &Place, name: &str) {
    let settings = format!(
        "[functions.api]\nruntime = \"provided.al2023\"\nbase = \"embedded\"\npath = \"fn\"\n\
         pre-build = \"touch {}\"\n",
        place.path("ran/it").display()
    );
    place.script(&format!("{name}/fn/bootstrap"), "#!/bin/sh\n");
    place.write(&format!("{name}/lambda-img.toml"), settings);
    place.write(&format!("{name}/lambda-img.lock"), LOCK);
    place.dir(&format!("{name}/below"));
    for inside in ["", "/fn", "/fn/bootstrap", "/lambda-img.toml", "/lambda-img.lock", "/below"] {
        chown(place.path(&format!("{name}{inside}")), Some(VICTIM), Some(VICTIM)).unwrap();
    }
    let ran = place.dir("ran");
    fs::set_permissions(ran, Permissions::from_mode(0o777)).unwrap();
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// Both files are refused in `dir`, by name and for this reason, and nothing ran; but for who trusts them.
fn refused(place: &Place, dir: &str, why: &str) {
    for (arguments, file) in [
        ("build api --dry-run -q", "lambda-img.toml"),
        ("config", "lambda-img.toml"),
        ("base list", "lambda-img.lock"),
        ("base lock --runtime provided.al2023 --offline", "lambda-img.lock"),
    ] {
        let ran = run(&mut as_user(place, VICTIM, dir, arguments));
        // A command about bases asks the settings how registries are reached, and is refused for them first.
        let file = if arguments.starts_with("base lock") { "lambda-img" } else { file };
        assert_refusal(&ran, 2, &[file, "is not trusted: ", why]);
        assert!(!place.path("ran/it").exists(), "{arguments}");
        let runs = ran.stderr.contains("lambda-img.toml` is not");
        assert_eq!(ran.stderr.contains("run commands as you"), runs, "{ran:?}");
    }
    let hint = run(&mut as_user(place, VICTIM, dir, "config")).stderr;
    let safe = match hint.rsplit_once("LAMBDA_IMG_SAFE_DIRECTORY=") {
        Some((_, safe)) => safe.trim().to_owned(),
        // To trust a directory for all is never the advice.
        None => {
            assert!(hint.contains("`lambda-img init`, or ask its owner to remove "), "{hint}");
            place.path("tmp").display().to_string()
        }
    };
    assert_eq!(hint.contains("chmod go-w "), why.contains("can be written"), "{hint}");
    let build = |safe: &str| {
        let mut command = as_user(place, VICTIM, dir, "build api --dry-run -q");
        run(command.env("LAMBDA_IMG_SAFE_DIRECTORY", safe).env("LAMBDA_IMG_ALLOW", "start-format"))
    };
    let ran = build(&format!("/nowhere\n{safe}\n"));
    assert!(!ran.stderr.contains("not trusted"), "{ran:?}");
    assert!(place.path("ran/it").exists());
    fs::remove_file(place.path("ran/it")).unwrap();
    assert_eq!(build(&format!("{safe}/below")).code, Some(2));
    assert_eq!(build("/nowhere").code, Some(2));
}

fn obeyed(place: &Place, user: u32, dir: &str) {
    let mut command = as_user(place, user, dir, "build api --dry-run -q");
    let ran = run(command.env("LAMBDA_IMG_ALLOW", "start-format"));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(place.path("ran/it").exists());
    fs::remove_file(place.path("ran/it")).unwrap();
    let ran = run(&mut as_user(place, user, dir, "base list"));
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

#[test]
fn a_link_of_another_user_in_a_sticky_directory_leads_to_nothing_of_ours() {
    let place = Place::new();
    project(&place, "mine");
    let shared = place.dir("tmp");
    mode(&shared, 0o1777);
    for file in ["lambda-img.toml", "lambda-img.lock"] {
        place.link(&format!("tmp/{file}"), &place.path(&format!("mine/{file}")).display().to_string());
        lchown(shared.join(file), Some(ATTACKER), Some(ATTACKER)).unwrap();
    }
    place.dir("tmp/work");
    chown(place.path("tmp/work"), Some(VICTIM), Some(VICTIM)).unwrap();
    refused(&place, "tmp/work", "the link `");
    // A second name of ours is no better than a link.
    for file in ["lambda-img.toml", "lambda-img.lock"] {
        fs::remove_file(shared.join(file)).unwrap();
        fs::hard_link(place.path(&format!("mine/{file}")), shared.join(file)).unwrap();
    }
    refused(&place, "tmp/work", "has a second name");
    // Links of our own are ours, as far as they lead to ours.
    for file in ["lambda-img.toml", "lambda-img.lock"] {
        fs::remove_file(shared.join(file)).unwrap();
        place.link(&format!("tmp/{file}"), &place.path(&format!("mine/{file}")).display().to_string());
        lchown(shared.join(file), Some(VICTIM), Some(VICTIM)).unwrap();
    }
    let ran = run(&mut as_user(&place, VICTIM, "tmp/work", "config"));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    mode(&place.path("mine"), 0o777);
    let ran = run(&mut as_user(&place, VICTIM, "tmp/work", "config"));
    assert_refusal(&ran, 2, &["the directory `", "can be written by all users"]);
}

#[test]
fn a_directory_that_others_may_write_decides_nothing() {
    let place = Place::new();
    project(&place, "mine");
    let dir = place.path("mine");
    chown(&dir, Some(VICTIM), Some(TEAM)).unwrap();
    mode(&dir, 0o775);
    refused(&place, "mine/below", "can be written by group 4003");
    mode(&dir, 0o777);
    refused(&place, "mine", "can be written by all users");
    mode(&dir, 0o755);
    obeyed(&place, VICTIM, "mine/below");
    let hint = |file: &str| {
        mode(&place.path(file), 0o777);
        let said = run(&mut as_user(&place, VICTIM, "mine", "config")).stderr;
        mode(&place.path(file), 0o755);
        said
    };
    assert!(hint("mine").contains("`chmod go-w .`"));
    assert!(hint("mine/lambda-img.toml").contains("`chmod go-w lambda-img.toml`"));
    for file in ["lambda-img.toml", "lambda-img.lock"] {
        mode(&dir.join(file), 0o666);
    }
    refused(&place, "mine", "it can be written by all users");
    for file in ["lambda-img.toml", "lambda-img.lock"] {
        chown(dir.join(file), Some(VICTIM), Some(TEAM)).unwrap();
        mode(&dir.join(file), 0o664);
    }
    refused(&place, "mine", "it can be written by group 4003");
}

#[test]
fn what_lies_above_in_another_users_directory_is_his() {
    let place = Place::new();
    project(&place, "theirs");
    let dir = place.path("theirs");
    // His directory, with files of ours in it.
    chown(&dir, Some(ATTACKER), Some(ATTACKER)).unwrap();
    refused(&place, "theirs/below", "belongs to user 4002");
    // His files in ours.
    chown(&dir, Some(VICTIM), Some(VICTIM)).unwrap();
    for file in ["lambda-img.toml", "lambda-img.lock"] {
        chown(dir.join(file), Some(ATTACKER), Some(ATTACKER)).unwrap();
    }
    refused(&place, "theirs/below", "it belongs to user 4002");
}

#[test]
fn a_user_private_group_root_and_sudo_are_ordinary() {
    let place = Place::new();
    project(&place, "mine");
    let dir = place.path("mine");
    // As umask 002 makes them.
    mode(&dir, 0o775);
    for file in ["lambda-img.toml", "lambda-img.lock"] {
        mode(&dir.join(file), 0o664);
    }
    obeyed(&place, VICTIM, "mine/below");
    // Somebody's own, in a directory for all.
    mode(&dir, 0o1777);
    chown(&dir, Some(0), Some(0)).unwrap();
    obeyed(&place, VICTIM, "mine/below");
    // Root obeys root, and whom it became root from; others obey root, too.
    mode(&dir, 0o755);
    let ran = run(as_user(&place, 0, "mine", "config").env_remove("SUDO_UID"));
    assert_refusal(&ran, 2, &["it belongs to user 4001"]);
    let ran = run(as_user(&place, 0, "mine", "config").env("SUDO_UID", VICTIM.to_string()));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let ran = run(as_user(&place, ATTACKER, "mine", "config").env("SUDO_UID", VICTIM.to_string()));
    assert_refusal(&ran, 2, &["it belongs to user 4001"]);
    for file in ["lambda-img.toml", "lambda-img.lock"] {
        chown(dir.join(file), Some(0), Some(0)).unwrap();
    }
    obeyed(&place, ATTACKER, "mine/below");
}

#[test]
fn a_certificate_that_settings_include_is_held_to_the_same_rule() {
    let place = Place::new();
    project(&place, "mine");
    let dir = place.path("mine");
    for text in [
        "[registries.\"r.example\"]\nca-cert = \"ca.pem\"\n",
        "[defaults]\nca-cert = [\"ca.pem\"]\nruntime = \"provided.al2023\"\n",
    ] {
        fs::write(dir.join("lambda-img.toml"), text).unwrap();
        fs::write(dir.join("ca.pem"), "").unwrap();
        chown(dir.join("ca.pem"), Some(ATTACKER), Some(ATTACKER)).unwrap();
        let ran = run(&mut as_user(&place, VICTIM, "mine", "build fn -b embedded --dry-run"));
        assert_refusal(&ran, 2, &["`ca.pem` is not trusted: it belongs to user 4002"]);
    }
}

#[test]
fn a_settings_file_is_a_regular_one_of_bounded_size() {
    let place = Place::new();
    place.sparse("lambda-img.toml", 1 << 40);
    place.refuses(1, "config", &["read `lambda-img.toml`", "larger than 16 MiB"]);
    fs::remove_file(place.path("lambda-img.toml")).unwrap();
    place.sparse("lambda-img.lock", 1 << 40);
    place.refuses(1, "base list", &["lambda-img.lock`", "larger than 16 MiB"]);
}
