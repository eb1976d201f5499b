//! Which options Hadoop's parsers accept.

use crate::command_line::{Accepted, Arity};

/// Those of `GenericOptionsParser`.
pub(super) const GENERIC: Accepted = &[
    ("fs", Arity::One),
    ("jt", Arity::One),
    ("conf", Arity::One),
    ("D", Arity::One),
    ("libjars", Arity::One),
    ("files", Arity::One),
    ("archives", Arity::One),
    ("tokenCacheFile", Arity::One),
];

/// Those of `StreamJob`.
pub(super) const STREAMING: Accepted = &[
    ("input", Arity::Many),
    ("output", Arity::One),
    ("mapper", Arity::One),
    ("combiner", Arity::One),
    ("reducer", Arity::One),
    ("file", Arity::Many),
    ("dfs", Arity::One),
    ("additionalconfspec", Arity::One),
    ("inputformat", Arity::One),
    ("outputformat", Arity::One),
    ("partitioner", Arity::One),
    ("numReduceTasks", Arity::One),
    ("inputreader", Arity::One),
    ("mapdebug", Arity::One),
    ("reducedebug", Arity::One),
    ("jobconf", Arity::One),
    ("cmdenv", Arity::One),
    ("cacheFile", Arity::Many),
    ("cacheArchive", Arity::Many),
    ("io", Arity::One),
    ("background", Arity::None),
    ("verbose", Arity::None),
    ("info", Arity::None),
    ("debug", Arity::None),
    ("help", Arity::None),
    ("lazyOutput", Arity::None),
];

/// The streaming options with one value that may be given more than once with effect.
pub(super) const REPEATABLE: &[&str] = &["jobconf", "cmdenv", "D", "conf"];

/// What Hadoop warns of when an option is used, in the order of its warnings.
pub(super) const DEPRECATED: &[(&str, &str)] = &[
    (
        "file",
        "WARN streaming.StreamJob: -file option is deprecated, please use generic option -files instead.",
    ),
    ("dfs", "WARN streaming.StreamJob: -dfs option is deprecated, please use -fs instead."),
    (
        "cacheArchive",
        "WARN streaming.StreamJob: -cacheArchive option is deprecated, please use -archives instead.",
    ),
    (
        "cacheFile",
        "WARN streaming.StreamJob: -cacheFile option is deprecated, please use -files instead.",
    ),
    ("jobconf", "WARN streaming.StreamJob: -jobconf option is deprecated, please use -D instead."),
    (
        "additionalconfspec",
        "WARN streaming.StreamJob: -additionalconfspec option is deprecated, please use -conf instead.",
    ),
];
