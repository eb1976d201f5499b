//! Added evidence from the programs of the system, where they are installed: they read what is
//! written here, and what they write is read here.

use std::fs;
use std::process::Command;

use howdah_codec::Codec;

use crate::data::{lines, pack, unpack};

#[test]
fn gzip_bzip2_and_zstd_agree() {
    let folder = tempfile::tempdir().unwrap();
    let plain = folder.path().join("plain");
    let data = lines(60_000);
    fs::write(&plain, &data).unwrap();
    for (program, codec) in [("gzip", Codec::Gzip), ("bzip2", Codec::Bzip2), ("zstd", Codec::Zstd)]
    {
        let theirs = Command::new(program).arg("-c").arg(&plain).output();
        let Ok(theirs) = theirs.map(|output| output.stdout) else { continue };
        if theirs.is_empty() || !codec.is_available() {
            continue;
        }
        assert_eq!(unpack(codec, &theirs).unwrap(), data, "{program} wrote it");

        let ours = folder.path().join(format!("ours{}", codec.extension()));
        fs::write(&ours, pack(codec, &data).repeat(2)).unwrap();
        let read = Command::new(program).arg("-dc").arg(&ours).output().unwrap();
        assert!(read.status.success(), "{program}: {}", String::from_utf8_lossy(&read.stderr));
        assert_eq!(read.stdout, data.repeat(2), "{program} read it");
    }
}
