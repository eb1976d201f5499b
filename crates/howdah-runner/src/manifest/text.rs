//! A manifest as text. Its last line is the SHA-256 of all before it, so that a change of the manifest itself shows.

use super::{MANIFEST_SCHEMA, Manifest, digest};

/// What stands between the hashed text and its hash.
const BEFORE_HASH: &str = ",\n  \"manifest_sha256\": \"";
/// What stands behind the hash.
const BEHIND_HASH: &str = "\"\n}\n";

/// A manifest that was read.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) manifest: Manifest,
    /// The hash that it should have, and the one that it has, if they are not the same.
    pub(super) changed: Option<(String, String)>,
}

impl Manifest {
    pub(crate) fn to_text(&self) -> serde_json::Result<String> {
        let json = serde_json::to_string_pretty(self)?;
        let hashed = json.strip_suffix("\n}").unwrap_or(&json);
        let hash = digest::of_text(hashed);
        Ok(format!("{hashed}{BEFORE_HASH}{hash}{BEHIND_HASH}"))
    }
}

/// Reads a manifest; or says why it is none.
pub(super) fn read(text: &[u8]) -> Result<Read, String> {
    let text = str::from_utf8(text).map_err(|_| "it is not UTF-8".to_owned())?;
    let value: serde_json::Value =
        serde_json::from_str(text).map_err(|error| format!("it is no JSON: {error}"))?;
    check_schema(&value)?;
    let manifest =
        serde_json::from_value(value).map_err(|error| format!("it is damaged: {error}"))?;
    let (hashed, hash) = text
        .rsplit_once(BEFORE_HASH)
        .and_then(|(hashed, end)| Some((hashed, end.strip_suffix(BEHIND_HASH)?)))
        .ok_or("it does not end with its own SHA-256")?;
    let found = digest::of_text(hashed);
    let changed = (found != hash).then(|| (hash.to_owned(), found));
    Ok(Read { manifest, changed })
}

fn check_schema(value: &serde_json::Value) -> Result<(), String> {
    match value.get("schema").and_then(serde_json::Value::as_str) {
        Some(MANIFEST_SCHEMA) => Ok(()),
        Some(other) => Err(format!(
            "its form is `{}`, and this howdah reads `{MANIFEST_SCHEMA}`",
            other.escape_debug()
        )),
        None => Err("it has no `schema`".to_owned()),
    }
}
