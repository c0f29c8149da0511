//! Builds many functions in one process: several at a time, and work that they share only once.
//!
//! The steps of a build are the same as for one function alone ([line](super)). A fleet gives them other resources, and
//! builds several functions at a time (`run`). Shared values are in a [`FleetCache`]:
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
//! Each is a decorator around the implementation for one function. A [`SingleFlight`](super::single_flight) lets the first
//! function that needs a value make it, and the others wait for it.
//!
//! [`CpuSlots`](super::CpuSlots) limit how much is computed at once; all functions of a command share them. A small
//! layer is packed by one thread while other functions compute. A large layer is packed by all threads, and nothing
//! else computes. A thread that waits for the network or for another function holds no slot: decorators take the slot
//! inside the single flight, never around it. Twice as many functions as slots are under way, so that some compute
//! while others wait.
//!
//! Where machines share steps through a registry, the steps are made first (`steps_ahead`), so that machines that build
//! the same fleet at once do not run the same steps.
//!
//! Functions are finished in a fixed order, so that a layout lists them in the same order each time.

mod bases;
mod cache;
mod inputs;
mod layers;
mod member;
mod run;
mod steps_ahead;

pub use self::cache::FleetCache;
pub use self::member::Member;
pub use self::run::fleet;
