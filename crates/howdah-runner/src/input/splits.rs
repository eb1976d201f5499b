//! Files as splits.

use std::sync::Arc;

use howdah_codec::Codec;
use howdah_platform::{FileCursor, Storage};
use howdah_streaming::lines::Terminator;
use howdah_streaming::splits::{CombineRule, FileSplit, SplitRule, maps_by_size};

use super::lines::Lines;
use super::listing::InputFile;
use super::sample::FileSample;
use crate::error::{RecordPlace, RunError};
use crate::options::{Sample, Splits};

/// Hadoop's block of a local file: `fs.local.block.size`.
const LOCAL_BLOCK: u64 = 32 << 20;

/// A part of a file that one map task reads. Small, since there is one for each of a hundred thousand files.
#[derive(Debug, Clone)]
pub(crate) struct InputSplit {
    pub(crate) file: Arc<InputFile>,
    pub(crate) start: u64,
    pub(crate) length: u64,
    /// What most splits do not have.
    pub(super) special: Option<Box<SpecialSplit>>,
    /// Its place in the order of inputs and offsets; that of its map task is another, as Hadoop begins with the
    /// largest.
    pub(crate) ordinal: u32,
    /// Which of the step's inputs it is of.
    pub(super) input: u32,
    /// Whether its one record is the file's path.
    pub(crate) whole_file: bool,
}

/// What few splits have.
#[derive(Debug, Clone, Default)]
pub(crate) struct SpecialSplit {
    /// Which of its records are kept; `None` is all.
    pub(crate) sample: Option<FileSample>,
    /// How many of those are read; `None` is all.
    pub(crate) most_records: Option<u64>,
    /// What the same task reads behind it.
    pub(crate) behind: Vec<InputSplit>,
}

impl InputSplit {
    /// A file as one split.
    pub(crate) fn whole(file: Arc<InputFile>) -> Self {
        let length = file.length;
        InputSplit {
            file,
            start: 0,
            length,
            special: None,
            ordinal: 0,
            input: 0,
            whole_file: false,
        }
    }

    /// Which of the step's inputs it is of.
    pub(crate) fn input(&self) -> usize {
        self.input as usize
    }

    /// What it has that most splits do not.
    pub(crate) fn special(&self) -> Option<&SpecialSplit> {
        self.special.as_deref()
    }

    /// The same, to be given some.
    pub(crate) fn special_mut(&mut self) -> &mut SpecialSplit {
        self.special.get_or_insert_default()
    }

    /// What the same task reads behind it.
    pub(crate) fn behind(&self) -> &[InputSplit] {
        self.special().map_or(&[], |special| &special.behind)
    }

    /// The bytes that its task reads.
    pub(crate) fn bytes(&self) -> u64 {
        self.length + self.behind().iter().map(InputSplit::bytes).sum::<u64>()
    }

    /// Where it begins.
    pub(crate) fn place(&self) -> RecordPlace {
        RecordPlace { path: self.file.path.clone(), codec: self.file.codec, offset: self.start }
    }
}

/// The files of one input of a step.
#[derive(Debug, Default)]
pub(crate) struct StepFiles {
    pub(crate) files: Vec<Arc<InputFile>>,
    /// Whether each file is one record.
    pub(crate) whole: bool,
    /// Which of their records are kept; `None` is all.
    pub(crate) sample: Option<Sample>,
    /// How many of those are read; `None` is all.
    pub(crate) limit: Option<u64>,
}

/// The bytes of all inputs, as they are stored.
pub(crate) fn total_bytes(inputs: &[StepFiles]) -> u64 {
    inputs.iter().flat_map(|input| &input.files).map(|file| file.length).sum()
}

/// Cuts files into splits and puts them into the order of map tasks: the largest first, as
/// `JobSubmitter.writeOldSplits` does.
pub(crate) fn split_inputs(
    storage: &dyn Storage,
    inputs: &[StepFiles],
    splits: Splits,
) -> Result<Vec<InputSplit>, RunError> {
    let total = total_bytes(inputs);
    let rule = rule_of(splits, total);
    let files = inputs.iter().map(|input| input.files.len()).sum();
    let mut cut = Vec::with_capacity(files); // one each, most often
    for (input, step_files) in inputs.iter().enumerate() {
        let StepFiles { files, whole, .. } = step_files;
        if let (Splits::Combined(rule), false) = (splits, *whole) {
            cut.extend(combine(input, step_files, rule, cut.len()));
            continue;
        }
        for (number, file) in files.iter().enumerate() {
            let splittable = is_splittable(file);
            let ranges = match splits {
                _ if *whole => vec![FileSplit { start: 0, length: file.length }],
                Splits::Lines(lines) if splittable => split_by_lines(storage, file, lines)?,
                _ => rule.split_file(file.length, total, splittable),
            };
            for range in ranges {
                cut.push(split_of(input, step_files, number, range, cut.len()));
            }
        }
    }
    Ok(in_task_order(cut))
}

/// The split of a range of an input's file.
fn split_of(
    input: usize,
    files: &StepFiles,
    number: usize,
    FileSplit { start, length }: FileSplit,
    ordinal: usize,
) -> InputSplit {
    let mut split = InputSplit {
        start,
        length,
        ordinal: ordinal as u32, // as many as there may be map tasks
        input: input as u32,
        whole_file: files.whole,
        ..InputSplit::whole(Arc::clone(&files.files[number]))
    };
    if let Some(sample) = files.sample {
        split.special_mut().sample = Some(FileSample::new(sample, number));
    }
    split
}

/// Splits of several files each, numbered from `ordinal`. A file that is named as one that cannot be cut is whole, whatever
/// is in it (`CombineFileInputFormat.isSplitable`).
fn combine(
    input: usize,
    files: &StepFiles,
    rule: CombineRule,
    ordinal: usize,
) -> impl Iterator<Item = InputSplit> {
    let can_be_cut = |file: &InputFile| Codec::of_path(&file.path).is_none_or(Codec::is_splittable);
    let lengths: Vec<_> = files.files.iter().map(|file| (file.length, can_be_cut(file))).collect();
    let combined = rule.combine(&lengths).into_iter().enumerate();
    combined.filter_map(move |(number, pieces)| {
        let mut pieces = pieces
            .into_iter()
            .map(|piece| split_of(input, files, piece.file, piece.range, ordinal + number));
        let mut first = pieces.next()?;
        if let Some(second) = pieces.next() {
            first.special_mut().behind = std::iter::once(second).chain(pieces).collect();
        }
        Some(first)
    })
}

fn is_splittable(file: &InputFile) -> bool {
    file.codec.is_none_or(Codec::is_splittable)
}

/// Splits in the order of their map tasks; those of one length keep their order.
pub(super) fn in_task_order(mut splits: Vec<InputSplit>) -> Vec<InputSplit> {
    splits.shrink_to_fit(); // there may be a hundred thousand, and they stay until the step ends
    // Without the memory that a stable sort takes.
    splits.sort_unstable_by_key(|split| (std::cmp::Reverse(split.bytes()), split.ordinal));
    splits
}

/// Splits of so many lines each, as `NLineInputFormat.getSplitsForFile` makes them: all but the first begin a byte
/// early, since a reader that begins within a file drops the line that it finds itself in.
fn split_by_lines(
    storage: &dyn Storage,
    file: &InputFile,
    lines: u64,
) -> Result<Vec<FileSplit>, RunError> {
    let failed = |error| RunError::storage("cutting into lines the file", &file.path)(error);
    let cursor = FileCursor::new(storage.open(&file.path).map_err(failed)?, 0);
    let mut reader = Lines::new(cursor, Terminator::Line, 1 << 18, usize::MAX >> 1);
    let mut splits = Vec::new();
    let (mut begin, mut count) = (0, 0);
    loop {
        let before = reader.next_position();
        reader.skip_line().map_err(|error| failed(std::io::Error::other(error)))?;
        let end = reader.next_position();
        let more = end > before;
        count += u64::from(more);
        if count > 0 && (count == lines || !more) {
            splits.push(match begin {
                0 => FileSplit { start: 0, length: end - 1 },
                _ => FileSplit { start: begin - 1, length: end - begin },
            });
            (begin, count) = (end, 0);
        }
        if !more {
            return Ok(splits);
        }
    }
}

/// The rule that makes the splits asked for. It looks at the input alone, never at this machine.
fn rule_of(splits: Splits, total: u64) -> SplitRule {
    match splits {
        Splits::BySize => SplitRule { maps: maps_by_size(total), block: LOCAL_BLOCK, minimum: 1 },
        Splits::Of(bytes) => SplitRule { maps: 1, block: bytes.max(1), minimum: 1 },
        Splits::Rule(rule) => rule,
        // Only for files that cannot be split, or are read whole.
        Splits::Lines(_) | Splits::Combined(_) => {
            SplitRule { maps: 1, block: LOCAL_BLOCK, minimum: 1 }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, length: u64) -> Arc<InputFile> {
        let path = std::path::PathBuf::from(name);
        let codec = Codec::of_path(&path);
        Arc::new(InputFile { path, length, codec })
    }

    fn lengths(files: &[Arc<InputFile>], splits: Splits) -> Vec<(u32, u64)> {
        let inputs = [StepFiles { files: files.to_vec(), ..StepFiles::default() }];
        let splits = split_inputs(&howdah_platform::LocalStorage, &inputs, splits).unwrap();
        splits.iter().map(|split| (split.ordinal, split.length)).collect()
    }

    #[test]
    fn what_is_kept_of_each_file_is_small() {
        // As counted in docs/reliability.md: there may be a hundred thousand files.
        assert!(size_of::<InputFile>() <= 40, "{}", size_of::<InputFile>());
        assert!(size_of::<InputSplit>() <= 48, "{}", size_of::<InputSplit>());
        let of_output = size_of::<howdah_shuffle::MapOutput>();
        assert!(of_output <= 72, "{of_output}");
    }

    #[test]
    fn the_largest_split_is_the_first_task() {
        let files = [file("a", 5), file("b", 0), file("c", 30)];
        assert_eq!(lengths(&files, Splits::Of(20)), [(2, 20), (3, 10), (0, 5), (1, 0)]);
    }

    #[test]
    fn a_file_whose_codec_cannot_be_split_stays_whole() {
        assert_eq!(lengths(&[file("a.gz", 50)], Splits::Of(20)), [(0, 50)]);
        assert_eq!(lengths(&[file("a.bz2", 50)], Splits::Of(20)).len(), 3);
    }

    #[test]
    fn each_input_keeps_its_number_and_whole_files_stay_whole() {
        let inputs = [
            StepFiles { files: vec![file("a", 50)], whole: true, ..StepFiles::default() },
            StepFiles { files: vec![file("b", 30)], ..StepFiles::default() },
        ];
        let splits = split_inputs(&howdah_platform::LocalStorage, &inputs, Splits::Of(20)).unwrap();
        let found: Vec<_> = splits.iter().map(|s| (s.input(), s.ordinal, s.length)).collect();
        assert_eq!(found, [(0, 0, 50), (1, 1, 20), (1, 2, 10)]);
    }

    #[test]
    fn splits_by_size_are_some_within_bounds() {
        assert_eq!(lengths(&[file("a", 3 << 20)], Splits::BySize).len(), 1);
        assert_eq!(lengths(&[file("a", 128 << 20)], Splits::BySize).len(), 16);
        assert_eq!(lengths(&[file("a", 1 << 30)], Splits::BySize)[0].1, 16 << 20);
        assert_eq!(lengths(&[file("a", 1 << 40)], Splits::BySize)[0].1, LOCAL_BLOCK);
    }
}
