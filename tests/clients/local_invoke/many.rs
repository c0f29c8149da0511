//! Many events, one after the other and at once: what is held before and after them.

use std::fs;

use super::served::Served;
use crate::harness::common::{must, until};
use crate::harness::helpers;

/// What the server and all that descends from it hold.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Held {
    processes: usize,
    descriptors: usize,
    threads: usize,
}

fn descendants(pid: u32) -> Vec<u32> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).unwrap().flatten();
    let children = tasks.map(|task| fs::read_to_string(task.path().join("children")).unwrap_or_default());
    let children: Vec<u32> = children
        .flat_map(|text| text.split_whitespace().map(|pid| pid.parse().unwrap()).collect::<Vec<_>>())
        .collect();
    [vec![pid], children.into_iter().flat_map(descendants).collect()].concat()
}

fn held(served: &Served) -> Held {
    let all = descendants(served.child.id());
    let entries = |what: &str| {
        all.iter().map(|pid| fs::read_dir(format!("/proc/{pid}/{what}")).map_or(0, Iterator::count)).sum()
    };
    Held { processes: all.len(), descriptors: entries("fd"), threads: entries("task") }
}

/// Bytes of memory that the server and its sandboxes have for themselves, without the function's processes.
fn memory(served: &Served) -> u64 {
    let ours =
        |pid: &u32| fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|exe| exe.ends_with("lambda-img"));
    let private = |pid: &u32| -> u64 {
        let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("Private_Dirty:")).unwrap();
        line.split_whitespace().next().unwrap().parse::<u64>().unwrap() << 10
    };
    descendants(served.child.id()).iter().filter(|pid| ours(pid)).map(private).sum()
}

/// Sends `each` events of 10 KB from each of `callers` threads, and compares the answers.
fn invoke(served: &Served, callers: usize, each: usize) {
    let port = served.url.rsplit(':').next().unwrap();
    let program = format!(
        "import http.client, threading\nwrong = []\n\
         def caller(at):\n\
         \x20   connection = http.client.HTTPConnection('127.0.0.1', {port})\n\
         \x20   for n in range({each}):\n\
         \x20       event = b'\"%d %d %s\"' % (at, n, b'x' * 10000)\n\
         \x20       connection.request('POST', '/2015-03-31/functions/f/invocations', event)\n\
         \x20       answer = connection.getresponse()\n\
         \x20       said = answer.read()\n\
         \x20       if (answer.status, said) != (200, event): wrong.append((at, n, answer.status, said[:200]))\n\
         callers = [threading.Thread(target=caller, args=(at,)) for at in range({callers})]\n\
         [one.start() for one in callers]\n[one.join() for one in callers]\nprint(wrong)\n"
    );
    let said = must(helpers::program("python3", "bash .ci/install").args(["-c", &program])).stdout;
    assert_eq!(said, "[]\n");
}

const ECHO: &str = "def handler(event, context):\n    return event\n";

/// A thousand events leave no more than a hundred do.
#[test]
fn nothing_leaks() {
    let served = Served::start(ECHO, "--quiet --function-timeout 60");
    invoke(&served, 1, 100);
    let before = held(&served);
    invoke(&served, 1, 900);
    until("as much is held as before", || held(&served) <= before);
}

#[test]
#[ignore = "nightly: six thousand events"]
fn nothing_leaks_with_eight_callers() {
    let served = Served::start(ECHO, "--quiet --concurrency 8 --function-timeout 60");
    // All environments are begun, and what the allocator keeps is there.
    invoke(&served, 8, 250);
    let (before, kept) = (held(&served), memory(&served));
    for _ in 0..2 {
        invoke(&served, 8, 250);
        until("as much is held as before", || held(&served) <= before);
    }
    let grown = memory(&served).saturating_sub(kept);
    // The events alone have 40 MB.
    assert!(grown < 4 << 20, "{grown} bytes after {kept}");
}
