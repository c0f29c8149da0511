//! The program: arguments, settings, words for people, one file per command.

pub mod cmd_runtimes;
