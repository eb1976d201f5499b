//! A job that reads JSON, of the shape that an option names, and tells what it has read.

use clap::ValueEnum;
use howdah::{Flow, Job, JsonLines, Out, Pairs, Plan, Sum};
use serde::{Deserialize, Serialize};

/// Reads JSON
#[derive(clap::Args, Clone)]
struct JsonReader {
    /// What each line is
    #[arg(long, value_enum, default_value_t = Shape::Record)]
    shape: Shape,
}

#[derive(ValueEnum, Clone, Copy)]
enum Shape {
    /// An object with fields that are known, among others
    Record,
    /// Arrays within each other
    Tree,
    /// Anything
    Any,
    /// A key, a TAB and a value
    Pair,
}

/// What a line with known fields holds.
#[derive(Serialize, Deserialize)]
struct Record {
    id: u32,
    name: String,
    ratio: f64,
}

/// Arrays within each other.
#[derive(Serialize, Deserialize)]
struct Tree(Vec<Tree>);

impl Tree {
    fn depth(&self) -> u64 {
        1 + self.0.iter().map(Tree::depth).max().unwrap_or_default()
    }
}

impl Job for JsonReader {
    fn plan(&self) -> Plan {
        match self.shape {
            Shape::Record => Flow::<JsonLines<Record>>::read()
                .map_fn(|record, out: &mut Out<String, u64>| {
                    let sign = if record.ratio < 0.0 { '-' } else { '+' };
                    out.emit(format!("{} {} {sign}", record.id, record.name.len()), 1);
                })
                .fold(Sum)
                .plan(),
            Shape::Tree => Flow::<JsonLines<Tree>>::read()
                .map_fn(|tree, out: &mut Out<String, u64>| out.emit("depth", tree.depth()))
                .fold(Sum)
                .plan(),
            Shape::Any => Flow::<JsonLines<serde_json::Value>>::read()
                .map_fn(|any, out: &mut Out<String, u64>| {
                    out.emit(if any.is_array() { "array" } else { "other" }, 1);
                })
                .fold(Sum)
                .plan(),
            Shape::Pair => Flow::<Pairs<String, u64>>::read()
                .map_fn(|(key, n), out: &mut Out<String, u64>| out.emit(key, *n))
                .fold(Sum)
                .plan(),
        }
    }
}

howdah::main!(JsonReader);
