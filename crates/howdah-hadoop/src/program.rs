//! What a program needs of the machine that it runs on, as its file says it, and whether a cluster's machines have it.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// A program's file, as far as it decides where it runs.
///
/// ```
/// use howdah_hadoop::program::{ClusterMachine, Program};
///
/// let program = Program::inspect(&std::env::current_exe()?)?;
/// for complaint in program.complaints(&ClusterMachine::default()) {
///     eprintln!("warning: {complaint}");
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Program {
    /// What kind of file it is.
    pub kind: Kind,
    /// Whether somebody may execute it here. Hadoop Streaming makes what it ships executable by itself.
    pub executable: bool,
}

/// The kinds of programs.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A program of Linux.
    Elf(Elf),
    /// Text that another program runs.
    Script {
        /// That program's name, without its folder and without `env`.
        interpreter: String,
        /// Whether the line that names it ends with CR, which Linux takes for a part of the name.
        ends_with_cr: bool,
    },
    /// Something that Linux does not run, by its name: `a program for macOS (Mach-O)`.
    Foreign(&'static str),
    /// Neither the one nor the other, for all that its beginning tells: `an empty file`.
    Unclear(&'static str),
}

/// A program of Linux.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Elf {
    /// The machine that it is for, named as Rust names it: `x86_64`, `aarch64`.
    pub machine: String,
    /// Whether its addresses have 64 bits.
    pub is_64_bit: bool,
    /// What it needs of the system's libraries.
    pub linking: Linking,
}

/// What a program needs of the system's libraries.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Linking {
    /// Nothing.
    Static,
    /// Libraries that are found when it starts.
    Dynamic {
        /// The program that finds them; a library that is none itself has no such entry.
        interpreter: Option<String>,
        /// Their names, in the order of the file.
        libraries: Vec<String>,
        /// The newest version of glibc that it asks for.
        newest_glibc: Option<(u32, u32, u32)>,
    },
}

/// A machine of the cluster, as far as a program must know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterMachine {
    /// Its processor, named as Rust names it.
    pub machine: String,
    /// Its version of glibc, where that is known.
    pub glibc: Option<(u32, u32)>,
}

impl Default for ClusterMachine {
    /// What most clusters are made of: `x86_64`, with a glibc that nobody has told us.
    fn default() -> Self {
        ClusterMachine { machine: "x86_64".to_owned(), glibc: None }
    }
}

/// Why a program may not run on the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Complaint {
    /// What is the matter.
    pub sentence: String,
    /// What to do.
    pub hint: String,
    /// Whether no such machine could run it. Otherwise it depends on what the machines have.
    pub is_fatal: bool,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\nhint: {}", self.sentence, self.hint)
    }
}

/// Systems that clusters run, with their glibc: oldest first.
///
/// - Amazon Linux: <https://docs.aws.amazon.com/linux/al2023/ug/glibc-gcc-and-binutils.html>, and which EMR runs which:
///   <https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-default-ami.html>
/// - what Dataproc's images are made of:
///   <https://cloud.google.com/dataproc/docs/concepts/versioning/dataproc-version-clusters>
/// - `CentOS`, RHEL (of which Rocky Linux is a rebuild) and Debian:
///   <https://gist.github.com/richardlau/6a01d7829cc33ddab35269dacc127680>, the same as
///   <https://github.com/mayeut/pep600_compliance>
const SYSTEMS: &[(&str, (u32, u32))] = &[
    ("CentOS 7 and RHEL 7", (2, 17)),
    ("EMR 5 and 6 with Amazon Linux 2", (2, 26)),
    ("RHEL 8 and Rocky Linux 8", (2, 28)),
    ("Dataproc 2.0 with Debian 10", (2, 28)),
    ("Dataproc 2.1 with Debian 11", (2, 31)),
    ("EMR 7 with Amazon Linux 2023", (2, 34)),
    ("RHEL 9 and Rocky Linux 9", (2, 34)),
    ("Dataproc 2.2 and 2.3 with Debian 12", (2, 36)),
    ("RHEL 10", (2, 39)),
];

/// What any cluster has that Rust's own programs could run on: its standard library asks for this glibc since 1.64, and
/// `CentOS` 7 has it. <https://blog.rust-lang.org/2022/08/01/Increasing-glibc-kernel-requirements.html>
const OLDEST_GLIBC: (u32, u32) = (2, 17);

/// The libraries that come with glibc, or with every Linux that has it.
const USUAL_LIBRARIES: [&str; 8] = [
    "libc.so",
    "libm.so",
    "libpthread.so",
    "libdl.so",
    "librt.so",
    "libutil.so",
    "libgcc_s.so",
    "ld-linux",
];

impl Program {
    /// Reads what the file of a program says of itself: its head, and of an ELF the tables that name its libraries.
    ///
    /// # Errors
    /// A file that cannot be read, and an ELF that is cut off or contradicts itself.
    pub fn inspect(path: &Path) -> Result<Program, ProgramError> {
        let failed = |source| ProgramError::Read { path: path.to_owned(), source };
        let file = File::open(path).map_err(failed)?;
        let executable = is_executable(&file.metadata().map_err(failed)?);
        match kind(file) {
            Ok(kind) => Ok(Program { kind, executable }),
            Err(Unread::Io(source)) => Err(failed(source)),
            Err(Unread::Damaged(what)) => {
                Err(ProgramError::Damaged { path: path.to_owned(), what })
            }
        }
    }

    /// Why the program may not run on such a machine; nothing where all is well.
    pub fn complaints(&self, cluster: &ClusterMachine) -> Vec<Complaint> {
        match &self.kind {
            Kind::Elf(elf) => elf.complaints(cluster),
            Kind::Script { interpreter, ends_with_cr } => script(interpreter, *ends_with_cr),
            Kind::Foreign(name) => vec![Complaint {
                sentence: format!("the program is {name}, and the cluster's machines run Linux"),
                hint: build_for(&cluster.machine),
                is_fatal: true,
            }],
            Kind::Unclear(name) => vec![Complaint {
                sentence: format!("the program is {name}: neither an ELF program nor a script"),
                hint: "name a program, or begin a script with a line such as `#!/bin/sh`"
                    .to_owned(),
                is_fatal: false,
            }],
        }
    }
}

impl Elf {
    fn complaints(&self, cluster: &ClusterMachine) -> Vec<Complaint> {
        if self.machine != cluster.machine {
            return vec![Complaint {
                sentence: format!(
                    "the program is for {}, and the cluster's machines are {}",
                    self.machine, cluster.machine
                ),
                hint: build_for(&cluster.machine),
                is_fatal: true,
            }];
        }
        let Linking::Dynamic { interpreter, libraries, newest_glibc } = &self.linking else {
            return Vec::new();
        };
        let sentences = [
            interpreter.as_deref().and_then(unusual_loader),
            newest_glibc.and_then(|needed| too_new(needed, cluster.glibc)),
            unusual_libraries(libraries),
        ];
        let hint = link_statically(&self.machine);
        let complaint = |sentence| Complaint { sentence, hint: hint.clone(), is_fatal: false };
        sentences.into_iter().flatten().map(complaint).collect()
    }
}

/// How to build a program that runs on every Linux of another machine.
fn build_for(machine: &str) -> String {
    let target = format!("{}-unknown-linux-musl", rusts_name(machine));
    format!(
        "build a static program, which runs on any Linux: `rustup target add {target}`, then `cargo build --release --target {target}`"
    )
}

/// The same for the machine that it was built for: with glibc, for musl makes slower programs.
fn link_statically(machine: &str) -> String {
    let target = format!("{}-unknown-linux-gnu", rusts_name(machine));
    format!(
        "build a static program, which runs on any Linux: `RUSTFLAGS='-C target-feature=+crt-static' cargo build --release --target {target}`"
    )
}

/// A machine in the name of a target.
fn rusts_name(machine: &str) -> &str {
    match machine {
        "riscv64" => "riscv64gc",
        "x86" => "i686",
        machine => machine,
    }
}

/// A loader that a system with glibc does not have: that of musl, or of a distribution with folders of its own.
fn unusual_loader(interpreter: &str) -> Option<String> {
    let (folder, name) = interpreter.rsplit_once('/')?;
    let is_usual =
        matches!(folder, "/lib" | "/lib64") && name.starts_with("ld") && !name.contains("musl");
    let interpreter = interpreter.escape_debug();
    let sentence = format!(
        "the program is started by `{interpreter}`, which the cluster's machines may not have"
    );
    (!is_usual).then_some(sentence)
}

/// Whether the glibc that is needed is newer than the cluster's, or than some cluster's.
fn too_new(needed: (u32, u32, u32), cluster: Option<(u32, u32)>) -> Option<String> {
    let (major, minor, _) = needed;
    let oldest = cluster.unwrap_or(OLDEST_GLIBC);
    if (major, minor) <= oldest {
        return None;
    }
    let needs = format!("the program needs glibc {}", version(needed));
    let Some((have_major, have_minor)) = cluster else {
        let older = SYSTEMS.iter().filter(|(_, glibc)| *glibc < (major, minor));
        let older = older.map(|(name, (major, minor))| format!("{name} ({major}.{minor})"));
        let older = older.collect::<Vec<_>>().join(", ");
        return Some(format!(
            "{needs}, and which one the cluster has is not known; these are older: {older}"
        ));
    };
    let same = SYSTEMS.iter().filter(|(_, glibc)| *glibc == oldest);
    let same: Vec<_> = same.map(|(name, _)| *name).collect();
    let like = if same.is_empty() { "" } else { ", like " };
    let have = format!("{have_major}.{have_minor}{like}{}", same.join(", "));
    Some(format!("{needs}, and the cluster's machines have {have}"))
}

fn version((major, minor, patch): (u32, u32, u32)) -> String {
    if patch == 0 { format!("{major}.{minor}") } else { format!("{major}.{minor}.{patch}") }
}

fn unusual_libraries(libraries: &[String]) -> Option<String> {
    let is_usual = |name: &str| USUAL_LIBRARIES.iter().any(|usual| name.starts_with(usual));
    let others = libraries.iter().filter(|name| !is_usual(name));
    let others: Vec<_> = others.map(|name| format!("`{}`", name.escape_debug())).collect();
    (!others.is_empty()).then(|| {
        format!(
            "the program needs {}, which the cluster's machines may not have",
            others.join(", ")
        )
    })
}

fn script(interpreter: &str, ends_with_cr: bool) -> Vec<Complaint> {
    let name = interpreter.escape_debug();
    if ends_with_cr {
        return vec![Complaint {
            sentence: format!(
                "the script's first line ends with CR, and Linux would look for a program `{name}\\r`"
            ),
            hint: "write its lines with LF ends: `sed -i 's/\\r$//' FILE`".to_owned(),
            is_fatal: true,
        }];
    }
    if matches!(interpreter, "sh" | "bash") {
        return Vec::new();
    }
    vec![Complaint {
        sentence: format!(
            "the script is run by `{name}`, which each machine of the cluster must have"
        ),
        hint: format!("see that `{name}` is installed there, with all that the script imports"),
        is_fatal: false,
    }]
}

#[cfg(unix)]
fn is_executable(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.is_file() && metadata.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(metadata: &std::fs::Metadata) -> bool {
    metadata.is_file()
}

/// Why a program's file tells nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProgramError {
    /// It cannot be read.
    #[error("cannot read the program `{}`: {source}", .path.display())]
    Read {
        /// Where it lies.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// It says that it is a program of Linux, and is not a whole one.
    #[error("the program `{}` is damaged: {what}\nhint: build it, or copy it, once more", .path.display())]
    Damaged {
        /// Where it lies.
        path: PathBuf,
        /// What is missing.
        what: &'static str,
    },
}

/// As [`ProgramError`], for a file whose name is not known here.
#[derive(Debug)]
enum Unread {
    Io(io::Error),
    Damaged(&'static str),
}

/// More than any head of a program or first line of a script.
const HEAD_BYTES: u64 = 512;

fn kind<R: Read + Seek>(mut file: R) -> Result<Kind, Unread> {
    let mut head = Vec::new();
    file.by_ref().take(HEAD_BYTES).read_to_end(&mut head).map_err(Unread::Io)?;
    match head.as_slice() {
        [] => Ok(Kind::Unclear("an empty file")),
        [0x7F, b'E', b'L', b'F', ..] => Image::new(file, &head)?.elf(&head),
        [b'#', b'!', line @ ..] => Ok(shebang(line)),
        [0xFE, 0xED, 0xFA, 0xCE | 0xCF, ..] | [0xCE | 0xCF, 0xFA, 0xED, 0xFE, ..] => {
            Ok(Kind::Foreign("a program for macOS (Mach-O)"))
        }
        // Java's classes begin so, too; a version of theirs stands where Mach-O counts its few machines.
        [0xCA, 0xFE, 0xBA, 0xBE, 0, 0, 0, 0..=30, ..] => {
            Ok(Kind::Foreign("a program for macOS (Mach-O, of several machines)"))
        }
        [0xCA, 0xFE, 0xBA, 0xBE, ..] => Ok(Kind::Foreign("a Java class")),
        [b'M', b'Z', ..] => Ok(Kind::Foreign("a program for Windows (PE)")),
        [0, b'a', b's', b'm', ..] => Ok(Kind::Foreign("a WebAssembly module")),
        [b'P', b'K', 3, 4, ..] => Ok(Kind::Foreign("a zip or jar archive")),
        [0x1F, 0x8B, ..] => Ok(Kind::Foreign("a file compressed by gzip")),
        head if head.iter().all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..)) => {
            Ok(Kind::Unclear("a text without a first line `#!…`"))
        }
        _ => Ok(Kind::Unclear("a file of a kind that is not known")),
    }
}

/// The program that a script's first line names: behind `#!`, or behind `env` and its options.
fn shebang(line: &[u8]) -> Kind {
    let line = line.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let ends_with_cr = line.last() == Some(&b'\r');
    let line = String::from_utf8_lossy(line);
    let mut words = line.split_whitespace();
    let first = words.next().unwrap_or_default();
    let of_env = |word: &&str| !word.starts_with('-') && !word.contains('=');
    let program = if first.ends_with("/env") { words.find(of_env).unwrap_or(first) } else { first };
    let interpreter = program.rsplit('/').next().unwrap_or_default().to_owned();
    Kind::Script { interpreter, ends_with_cr }
}

/// An ELF file, of which any place can be read in the byte order that its head says.
struct Image<R> {
    file: R,
    is_64_bit: bool,
    is_little_endian: bool,
}

/// Bounds on what a file can make us read; programs have some ten segments and libraries, and a few hundred entries.
const MOST_SEGMENTS: usize = 4096;
const MOST_ENTRIES: usize = 65_536;
const MOST_VERSIONS: usize = 65_536;
const MOST_LIBRARIES: usize = 1024;
const LONGEST_NAME: usize = 4096;

/// A part of the file that is loaded, or that says how to.
struct Segment {
    kind: u32,
    offset: u64,
    address: u64,
    bytes: u64,
}

impl<R: Read + Seek> Image<R> {
    fn new(file: R, head: &[u8]) -> Result<Self, Unread> {
        let is_64_bit = match head.get(4) {
            Some(1) => false,
            Some(2) => true,
            _ => return Err(Unread::Damaged("its head names no class")),
        };
        let is_little_endian = match head.get(5) {
            Some(1) => true,
            Some(2) => false,
            _ => return Err(Unread::Damaged("its head names no byte order")),
        };
        Ok(Image { file, is_64_bit, is_little_endian })
    }

    fn elf(mut self, head: &[u8]) -> Result<Kind, Unread> {
        // 0 is what nearly all tools write, 3 is Linux by name.
        match head.get(7) {
            Some(0 | 3) => {}
            Some(9) => return Ok(Kind::Foreign("a program for FreeBSD (ELF)")),
            _ => return Ok(Kind::Foreign("a program for another system (ELF)")),
        }
        match self.number(head, 16, 2)? {
            2 | 3 => {}
            1 => return Ok(Kind::Foreign("an object file (ELF)")),
            4 => return Ok(Kind::Foreign("a core dump (ELF)")),
            _ => return Ok(Kind::Foreign("an ELF file of another kind")),
        }
        let machine = self.machine(self.number(head, 18, 2)?);
        let linking = self.linking(head)?;
        Ok(Kind::Elf(Elf { machine, is_64_bit: self.is_64_bit, linking }))
    }

    /// The processor by its number in the file, named as `std::env::consts::ARCH` names it.
    fn machine(&self, number: u64) -> String {
        let name = match (number, self.is_little_endian) {
            (3, _) => "x86",
            (8, _) => "mips",
            (20, _) => "powerpc",
            (21, true) => "powerpc64le",
            (21, false) => "powerpc64",
            (22, _) => "s390x",
            (40, _) => "arm",
            (62, _) => "x86_64",
            (183, _) => "aarch64",
            (243, _) if self.is_64_bit => "riscv64",
            (243, _) => "riscv32",
            (258, _) => "loongarch64",
            _ => return format!("machine number {number}"),
        };
        name.to_owned()
    }

    fn linking(&mut self, head: &[u8]) -> Result<Linking, Unread> {
        let segments = self.segments(head)?;
        let of_kind = |kind| segments.iter().find(|segment| segment.kind == kind);
        let interpreter = match of_kind(3) {
            Some(segment) => Some(self.name(segment.offset)?),
            None => None,
        };
        let entries = match of_kind(2) {
            Some(segment) => self.entries(segment)?,
            None => Vec::new(),
        };
        let value =
            |wanted| entries.iter().find(|(tag, _)| *tag == wanted).map(|(_, value)| *value);
        let names = value(5).and_then(|address| offset_of(&segments, address));
        let mut libraries = Vec::new();
        for (_, at) in entries.iter().filter(|(tag, _)| *tag == 1) {
            let names = names.ok_or(Unread::Damaged("its table of names lies outside of it"))?;
            if libraries.len() == MOST_LIBRARIES {
                return Err(Unread::Damaged("its libraries have no end"));
            }
            libraries.push(self.name(names.saturating_add(*at))?);
        }
        if interpreter.is_none() && libraries.is_empty() {
            return Ok(Linking::Static);
        }
        let versions = value(0x6FFF_FFFE).and_then(|address| offset_of(&segments, address));
        let newest_glibc = match (versions, names) {
            (Some(at), Some(names)) => {
                self.newest_glibc(at, value(0x6FFF_FFFF).unwrap_or(u64::MAX), names)?
            }
            _ => None,
        };
        Ok(Linking::Dynamic { interpreter, libraries, newest_glibc })
    }

    /// The table of segments.
    fn segments(&mut self, head: &[u8]) -> Result<Vec<Segment>, Unread> {
        let (table, size, count) = if self.is_64_bit {
            (self.number(head, 32, 8)?, self.number(head, 54, 2)?, self.number(head, 56, 2)?)
        } else {
            (self.number(head, 28, 4)?, self.number(head, 42, 2)?, self.number(head, 44, 2)?)
        };
        let least = if self.is_64_bit { 56 } else { 32 };
        if count > 0 && size < least {
            return Err(Unread::Damaged("its segments are too small"));
        }
        let mut segments = Vec::new();
        for index in 0..count.min(MOST_SEGMENTS as u64) {
            let at = table.saturating_add(index * size);
            let entry = self.bytes(at, least as usize)?;
            let kind = self.number(&entry, 0, 4)? as u32;
            let [offset, address, bytes] = if self.is_64_bit {
                [
                    self.number(&entry, 8, 8)?,
                    self.number(&entry, 16, 8)?,
                    self.number(&entry, 32, 8)?,
                ]
            } else {
                [
                    self.number(&entry, 4, 4)?,
                    self.number(&entry, 8, 4)?,
                    self.number(&entry, 16, 4)?,
                ]
            };
            segments.push(Segment { kind, offset, address, bytes });
        }
        Ok(segments)
    }

    /// The entries for the loader, each a tag and a value.
    fn entries(&mut self, segment: &Segment) -> Result<Vec<(u64, u64)>, Unread> {
        let word = if self.is_64_bit { 8 } else { 4 };
        let count = (segment.bytes / (2 * word as u64)).min(MOST_ENTRIES as u64);
        let mut entries = Vec::new();
        for index in 0..count {
            let at = segment.offset.saturating_add(index * 2 * word as u64);
            let entry = self.bytes(at, 2 * word)?;
            match (self.number(&entry, 0, word)?, self.number(&entry, word, word)?) {
                (0, _) => break,
                entry => entries.push(entry),
            }
        }
        Ok(entries)
    }

    /// The newest version of glibc among those that the loader must find.
    fn newest_glibc(
        &mut self,
        table: u64,
        count: u64,
        names: u64,
    ) -> Result<Option<(u32, u32, u32)>, Unread> {
        let mut newest = None;
        let mut left = MOST_VERSIONS;
        let mut at = table;
        for _ in 0..count {
            let library = self.bytes(at, 16)?;
            let mut version = at.saturating_add(self.number(&library, 8, 4)?);
            for _ in 0..self.number(&library, 2, 2)? {
                left = left.checked_sub(1).ok_or(Unread::Damaged("its versions have no end"))?;
                let entry = self.bytes(version, 16)?;
                // A weak one may be missing when the program starts.
                if self.number(&entry, 4, 2)? & 2 == 0 {
                    let name = self.name(names.saturating_add(self.number(&entry, 8, 4)?))?;
                    newest = newest.max(glibc(&name));
                }
                match self.number(&entry, 12, 4)? {
                    0 => break,
                    next => version = version.saturating_add(next),
                }
            }
            match self.number(&library, 12, 4)? {
                0 => break,
                next => at = at.saturating_add(next),
            }
            left = left.checked_sub(1).ok_or(Unread::Damaged("its versions have no end"))?;
        }
        Ok(newest)
    }

    /// A number of some bytes, at a place in what was read.
    fn number(&self, bytes: &[u8], at: usize, length: usize) -> Result<u64, Unread> {
        let bytes = bytes.get(at..at + length).ok_or(Unread::Damaged("it is cut off"))?;
        let add = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        Ok(if self.is_little_endian {
            bytes.iter().rev().fold(0, add)
        } else {
            bytes.iter().fold(0, add)
        })
    }

    fn bytes(&mut self, at: u64, length: usize) -> Result<Vec<u8>, Unread> {
        let bytes = self.up_to(at, length)?;
        if bytes.len() == length { Ok(bytes) } else { Err(Unread::Damaged("it is cut off")) }
    }

    fn up_to(&mut self, at: u64, length: usize) -> Result<Vec<u8>, Unread> {
        // Files have no places beyond that; a seek to one would fail with words about arguments.
        if at > i64::MAX as u64 {
            return Err(Unread::Damaged("it points outside of itself"));
        }
        let mut bytes = Vec::with_capacity(length);
        self.file.seek(SeekFrom::Start(at)).map_err(Unread::Io)?;
        self.file.by_ref().take(length as u64).read_to_end(&mut bytes).map_err(Unread::Io)?;
        Ok(bytes)
    }

    /// The text up to the next NUL.
    fn name(&mut self, at: u64) -> Result<String, Unread> {
        let mut bytes = self.up_to(at, LONGEST_NAME)?;
        let end = bytes.iter().position(|byte| *byte == 0);
        bytes.truncate(end.ok_or(Unread::Damaged("a name in it has no end"))?);
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// Where in the file a loaded address lies.
fn offset_of(segments: &[Segment], address: u64) -> Option<u64> {
    let loaded = segments.iter().filter(|segment| segment.kind == 1);
    let mut places = loaded.filter_map(|segment| {
        let inside = address.checked_sub(segment.address)?;
        (inside < segment.bytes).then(|| segment.offset.saturating_add(inside))
    });
    places.next()
}

/// The version of glibc that a name such as `GLIBC_2.34` asks for.
fn glibc(name: &str) -> Option<(u32, u32, u32)> {
    if name == "GLIBC_ABI_DT_RELR" {
        // Compact relocations, which the loader knows since 2.36.
        return Some((2, 36, 0));
    }
    let mut numbers = name.strip_prefix("GLIBC_")?.split('.').map(|part| part.parse().ok());
    let (major, minor) = (numbers.next()??, numbers.next()??);
    Some((major, minor, numbers.next().flatten().unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    /// What an image is made of.
    #[derive(Clone)]
    struct Made {
        machine: u16,
        is_64_bit: bool,
        is_little_endian: bool,
        interpreter: Option<&'static str>,
        libraries: Vec<&'static str>,
        /// Versions with their flags.
        versions: Vec<(&'static str, u16)>,
    }

    fn made() -> Made {
        Made {
            machine: 62,
            is_64_bit: true,
            is_little_endian: true,
            interpreter: Some("/lib64/ld-linux-x86-64.so.2"),
            libraries: vec!["libgcc_s.so.1", "libc.so.6"],
            versions: vec![("GLIBC_2.2.5", 0), ("GLIBC_2.34", 0), ("GLIBC_2.9", 0)],
        }
    }

    impl Made {
        fn put(&self, image: &mut Vec<u8>, number: u64, length: usize) {
            let mut bytes = number.to_le_bytes()[..length].to_vec();
            if !self.is_little_endian {
                bytes.reverse();
            }
            image.extend(bytes);
        }

        fn put_all(&self, image: &mut Vec<u8>, numbers: &[(u64, usize)]) {
            for (number, length) in numbers {
                self.put(image, *number, *length);
            }
        }

        /// A small ELF image: head, segments, names, versions, entries for the loader; loaded at 0x1000.
        fn image(&self) -> Vec<u8> {
            const BASE: u64 = 0x1000;
            let word = if self.is_64_bit { 8 } else { 4 };
            let mut names = vec![0];
            let mut name = |text: &str| {
                let at = names.len() as u64;
                names.extend(text.bytes().chain([0]));
                at
            };
            let interpreter = self.interpreter.map(&mut name);
            let libraries: Vec<_> = self.libraries.iter().map(|text| name(text)).collect();
            let versions: Vec<_> =
                self.versions.iter().map(|(text, flags)| (name(text), *flags)).collect();
            let (head, segment) = if self.is_64_bit { (64, 56) } else { (52, 32) };
            let names_at = head + 3 * segment;
            let versions_at = names_at + names.len() as u64;
            let mut table = Vec::new();
            self.put_all(
                &mut table,
                &[(1, 2), (versions.len() as u64, 2), (0, 4), (16, 4), (0, 4)],
            );
            for (index, (at, flags)) in versions.iter().enumerate() {
                let next = if index + 1 == versions.len() { 0 } else { 16 };
                self.put_all(
                    &mut table,
                    &[(0, 4), (u64::from(*flags), 2), (2, 2), (*at, 4), (next, 4)],
                );
            }
            let entries_at = versions_at + table.len() as u64;
            let mut entries = Vec::new();
            let mut entry = |tag, value| self.put_all(&mut entries, &[(tag, word), (value, word)]);
            for at in libraries {
                entry(1, at);
            }
            entry(5, BASE + names_at);
            if !versions.is_empty() {
                entry(0x6FFF_FFFE, BASE + versions_at);
                entry(0x6FFF_FFFF, 1);
            }
            entry(0, 0);
            let end = entries_at + entries.len() as u64;

            let mut image = vec![0x7F, b'E', b'L', b'F'];
            image.extend([1 + u8::from(self.is_64_bit), 2 - u8::from(self.is_little_endian), 1]);
            image.resize(16, 0);
            self.put_all(&mut image, &[(3, 2), (u64::from(self.machine), 2), (1, 4), (0, word)]);
            self.put_all(&mut image, &[(head, word), (0, word), (0, 4), (head, 2), (segment, 2)]);
            self.put_all(&mut image, &[(3, 2), (0, 2), (0, 2), (0, 2)]);
            let mut segment = |kind, at: u64, bytes: u64| {
                let place =
                    [(at, word), (BASE + at, word), (0, word), (bytes, word), (bytes, word)];
                let flags = [(4, 4)];
                self.put(&mut image, kind, 4);
                if self.is_64_bit {
                    self.put_all(&mut image, &flags);
                    self.put_all(&mut image, &place);
                } else {
                    self.put_all(&mut image, &place);
                    self.put_all(&mut image, &flags);
                }
                self.put(&mut image, 0, word);
            };
            let at = interpreter.map_or(0, |at| names_at + at);
            segment(if interpreter.is_some() { 3 } else { 0 }, at, 0);
            segment(1, 0, end);
            segment(2, entries_at, end - entries_at);
            image.extend(names);
            image.extend(table);
            image.extend(entries);
            assert_eq!(image.len() as u64, end);
            image
        }

        fn elf(&self) -> Elf {
            match kind(Cursor::new(self.image())).unwrap() {
                Kind::Elf(elf) => elf,
                other => panic!("{other:?}"),
            }
        }

        fn complaints(&self, cluster: &ClusterMachine) -> Vec<Complaint> {
            Program { kind: Kind::Elf(self.elf()), executable: true }.complaints(cluster)
        }
    }

    fn with_glibc(glibc: (u32, u32)) -> ClusterMachine {
        ClusterMachine { glibc: Some(glibc), ..ClusterMachine::default() }
    }

    #[test]
    fn an_image_is_read_in_both_widths_and_byte_orders() {
        for (is_64_bit, is_little_endian) in
            [(true, true), (true, false), (false, true), (false, false)]
        {
            let made = Made { is_64_bit, is_little_endian, ..made() };
            let linking = Linking::Dynamic {
                interpreter: Some("/lib64/ld-linux-x86-64.so.2".to_owned()),
                libraries: vec!["libgcc_s.so.1".to_owned(), "libc.so.6".to_owned()],
                newest_glibc: Some((2, 34, 0)),
            };
            assert_eq!(made.elf(), Elf { machine: "x86_64".to_owned(), is_64_bit, linking });
        }
    }

    #[test]
    fn a_static_program_has_a_table_for_the_loader_and_no_libraries() {
        let made = Made { interpreter: None, libraries: vec![], versions: vec![], ..made() };
        assert_eq!(made.elf().linking, Linking::Static);
        assert_eq!(made.complaints(&with_glibc((2, 17))), []);
    }

    #[test]
    fn machines_have_the_names_that_rust_gives_them() {
        let named = |machine| Made { machine, ..made() }.elf().machine;
        assert_eq!([3, 40, 183].map(named), ["x86", "arm", "aarch64"]);
        assert_eq!(named(21), "powerpc64le");
        assert_eq!(named(9999), "machine number 9999");
    }

    #[test]
    fn another_machine_is_fatal_and_said_with_the_command_that_helps() {
        let complaints = Made { machine: 183, ..made() }.complaints(&with_glibc((2, 26)));
        let [complaint] = complaints.as_slice() else { panic!("{complaints:?}") };
        assert!(complaint.is_fatal);
        assert_eq!(
            complaint.to_string(),
            "the program is for aarch64, and the cluster's machines are x86_64\n\
             hint: build a static program, which runs on any Linux: `rustup target add x86_64-unknown-linux-musl`, \
             then `cargo build --release --target x86_64-unknown-linux-musl`"
        );
    }

    #[test]
    fn a_glibc_that_is_too_old_is_said_with_both_versions() {
        let complaints = made().complaints(&with_glibc((2, 26)));
        assert_eq!(
            complaints[0].sentence,
            "the program needs glibc 2.34, and the cluster's machines have 2.26, like EMR 5 and 6 with Amazon Linux 2"
        );
        assert!(!complaints[0].is_fatal);
        assert_eq!(made().complaints(&with_glibc((2, 34))), []);
    }

    #[test]
    fn where_the_glibc_is_not_known_systems_that_are_older_are_named() {
        let complaints = made().complaints(&ClusterMachine::default());
        assert_eq!(
            complaints.iter().map(|complaint| complaint.sentence.as_str()).collect::<Vec<_>>(),
            [
                "the program needs glibc 2.34, and which one the cluster has is not known; these are older: CentOS 7 and RHEL 7 (2.17), \
              EMR 5 and 6 with Amazon Linux 2 (2.26), RHEL 8 and Rocky Linux 8 (2.28), Dataproc 2.0 with Debian 10 (2.28), \
              Dataproc 2.1 with Debian 11 (2.31)"
            ]
        );
        let old = Made { versions: vec![("GLIBC_2.17", 0), ("GLIBC_2.3.4", 0)], ..made() };
        assert_eq!(old.complaints(&ClusterMachine::default()), []);
    }

    #[test]
    fn versions_are_compared_as_numbers_and_weak_ones_may_be_missing() {
        let newest = |versions: &[(&'static str, u16)]| match (Made {
            versions: versions.to_vec(),
            ..made()
        })
        .elf()
        .linking
        {
            Linking::Dynamic { newest_glibc, .. } => newest_glibc,
            Linking::Static => panic!("static"),
        };
        assert_eq!(
            newest(&[("GLIBC_2.9", 0), ("GLIBC_2.17", 0), ("GLIBC_2.2.5", 0)]),
            Some((2, 17, 0))
        );
        assert_eq!(newest(&[("GLIBC_2.3.4", 0), ("GLIBC_2.3", 0)]), Some((2, 3, 4)));
        assert_eq!(newest(&[("GLIBC_2.17", 0), ("GLIBC_2.38", 2)]), Some((2, 17, 0)));
        assert_eq!(newest(&[("GLIBC_2.17", 0), ("GLIBC_ABI_DT_RELR", 0)]), Some((2, 36, 0)));
        assert_eq!(newest(&[("GCC_3.0", 0), ("GLIBC_PRIVATE", 0)]), None);
    }

    #[test]
    fn loaders_and_libraries_that_clusters_lack_are_named() {
        let complain = |made: Made| {
            let complaints = made.complaints(&with_glibc((2, 34)));
            complaints.into_iter().map(|complaint| complaint.sentence).collect::<Vec<_>>()
        };
        assert_eq!(
            complain(Made { interpreter: Some("/lib/ld-musl-x86_64.so.1"), ..made() }),
            [
                "the program is started by `/lib/ld-musl-x86_64.so.1`, which the cluster's machines may not have"
            ]
        );
        assert_eq!(
            complain(Made { libraries: vec!["libssl.so.3", "libm.so.6", "libz.so.1"], ..made() }),
            [
                "the program needs `libssl.so.3`, `libz.so.1`, which the cluster's machines may not have"
            ]
        );
    }

    #[test]
    fn what_linux_does_not_run_is_named() {
        let cases: &[(&[u8], &str, bool)] = &[
            (b"\xCF\xFA\xED\xFE\x07\0\0\x01", "a program for macOS (Mach-O)", true),
            (
                b"\xCA\xFE\xBA\xBE\0\0\0\x02",
                "a program for macOS (Mach-O, of several machines)",
                true,
            ),
            (b"\xCA\xFE\xBA\xBE\0\0\0\x34", "a Java class", true),
            (b"MZ\x90\0", "a program for Windows (PE)", true),
            (b"\0asm\x01\0\0\0", "a WebAssembly module", true),
            (b"PK\x03\x04", "a zip or jar archive", true),
            (b"\x7FELF\x02\x01\x01\x09", "a program for FreeBSD (ELF)", true),
            (b"", "an empty file", false),
            (b"import sys\n", "a text without a first line `#!…`", false),
            (b"\x01\x02", "a file of a kind that is not known", false),
        ];
        for (bytes, name, is_fatal) in cases {
            let program = Program { kind: kind(Cursor::new(bytes)).unwrap(), executable: true };
            let complaints = program.complaints(&ClusterMachine::default());
            assert!(
                complaints[0].sentence.starts_with(&format!("the program is {name}")),
                "{complaints:?}"
            );
            assert_eq!(complaints[0].is_fatal, *is_fatal, "{name}");
        }
    }

    #[test]
    fn scripts_say_who_runs_them() {
        let script = |text: &str| match kind(Cursor::new(text)).unwrap() {
            Kind::Script { interpreter, ends_with_cr } => (interpreter, ends_with_cr),
            other => panic!("{other:?}"),
        };
        assert_eq!(script("#!/bin/sh\nls"), ("sh".to_owned(), false));
        assert_eq!(script("#! /usr/bin/env -S A=1 python3 -u\n"), ("python3".to_owned(), false));
        assert_eq!(script("#!/usr/bin/python3\r\n"), ("python3".to_owned(), true));
        assert_eq!(script("#!"), (String::new(), false));
        let complaints = |text: &str| {
            let kind = kind(Cursor::new(text)).unwrap();
            Program { kind, executable: false }.complaints(&ClusterMachine::default())
        };
        assert_eq!(complaints("#!/bin/sh\n"), []);
        assert!(complaints("#!/bin/sh\r\n")[0].is_fatal);
        assert!(complaints("#!/usr/bin/perl\n")[0].sentence.contains("run by `perl`"));
    }

    #[test]
    fn this_very_program_is_read() {
        let program = Program::inspect(&std::env::current_exe().unwrap()).unwrap();
        assert!(program.executable);
        if cfg!(target_os = "linux") {
            let Kind::Elf(elf) = program.kind else { panic!("{program:?}") };
            assert_eq!(elf.machine, std::env::consts::ARCH);
            assert_eq!(elf.is_64_bit, cfg!(target_pointer_width = "64"));
            if let Linking::Dynamic { libraries, newest_glibc, .. } = elf.linking {
                let is_glibc = libraries.iter().any(|name| name == "libc.so.6");
                assert_eq!(newest_glibc.is_some(), is_glibc, "{libraries:?}");
            }
        }
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let missing = Program::inspect(&folder.path().join("missing")).unwrap_err();
        assert!(missing.to_string().starts_with("cannot read the program `"), "{missing}");
        assert!(Program::inspect(folder.path()).is_err());
        let path = folder.path().join("cut");
        std::fs::write(&path, &made().image()[..100]).unwrap();
        let damaged = Program::inspect(&path).unwrap_err().to_string();
        assert!(damaged.contains("is damaged: it is cut off\nhint: "), "{damaged}");
    }

    proptest! {
        #[test]
        fn any_bytes_are_judged(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            let _ = kind(Cursor::new(bytes));
        }

        #[test]
        fn damaged_images_are_judged(
            is_64_bit: bool,
            is_little_endian: bool,
            damage in prop::collection::vec((0_usize..700, any::<u8>()), 0..12),
            length in 0_usize..700,
        ) {
            let mut image = Made { is_64_bit, is_little_endian, ..made() }.image();
            for (at, byte) in damage {
                if let Some(place) = image.get_mut(at) {
                    *place = byte;
                }
            }
            image.truncate(length);
            if let Ok(kind) = kind(Cursor::new(image)) {
                let _ = Program { kind, executable: true }.complaints(&ClusterMachine::default());
            }
        }
    }
}
