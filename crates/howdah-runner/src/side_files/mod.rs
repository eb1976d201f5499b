//! Side files on the machine's own file systems: archives unpacked, and files shown in a folder under other names.
//!
//! What a step's side files need, here and for `howdah streaming -files`.
//!
//! | file | what |
//! | --- | --- |
//! | [`archive`](is_archive) | zip, jar, tar and compressed tar |
//! | [`links`](show) | files and folders under another name |
//!
//! ```
//! use howdah_runner::side_files::{is_archive, show};
//!
//! # fn main() -> std::io::Result<()> {
//! # let folder = std::env::temp_dir().join(format!("side-files-{}", std::process::id()));
//! # std::fs::create_dir_all(&folder)?;
//! std::fs::write(folder.join("words-2024.txt"), "the\n")?;
//! show(&folder.join("words-2024.txt"), &folder.join("words.txt"))?;
//! assert_eq!(std::fs::read_to_string(folder.join("words.txt"))?, "the\n");
//! assert!(is_archive("model.tar.gz".as_ref()) && !is_archive("model.gz".as_ref()));
//! # std::fs::remove_dir_all(&folder)
//! # }
//! ```

mod archive;
mod links;

pub(crate) use archive::unpack_while;
pub use archive::{is_archive, unpack};
pub use links::{bytes_below, show, show_all};
