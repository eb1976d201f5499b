//! What may be in an archive. Each entry is judged before anything of it is made.
//!
//! | of | the rule |
//! | --- | --- |
//! | names | relative, below the folder: no `..`, nothing absolute, no control characters, of a bounded length and depth |
//! | kinds | folders, files, links; devices, pipes and sockets never |
//! | the same name twice | refused, but for folders; `./a`, `a//` and `a` are one name |
//! | what lies in something | only in a folder: never in a file, and never in a link, wherever it leads |
//! | symbolic links | relative, with `..` only at the beginning, and no more of them than folders that the link lies in |
//! | hard links | to a file of the archive that came before |
//! | how much | [`Limits`] |
//!
//! Since nothing lies in a link, the folders above an entry are true folders, and what is made never goes through a
//! link. And since a link's `..` all come first, they leave those folders one by one, however many links there are:
//! behind them a path only descends, so that no chain of links leads out.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;

use howdah_plan::visible::visible_start;

use super::broken;

const COMPONENT_BYTES: usize = 255;
const NAME_BYTES: usize = 4096;
/// How deep folders may lie. A process can hold some thousand open files, and one for each is needed to remove them.
const DEPTH: usize = 128;

/// How much may be in an archive.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Entries, and the folders that their names ask for.
    pub(super) entries: u64,
    /// The bytes that any archive may unpack to.
    pub(super) free_bytes: u64,
    /// How many times its own size an archive may unpack to beyond these.
    pub(super) expansion: u64,
}

impl Default for Limits {
    /// Deflate can shrink bytes to a thousandth, so no ratio alone parts a bomb from an honest file of zeros. What is
    /// larger than these free bytes and shrinks to less than a 200th can still be shipped as a plain tar.
    fn default() -> Self {
        Limits { entries: 1_000_000, free_bytes: 4 << 30, expansion: 200 }
    }
}

/// What an entry says that it is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Claim<'a> {
    Folder,
    File { bytes: u64 },
    SymbolicLink { target: &'a [u8] },
    HardLink { to: &'a [u8] },
}

/// What is to be made, at a path below the folder.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Allowed {
    Folder(PathBuf),
    File(PathBuf),
    SymbolicLink { path: PathBuf, target: PathBuf },
    HardLink { path: PathBuf, to: PathBuf },
}

/// The rules, and what they have seen of one archive.
#[derive(Debug)]
pub(super) struct Rules {
    limits: Limits,
    most_bytes: u64,
    entries: u64,
    bytes: u64,
    /// What is at each place; the folder itself is the first.
    places: Vec<Place>,
    /// Where a name leads in a folder, by the folder's number.
    names: HashMap<(usize, Box<[u8]>), usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Folder,
    File,
    Link,
}

impl Rules {
    /// The rules for an archive of a size.
    pub(super) fn new(limits: Limits, archive_bytes: u64) -> Self {
        let most_bytes =
            archive_bytes.saturating_mul(limits.expansion).saturating_add(limits.free_bytes);
        Rules {
            limits,
            most_bytes,
            entries: 0,
            bytes: 0,
            places: vec![Place::Folder],
            names: HashMap::new(),
        }
    }

    /// How many bytes the archive may unpack to.
    pub(super) fn most_bytes(&self) -> u64 {
        self.most_bytes
    }

    /// That it would unpack to more.
    pub(super) fn too_large(&self) -> io::Error {
        broken(format!(
            "it unpacks to more than {} bytes, which is {} times its size and {} more; if it can be trusted, ship it as \
             a plain .tar, which has no such limit",
            self.most_bytes, self.limits.expansion, self.limits.free_bytes
        ))
    }

    /// Judges the archive's next entry.
    ///
    /// # Errors
    /// Which entry is refused, and why.
    pub(super) fn judge(&mut self, name: &[u8], claim: Claim<'_>) -> io::Result<Allowed> {
        self.entries += 1;
        self.check_count()?;
        let components = components(name)?;
        if !matches!(claim, Claim::Folder) {
            if components.is_empty() {
                return Err(refused(name, "has a name that is the folder's own"));
            }
            if name.ends_with(b"/") {
                return Err(refused(name, "has the name of a folder, and is none"));
            }
        }
        let path = as_path(name, &components)?;
        let (place, allowed) = match claim {
            Claim::Folder => (Place::Folder, Allowed::Folder(path)),
            Claim::File { bytes } => {
                self.bytes = self.bytes.saturating_add(bytes);
                if self.bytes > self.most_bytes {
                    return Err(self.too_large());
                }
                (Place::File, Allowed::File(path))
            }
            Claim::SymbolicLink { target } => {
                let target = link_target(name, target, components.len() - 1)?;
                (Place::Link, Allowed::SymbolicLink { path, target })
            }
            Claim::HardLink { to } => {
                let to = self.file_before(name, to)?;
                (Place::File, Allowed::HardLink { path, to })
            }
        };
        self.take_place(name, &components, place)?;
        Ok(allowed)
    }

    /// Refuses a name that is taken, or whose folders are none.
    fn take_place(&mut self, name: &[u8], components: &[&[u8]], place: Place) -> io::Result<()> {
        let mut at = 0;
        for (index, component) in components.iter().enumerate() {
            let is_last = index + 1 == components.len();
            let wanted = if is_last { place } else { Place::Folder };
            let key = (at, Box::from(*component));
            let Some(&known) = self.names.get(&key) else {
                at = self.places.len();
                self.places.push(wanted);
                self.names.insert(key, at);
                self.check_count()?;
                continue;
            };
            at = known;
            match (self.places[at], wanted) {
                (Place::Folder, Place::Folder) => {}
                (found, _) if !is_last => {
                    let above = shown(&components[..=index].join(&b'/'));
                    let found = if found == Place::Link { "link" } else { "file" };
                    return Err(refused(
                        name,
                        &format!("lies in `{above}`, which is a {found} of the archive"),
                    ));
                }
                _ => {
                    return Err(refused(
                        name,
                        "is there twice; make the archive anew from a folder that has it once",
                    ));
                }
            }
        }
        Ok(())
    }

    fn check_count(&self) -> io::Result<()> {
        let most = self.limits.entries;
        if self.entries > most || self.places.len() as u64 - 1 > most {
            return Err(broken(format!("it has more than {most} entries")));
        }
        Ok(())
    }

    /// Where a hard link leads.
    fn file_before(&self, name: &[u8], to: &[u8]) -> io::Result<PathBuf> {
        let components = components(to)?;
        let place = components
            .iter()
            .try_fold(0, |at, component| self.names.get(&(at, Box::from(*component))).copied());
        if place.map(|place| self.places[place]) != Some(Place::File) {
            return Err(refused(
                name,
                &format!("is a hard link to `{}`, which is no file that came before it", shown(to)),
            ));
        }
        as_path(to, &components)
    }
}

/// The parts of an entry's name, below the folder.
fn components(name: &[u8]) -> io::Result<Vec<&[u8]>> {
    check_text(name, name, "name")?;
    if is_absolute(name) {
        return Err(refused(name, "has an absolute name, and would lie outside of the folder"));
    }
    let components = parts(name);
    // Other systems part names there, too; whoever made such a name meant one of them.
    if name.split(|&byte| byte == b'/' || byte == b'\\').any(|part| part == b"..") {
        return Err(refused(name, "has `..` in its name, and would lie outside of the folder"));
    }
    if components.len() > DEPTH {
        return Err(refused(name, &format!("lies in more than {DEPTH} folders")));
    }
    Ok(components)
}

/// Where a symbolic link leads that lies in so many folders.
fn link_target(name: &[u8], target: &[u8], depth: usize) -> io::Result<PathBuf> {
    check_text(name, target, "target")?;
    if target.is_empty() {
        return Err(refused(name, "is a link to nothing"));
    }
    let components = parts(target);
    let above = components.iter().take_while(|&&part| part == b"..").count();
    let leads = format!("is a link to `{}`", shown(target));
    if is_absolute(target) || above > depth {
        return Err(refused(name, &format!("{leads}, which lies outside of the folder")));
    }
    let below = components[above..].iter().flat_map(|part| part.split(|&byte| byte == b'\\'));
    if below.clone().any(|part| part == b"..") {
        return Err(refused(name, &format!("{leads}, and `..` may only stand at its beginning")));
    }
    as_path(name, &[target])
}

/// What names and targets of links have in common.
fn check_text(name: &[u8], text: &[u8], what: &str) -> io::Result<()> {
    if text.is_empty() && what == "name" {
        return Err(broken("an entry has no name"));
    }
    let has_control = match std::str::from_utf8(text) {
        Ok(text) => text.contains(char::is_control),
        Err(_) => text.iter().any(u8::is_ascii_control),
    };
    if has_control {
        return Err(refused(name, &format!("has a control character in its {what}")));
    }
    if text.len() > NAME_BYTES {
        let length = text.len();
        return Err(refused(
            name,
            &format!("has a {what} of {length} bytes, more than {NAME_BYTES}"),
        ));
    }
    if let Some(part) = parts(text).iter().find(|part| part.len() > COMPONENT_BYTES) {
        let length = part.len();
        return Err(refused(
            name,
            &format!("has a part of {length} bytes in its {what}, more than {COMPONENT_BYTES}"),
        ));
    }
    if cfg!(not(unix)) && text.iter().any(|byte| b"\\:".contains(byte)) {
        return Err(refused(name, &format!("has `\\` or `:` in its {what}")));
    }
    Ok(())
}

/// What stands between slashes, without what means nothing.
fn parts(path: &[u8]) -> Vec<&[u8]> {
    path.split(|&byte| byte == b'/').filter(|part| !matches!(*part, b"" | b".")).collect()
}

/// Whether a path is absolute on any system.
fn is_absolute(path: &[u8]) -> bool {
    match path {
        [b'/' | b'\\', ..] => true,
        [drive, b':', b'/' | b'\\', ..] => drive.is_ascii_alphabetic(),
        _ => false,
    }
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
fn as_path(_name: &[u8], components: &[&[u8]]) -> io::Result<PathBuf> {
    use std::os::unix::ffi::OsStrExt;
    Ok(components.iter().map(|part| std::ffi::OsStr::from_bytes(part)).collect())
}

#[cfg(not(unix))]
fn as_path(name: &[u8], components: &[&[u8]]) -> io::Result<PathBuf> {
    let texts = components.iter().map(|part| std::str::from_utf8(part));
    texts.collect::<Result<_, _>>().map_err(|_| refused(name, "has a name that is not UTF-8"))
}

/// That an entry is refused.
pub(super) fn refused(name: &[u8], why: &str) -> io::Error {
    broken(format!("the entry `{}` {why}", shown(name)))
}

/// A name for a sentence.
pub(super) fn shown(name: &[u8]) -> String {
    const SHOWN_CHARS: usize = 200;
    visible_start(&String::from_utf8_lossy(name), SHOWN_CHARS)
}
