//! A row on its way from a mapper of the shuffled join to its reducer.
//!
//! It is one list in JSON: the tag of its file, then its columns without the key, as in `[1,"a","b"]`. Both ends of the
//! way read and write the columns in the texts that they have, where a list in memory would be a string for each.

use std::fmt;

use howdah::{Encodes, Key};
use serde::de::{DeserializeSeed, SeqAccess, Visitor};
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::column::{Row, each_column};

// The values of a key are sorted: the smaller tag comes first, and must be that of the rows which are held.
pub(crate) const RIGHT: u8 = 0;
pub(crate) const LEFT: u8 = 1;

/// A row as it arrives.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Sent {
    /// Which file it is of.
    pub(crate) tag: u8,
    /// Its columns without the key, each behind a TAB.
    pub(crate) columns: String,
}

impl Key for Sent {}

/// A row as it is sent: it arrives as [`Sent`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tagged<'l> {
    pub(crate) tag: u8,
    pub(crate) row: Row<'l>,
}

impl Encodes<Sent> for Tagged<'_> {}

impl Serialize for Tagged<'_> {
    #[inline]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        list.serialize_element(&self.tag)?;
        self.row.each_column(|column| list.serialize_element(column))?;
        list.end()
    }
}

impl Serialize for Sent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        list.serialize_element(&self.tag)?;
        if let Some(columns) = self.columns.strip_prefix('\t') {
            each_column(columns, |column| list.serialize_element(column))?;
        }
        list.end()
    }
}

impl<'de> Deserialize<'de> for Sent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut sent = Sent::default();
        deserializer.deserialize_seq(ReadRow(&mut sent))?;
        Ok(sent)
    }

    // It is how `Values::next_ref` reads a value into the memory of the one before it.
    #[inline]
    fn deserialize_in_place<D: Deserializer<'de>>(
        deserializer: D,
        place: &mut Self,
    ) -> Result<(), D::Error> {
        deserializer.deserialize_seq(ReadRow(place))
    }
}

/// Reads a row into a place.
struct ReadRow<'p>(&'p mut Sent);

impl<'de> Visitor<'de> for ReadRow<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of a tag and columns")
    }

    #[inline]
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Sent { tag, columns } = self.0;
        let no_tag = || serde::de::Error::invalid_length(0, &"a tag");
        *tag = list.next_element()?.ok_or_else(no_tag)?;
        columns.clear();
        while list.next_element_seed(Append(columns))?.is_some() {}
        Ok(())
    }
}

/// Appends a column to a text, behind a TAB.
struct Append<'t>(&'t mut String);

impl<'de> DeserializeSeed<'de> for Append<'_> {
    type Value = ();

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Append<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a column")
    }

    #[inline]
    fn visit_str<E>(self, column: &str) -> Result<(), E> {
        self.0.push('\t');
        self.0.push_str(column);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::Column;

    fn sent(tag: u8, columns: &str) -> Sent {
        Sent { tag, columns: columns.to_owned() }
    }

    #[test]
    fn a_row_arrives_as_it_was_sent() {
        let column: Column = "2".parse().unwrap();
        for (line, json, columns) in [
            ("a\tkey\tb \"c\"", r#"[1,"a","b \"c\""]"#, "\ta\tb \"c\""),
            ("\tkey", r#"[1,""]"#, "\t"),
            ("\tkey\t\t", r#"[1,"","",""]"#, "\t\t\t"),
        ] {
            let row = Tagged { tag: LEFT, row: column.split(line).unwrap() };
            assert_eq!(serde_json::to_string(&row).unwrap(), json);
            let arrived: Sent = serde_json::from_str(json).unwrap();
            assert_eq!(arrived, sent(LEFT, columns));
            assert_eq!(serde_json::to_string(&arrived).unwrap(), json);
        }
    }

    #[test]
    fn a_place_is_read_into_again() {
        let mut place = sent(LEFT, "\tbefore");
        let mut reader = serde_json::Deserializer::from_str("[0]");
        Sent::deserialize_in_place(&mut reader, &mut place).unwrap();
        assert_eq!(place, sent(RIGHT, ""));
    }

    #[test]
    fn what_is_no_row_is_refused() {
        for json in ["[]", "[256]", "[1,2]", "1", r#"["a"]"#] {
            assert!(serde_json::from_str::<Sent>(json).is_err(), "{json}");
        }
    }
}
