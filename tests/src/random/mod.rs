//! Jobs that nobody thought of: made from a seed, run on Hadoop and here, and compared.
//!
//! | module | what |
//! | --- | --- |
//! | [`dice`] | numbers from a seed |
//! | [`job`] | a job as parts that can be taken away |
//! | [`make`] | a job from dice |
//! | [`compare`] | what Hadoop did beside what was done here |
//! | [`parts`] | what a job wrote, as far as that is the same wherever it runs |
//! | [`verbs`] | `dumptb` and `loadtb` on Hadoop and here, and what differs |
//! | [`typed_stream`] | streams of typed bytes that Hadoop loads and that are refused here |
//! | [`shrink`] | a smaller job with the same difference |

pub mod compare;
pub mod dice;
pub mod job;
pub mod make;
pub mod parts;
pub mod shrink;
pub mod typed_stream;
pub mod verbs;
