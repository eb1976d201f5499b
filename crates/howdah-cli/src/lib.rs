//! The command howdah: Hadoop Streaming's command line, run here.
