//! What `courant demo` shows: a small built-in world of news, and (in the shell) the command that serves it
//! on loopback and runs the daemon on it.

mod publishers;
pub mod world;
mod writing;
