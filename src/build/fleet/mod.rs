//! Many functions in one process: several at a time, and what they have in common once.
//!
//! The [line](super) is the same as for one function alone; a fleet hands it other resources, and lets several
//! functions go along it at a time (`run`). What they share is in a [`FleetCache`]:
//!
//! | shared | by | so that |
//! |---|---|---|
//! | files at a path (`inputs`) | path and exclusions | a directory that many functions name is walked once |
//! | `/opt`, added files, laid out (`inputs`) | all that decides them | they are one tree, and so one layer |
//! | bases (`bases`) | reference, architecture, pin | a registry is asked once, also where it fails |
//! | new layers (`layers`) | the identity of their tree | a layer is packed once |
//! | the directory for new layers (`layers`) | where it is | all that go to one layout wait in one place |
//! | facts of files, surveys, blocks (`EarlierBuilds`) | — | one function learns from another |
//!
//! Each is a decorator: it does what one function alone would do, inside a [`SingleFlight`](super::single_flight), by which the
//! first function that wants a value makes it and the others wait for it.
//!
//! How much computes at once is limited by [`CpuSlots`](super::CpuSlots), which all functions of a command share: a
//! small layer is packed by one thread while other functions compute, a large one by all threads alone. A thread that
//! waits, for the network or for a value that another function makes, holds no slot: so decorators take the slot inside
//! of the single flight, never around it. Twice as many functions as there are slots are under way, so that some compute
//! while others wait.
//!
//! Functions end in their order, whichever is ready first: so a layout lists them the same each time.

mod bases;
mod cache;
mod inputs;
mod layers;
mod run;

pub use self::cache::FleetCache;
pub use self::run::{Member, fleet};
