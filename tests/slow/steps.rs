//! A step that is killed leaves nothing, at whatever moment.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::harness::common::{must, run};
use crate::harness::suites::steps::with_step;

/// How often a step is killed: before each of the lines that its command prints.
const KILLS: usize = 50;

#[test]
fn a_step_that_is_killed_at_any_moment_leaves_nothing() {
    let place = with_step(&format!(
        "run = \"for n in $(seq {KILLS}); do cat list >{{out}}/$n; echo line $n; done\"\ninputs = [\"list\"]"
    ));
    let records = || fs::read_dir(place.cache().join("steps")).map(Iterator::count).unwrap_or_default();
    let mut running = 0;
    for moment in 0..KILLS {
        place.write("list", format!("{moment}\n"));
        let before = records();
        let mut child = place.tool("build api").stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let said = lines.map_while(Result::ok).filter(|line| line.contains("| line ")).take(moment).count();
        let alive = child.try_wait().unwrap().is_none();
        child.kill().unwrap();
        child.wait().unwrap();
        running += usize::from(alive && said == moment);
        let killed = records() == before;
        // The next build makes it whole, as one does that remembers nothing, and nothing of the killed one is left.
        let next = must(&mut place.tool("build api"));
        assert_eq!(next.stderr.contains("| line 1"), killed, "moment {moment}: {next:?}");
        let anew = run(&mut place.tool("build api --no-cache -o oci:anew"));
        let digest = |ran: &crate::harness::common::Ran| ran.stdout.split('@').nth(1).map(str::to_owned);
        assert_eq!(digest(&next), digest(&anew), "moment {moment}");
        assert!(digest(&next).is_some());
        assert_eq!(fs::read_dir(place.cache().join("work")).unwrap().count(), 0, "moment {moment}");
        assert_eq!(records(), before + 1, "moment {moment}");
    }
    assert!(running > KILLS / 2, "only {running} of {KILLS} were killed while the step ran");
}
