//! Ten times as many functions are ten times as much work: counted, whatever the clock says.

use std::fs;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use crate::harness::common::Place;

/// What a program did until it ended.
struct Work {
    /// Bytes that it read and wrote by system calls.
    bytes: u64,
    /// Hundredths of a second of the processors, in its own code.
    ticks: u64,
}

/// Runs a program, whatever it says, and reads what the kernel counted before it forgets.
fn work(command: &mut Command) -> Work {
    let mut child: Child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let pid = Pid::from_raw(child.id().try_into().unwrap()).unwrap();
    waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT).unwrap();
    let of = |file: &str| fs::read_to_string(format!("/proc/{}/{file}", child.id())).unwrap();
    let (io, stat) = (of("io"), of("stat"));
    let count = |key: &str| io.lines().find_map(|line| line.strip_prefix(key)).unwrap().trim().parse::<u64>();
    // proc_pid_stat(5): utime is field 14; the name, field 2, may hold spaces.
    let fields: Vec<_> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let work = Work {
        bytes: count("rchar:").unwrap() + count("wchar:").unwrap(),
        ticks: fields[11].parse().unwrap(),
    };
    child.wait().unwrap();
    work
}

/// As many functions, all of one directory.
fn functions(count: usize) -> Place {
    let place = Place::new();
    place.script("fn/bootstrap", "#!/bin/sh\n");
    let mut text = "[defaults]\nruntime = \"provided.al2023\"\nbase = \"embedded\"\npath = \"fn\"\n\
                    arch = [\"x86_64\", \"arm64\"]\noutput = \"oci:out:{name}\"\n"
        .to_owned();
    (0..count).for_each(|at| text += &format!("[functions.f{at}]\nenv = {{ NUMBER = \"{at}\" }}\n"));
    place.write("lambda-img.toml", text);
    place
}

#[test]
fn four_times_the_functions_are_four_times_the_settings_to_read() {
    let ticks = |count| work(&mut functions(count).tool("config f0")).ticks;
    let (few, many) = (ticks(1500), ticks(6000));
    assert!(many < 8 * few.max(10), "{few} and {many} hundredths of a second");
}

#[test]
fn four_times_the_functions_are_four_times_the_bytes_of_a_cold_build() {
    let bytes = |count| work(&mut functions(count).tool("build --all -q")).bytes;
    let (few, many) = (bytes(60), bytes(240));
    assert!(many < 6 * few, "{few} and {many} bytes");
}
