//! What the five jobs share: how mrjob reads a line, what its examples take for a word, and a hash.
//!
//! Each job is a program of its own, under `src/bin`.

mod line;
mod marks;
mod sha1;
mod words;

pub use line::Line;
pub use sha1::sha1;
pub use words::words;
