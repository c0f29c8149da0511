//! The cache among several users, whom only root can be in turn.

mod trust;
