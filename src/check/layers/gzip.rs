//! Checks: a gzip file with several members, and bytes after its end.

use crate::check::{Check, Evidence, Fault, Group, Level, Location, Subject};
use crate::survey::Stored;

/// Gzip of several members: some decoders read the first one only.
pub const MEMBERS: Check = Check {
    id: "gzip-members",
    group: Group::Layers,
    level: Level::Warn,
    evidence: Evidence::I,
    aws_error: None,
    page: page!("gzip-members"),
    run: members,
};

/// Bytes behind the end of the gzip file or of the tar.
pub const TRAILING: Check = Check {
    id: "trailing-garbage",
    group: Group::Layers,
    level: Level::Warn,
    evidence: Evidence::I,
    aws_error: None,
    page: page!("trailing-garbage"),
    run: trailing,
};

fn members(subject: &Subject<'_>) -> Vec<Fault> {
    let faults = subject.surveys().filter_map(|(layer, survey)| match survey.stored {
        Stored::Gzip { members, .. } if members > 1 => {
            let message = format!("it has {members} gzip members; some decoders read only the first one");
            Some(Fault::new(
                Location::Layer(layer),
                message,
                "compress the layer as a whole with `gzip`, not with `pigz --independent`, eStargz or `cat`",
            ))
        }
        _ => None,
    });
    faults.collect()
}

fn trailing(subject: &Subject<'_>) -> Vec<Fault> {
    let faults = subject.surveys().filter_map(|(layer, survey)| {
        let message = match survey.stored {
            Stored::Gzip { trailing, .. } if trailing > 0 => {
                format!("{trailing} bytes follow the end of its gzip file")
            }
            _ if survey.trailing_bytes > 0 => {
                format!("{} bytes other than zeros follow the end of its tar", survey.trailing_bytes)
            }
            _ => return None,
        };
        Some(Fault::new(Location::Layer(layer), message, "build the layer again"))
    });
    faults.collect()
}
