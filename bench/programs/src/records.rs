//! Sorts records of 100 bytes by their first 10 in little memory: sorted runs on disk, then one merge.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::hash::prefix_of;
use crate::output::stdout;
use crate::pieces::in_threads;

const RECORD_BYTES: usize = 100;
/// What a record takes while a run is sorted: itself, and its key with its number.
const BYTES_EACH: usize = RECORD_BYTES + size_of::<(Key, u32)>();

type Key = (u64, u16);

pub(crate) fn run(threads: usize, mib: usize, folder: &str, file: &str) -> crate::Outcome {
    let file = File::open(file)?;
    let bytes = file.metadata()?.len();
    if !bytes.is_multiple_of(RECORD_BYTES as u64) {
        return Err(format!("{bytes} bytes are not whole records of {RECORD_BYTES}").into());
    }
    // A quarter is left for what writes them.
    let run_records = (mib << 20) * 3 / 4 / threads.max(1) / BYTES_EACH;
    let runs = bytes.div_ceil((run_records * RECORD_BYTES) as u64);
    let path = |number: u64| Path::new(folder).join(format!("run-{number}"));
    let next = AtomicU64::new(0);
    in_threads(threads, || {
        let mut buffer = vec![0; run_records * RECORD_BYTES];
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= runs {
                return Ok(());
            }
            let start = number * buffer.len() as u64;
            let length = (bytes - start).min(buffer.len() as u64) as usize;
            file.read_exact_at(&mut buffer[..length], start)?;
            write_run(&buffer[..length], &path(number))?;
        }
    })?;
    let paths: Vec<PathBuf> = (0..runs).map(path).collect();
    merge(&paths, (mib << 20) / 4 / paths.len().max(1))
}

fn write_run(records: &[u8], path: &Path) -> std::io::Result<()> {
    let (records, _) = records.as_chunks::<RECORD_BYTES>();
    let mut order: Vec<(Key, u32)> =
        records.iter().zip(0..).map(|(record, number)| (key(record), number)).collect();
    order.sort_unstable();
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    for (_, number) in order {
        out.write_all(&records[number as usize])?;
    }
    out.flush()
}

/// Writes the records of all runs in order; of equal keys, those of the earlier run first.
fn merge(runs: &[PathBuf], buffer_bytes: usize) -> crate::Outcome {
    let mut inputs = Vec::new();
    let mut records = vec![[0; RECORD_BYTES]; runs.len()];
    let mut heap = BinaryHeap::new();
    for (number, path) in runs.iter().enumerate() {
        let mut input = BufReader::with_capacity(buffer_bytes, File::open(path)?);
        if next_record(&mut input, &mut records[number])? {
            heap.push(Reverse((key(&records[number]), number)));
        }
        inputs.push(input);
    }
    let mut out = stdout();
    while let Some(mut top) = heap.peek_mut() {
        let number = top.0.1;
        out.write_all(&records[number])?;
        if next_record(&mut inputs[number], &mut records[number])? {
            top.0.0 = key(&records[number]);
        } else {
            PeekMut::pop(top);
        }
    }
    Ok(out.flush()?)
}

fn next_record(
    input: &mut BufReader<File>,
    record: &mut [u8; RECORD_BYTES],
) -> std::io::Result<bool> {
    match input.read_exact(record) {
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(false),
        outcome => outcome.map(|()| true),
    }
}

fn key(record: &[u8; RECORD_BYTES]) -> Key {
    (prefix_of(record), u16::from_be_bytes([record[8], record[9]]))
}
