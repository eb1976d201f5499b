//! Tars, made from the headers up.

/// An entry of a tar, or what stands before one.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) name: Vec<u8>,
    pub(super) kind: u8,
    pub(super) target: Vec<u8>,
    pub(super) content: Vec<u8>,
    /// What the header says that the content has, where that is not so.
    pub(super) bytes: Option<u64>,
    pub(super) mode: u32,
    pub(super) prefix: Vec<u8>,
}

pub(super) fn entry(name: impl AsRef<[u8]>, kind: u8) -> Entry {
    Entry {
        name: name.as_ref().to_vec(),
        kind,
        target: Vec::new(),
        content: Vec::new(),
        bytes: None,
        mode: 0o644,
        prefix: Vec::new(),
    }
}

pub(super) fn file(name: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> Entry {
    Entry { content: content.as_ref().to_vec(), ..entry(name, b'0') }
}

pub(super) fn folder(name: impl AsRef<[u8]>) -> Entry {
    entry(name, b'5')
}

pub(super) fn link(name: impl AsRef<[u8]>, target: impl AsRef<[u8]>) -> Entry {
    Entry { target: target.as_ref().to_vec(), ..entry(name, b'2') }
}

pub(super) fn hard_link(name: impl AsRef<[u8]>, to: impl AsRef<[u8]>) -> Entry {
    Entry { target: to.as_ref().to_vec(), ..entry(name, b'1') }
}

/// GNU's long name (`L`) or target (`K`) of the next entry.
pub(super) fn long(kind: u8, text: impl AsRef<[u8]>) -> Entry {
    Entry { content: [text.as_ref(), b"\0"].concat(), ..entry("././@LongLink", kind) }
}

/// An extended header for the next entry (`x`) or for all (`g`).
pub(super) fn extended(kind: u8, records: &[(&str, &[u8])]) -> Entry {
    let mut content = Vec::new();
    for (name, value) in records {
        let rest = [b" ", name.as_bytes(), b"=", value, b"\n"].concat();
        let digits = (1..10).find(|digits| (digits + rest.len()).to_string().len() == *digits);
        content.extend((digits.unwrap() + rest.len()).to_string().into_bytes());
        content.extend(rest);
    }
    Entry { content, ..entry("PaxHeaders/x", kind) }
}

/// A tar, with its end mark.
pub(super) fn tar(entries: &[Entry]) -> Vec<u8> {
    [&without_end(entries)[..], &[0; 1024]].concat()
}

pub(super) fn without_end(entries: &[Entry]) -> Vec<u8> {
    let mut tar = Vec::new();
    for entry in entries {
        tar.extend(header(entry));
        tar.extend(&entry.content);
        tar.resize(tar.len().next_multiple_of(512), 0);
    }
    tar
}

fn header(entry: &Entry) -> [u8; 512] {
    let mut header = [0; 512];
    let mut put = |at: usize, bytes: &[u8]| header[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &entry.name);
    put(100, format!("{:07o}", entry.mode).as_bytes());
    match entry.bytes.unwrap_or(entry.content.len() as u64) {
        small if small < 1 << 33 => put(124, format!("{small:011o}").as_bytes()),
        large => put(124, &[&[0x80, 0, 0, 0][..], &large.to_be_bytes()].concat()),
    }
    put(136, b"00000000000");
    put(148, b"        ");
    put(156, &[entry.kind]);
    put(157, &entry.target);
    put(257, b"ustar\x0000");
    put(345, &entry.prefix);
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    header
}
