//! The store at its door: one commit a command, nothing lost, nothing twice, nothing hidden.

#[path = "../common/tables.rs"]
mod tables;

mod bed;
mod claims;
mod corrections;
mod entries;
mod files;
mod index;
mod lately;
mod later;
mod marks;
mod pages;
mod paging;
mod prepared;
mod retention;
mod rules;
mod searching;
mod size;
mod visible;
mod writer;
