//! `Resources`: what the steps of a build use. The functions of a fleet share them.

use super::bases::Bases;
use super::cpu_slots::CpuSlots;
use super::earlier_builds::EarlierBuilds;
use super::inputs::Inputs;
use super::layers::Layers;

/// Handed to the line from outside: one function [alone](super::alone) has it for itself, the functions of a
/// [fleet](mod@super::fleet) share it. The line does not know which.
#[derive(Clone, Copy)]
pub struct Resources<'a> {
    /// Gets files of the host.
    pub inputs: &'a dyn Inputs,
    /// Loads bases.
    pub bases: &'a dyn Bases,
    /// Makes layers.
    pub layers: &'a dyn Layers,
    /// Says what may compute at once.
    pub cpu: &'a CpuSlots,
    /// What earlier builds left, and what this one leaves for later builds.
    pub earlier: &'a EarlierBuilds,
}
