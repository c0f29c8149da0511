//! Steps of a function: each is remembered by its key, or its command runs and its files become a layer.

mod ahead;
mod blob;
mod made;
mod maker;
mod other_machines;
mod packing;
mod wanted;

pub use self::ahead::Ahead;
pub use self::made::{StepLayer, StepRuns, between};
pub use self::maker::StepMaker;
pub use self::wanted::check;
