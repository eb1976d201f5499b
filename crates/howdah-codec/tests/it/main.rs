//! The crate from outside: against Hadoop's bytes, round trips, damaged files, splits of bzip2.

#![allow(clippy::unwrap_used)] // Clippy allows it in tests, but not in what they share.

mod damaged_files;
mod data;
mod hadoop_bytes;
mod hadoop_framing;
mod other_programs;
mod round_trips;
mod splits;
mod zstd_off;
