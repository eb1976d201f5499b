//! [`Unread`]: a part of a record that is passed on as it is.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use howdah_plan::GivenSize;
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde::ser::{SerializeStruct, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::encodes::{Encodes, Given};
use crate::error::Result;
use crate::key::Data;
use crate::lent_str::LentStr;
use crate::protocol::json;

/// What it is in messages.
const WHAT: &str = "part of a record";

/// A part of a record that travels as JSON, and becomes a `T` only where somebody [reads](Self::read) it.
///
/// A step often passes a large part of its records on and looks at a small one: a rank changes, the links stay. As an
/// `Unread` the large part is neither decoded nor encoded on its way through combiners and reducers. It is written as
/// the very bytes of a `T`, so that another job, or another version of this one, may read it as a plain `T`.
///
/// That it is JSON is checked where a record is read, that it is a `T` only by [`read`](Self::read). Two of them are
/// equal if their text is; it is no [`Key`](crate::Key), since one value may be spelled in two ways.
///
/// ```
/// use howdah::{Flow, Out, Pairs, Unread, test};
///
/// /// How often a page was seen, and the pages that it links to.
/// type Page = (u64, Unread<Vec<String>>);
///
/// let plan = Flow::<Pairs<String, Page>>::read()
///     .map_fn(|(name, (seen, links)), out: &mut Out<String, Page>| out.emit(name, (seen + 1, links)))
///     .reduce_fn(|name, pages, out: &mut Out<String, usize>| -> howdah::Result {
///         for (seen, links) in pages {
///             assert_eq!(seen, 8);
///             out.emit(name, links.read()?.len());
///         }
///         Ok(())
///     })
///     .plan();
/// let ran = test::plan(&plan).lines(["\"home\"\t[7,[\"news\",\"shop\"]]"]).run().unwrap();
/// assert_eq!(ran.text(), "\"home\"\t2\n");
/// ```
pub struct Unread<T> {
    json: String,
    /// How many elements it has, if howdah's own reader found it to be a list.
    elements: Option<u32>,
    types: PhantomData<fn() -> T>,
}

impl<T: Data> Unread<T> {
    /// A value, or what [encodes](Encodes) it, as its JSON.
    ///
    /// ```
    /// use howdah::Unread;
    ///
    /// let links: Unread<Vec<String>> = Unread::of(&["news", "shop"][..])?;
    /// assert_eq!(links.json(), r#"["news","shop"]"#);
    /// assert!(Unread::of(f64::NAN).is_err());
    /// # Ok::<(), howdah::Error>(())
    /// ```
    ///
    /// # Errors
    /// When it cannot be written, as a value of a record could not: NaN, for one.
    #[allow(clippy::needless_pass_by_value)] // as `emit`
    pub fn of(value: impl Encodes<T>) -> Result<Self> {
        let mut bytes = Vec::new();
        json::write(&mut bytes, &value, json::Role::Value)?;
        Ok(Unread { json: String::from_utf8(bytes)?, elements: None, types: PhantomData })
    }

    /// The value.
    ///
    /// ```
    /// use howdah::Unread;
    ///
    /// let links: Unread<Vec<String>> = serde_json::from_str(r#"["news", "shop"]"#)?;
    /// assert_eq!(links.read()?, ["news", "shop"]);
    ///
    /// let numbers: Unread<Vec<u64>> = serde_json::from_str(r#"["news", "shop"]"#)?;
    /// assert!(numbers.read().is_err());
    /// # Ok::<(), howdah::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the JSON is not that of a `T`. Passed on with `?` it fails the task, as a record does that cannot be read.
    pub fn read(&self) -> Result<T> {
        Ok(json::read(self.json().as_bytes(), WHAT)?)
    }
}

impl<T> Unread<T> {
    /// The part as it is, to be emitted once more: where records are combined before they are sorted, it is copied, and
    /// not read again.
    ///
    /// ```
    /// use howdah::{Flow, Out, Pairs, Unread, test};
    ///
    /// let plan = Flow::<Pairs<String, Unread<Vec<String>>>>::read()
    ///     .map_fn(|(page, links), out: &mut Out<String, (u64, Unread<Vec<String>>)>| {
    ///         out.emit(page, (1, links.as_is()));
    ///     })
    ///     .map_only()
    ///     .plan();
    /// let ran = test::plan(&plan).lines(["\"home\"\t[\"news\"]"]).run().unwrap();
    /// assert_eq!(ran.text(), "\"home\"\t[1,[\"news\"]]\n");
    /// ```
    pub fn as_is(&self) -> AsIs<'_, T> {
        AsIs(self)
    }

    /// Its JSON, on one line and without TABs.
    pub fn json(&self) -> &str {
        &self.json
    }
}

impl<T: Data> Unread<Vec<T>> {
    /// The elements of the list, to be read one after the other.
    ///
    /// It saves the making of the list: all elements are read into one place.
    ///
    /// ```
    /// use howdah::Unread;
    ///
    /// let links: Unread<Vec<String>> = Unread::of(&["news", "shop"][..])?;
    /// let mut links = links.elements()?;
    /// assert_eq!(links.len(), 2);
    /// while let Some(link) = links.next_ref()? {
    ///     assert!(link == "news" || link == "shop");
    /// }
    /// # Ok::<(), howdah::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the JSON is no list.
    pub fn elements(&self) -> Result<Elements<'_, T>> {
        let left = match self.elements {
            Some(elements) => json::Elements::counted(self.json(), elements),
            None => json::Elements::of(self.json(), WHAT)?,
        };
        Ok(Elements { left, place: None })
    }

    /// Whether the list has no elements; for that it need not be read.
    ///
    /// ```
    /// use howdah::Unread;
    ///
    /// assert!(Unread::<Vec<u64>>::of(Vec::<u64>::new())?.is_empty());
    /// assert!(!Unread::<Vec<u64>>::of(vec![1_u64])?.is_empty());
    /// # Ok::<(), howdah::Error>(())
    /// ```
    pub fn is_empty(&self) -> bool {
        if let Some(elements) = self.elements {
            return elements == 0;
        }
        let inner = self.json().strip_prefix('[').and_then(|json| json.strip_suffix(']'));
        inner.is_some_and(|inner| inner.trim_ascii().is_empty())
    }
}

/// The elements of a list that travelled unread; made by [`Unread::elements`].
#[derive(Debug)]
pub struct Elements<'u, T> {
    left: json::Elements<'u>,
    place: Option<T>,
}

impl<T: Data> Elements<'_, T> {
    /// How many are left.
    pub fn len(&self) -> usize {
        self.left.len()
    }

    /// Whether none is left.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The next element, lent until the one after it is asked for.
    ///
    /// # Errors
    /// When its JSON is not that of a `T`.
    pub fn next_ref(&mut self) -> Result<Option<&T>> {
        let is_one = self.left.next_into(&mut self.place, WHAT)?;
        Ok(self.place.as_ref().filter(|_| is_one))
    }
}

impl Elements<'_, String> {
    /// The next string, lent until the one after it is asked for: quicker than [`next_ref`](Self::next_ref), since most
    /// strings are not even copied.
    ///
    /// ```
    /// use howdah::{Flow, Out, Pairs, Unread, test};
    ///
    /// let plan = Flow::<Pairs<String, Unread<Vec<String>>>>::read()
    ///     .map_fn(|(page, links), out: &mut Out<String, String>| -> howdah::Result {
    ///         let mut links = links.elements()?;
    ///         while let Some(link) = links.next_str()? {
    ///             if !link.starts_with('#') {
    ///                 out.emit(link, page);
    ///             }
    ///         }
    ///         Ok(())
    ///     })
    ///     .map_only()
    ///     .plan();
    /// let ran = test::plan(&plan).lines(["\"home\"\t[\"news\",\"#top\"]"]).run().unwrap();
    /// assert_eq!(ran.text(), "\"news\"\t\"home\"\n");
    /// ```
    ///
    /// # Errors
    /// When it is no string.
    #[inline]
    pub fn next_str(&mut self) -> Result<Option<LentStr<'_>>> {
        if let Some(plain) = self.left.next_plain() {
            return Ok(Some(LentStr::plain(plain)));
        }
        Ok(self.next_ref()?.map(|text| LentStr::any(text)))
    }
}

/// It writes as `serde_json`'s own type for JSON as text does, which would check the text once more when it is made.
impl<T> Serialize for Unread<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = serializer.serialize_struct(json::RAW_VALUE, 1)?;
        text.serialize_field(json::RAW_VALUE, &self.json)?;
        text.end()
    }
}

impl<'de, T> Deserialize<'de> for Unread<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut unread = Unread { json: String::new(), elements: None, types: PhantomData };
        Self::deserialize_in_place(deserializer, &mut unread)?;
        Ok(unread)
    }

    #[inline]
    fn deserialize_in_place<D: Deserializer<'de>>(
        deserializer: D,
        place: &mut Self,
    ) -> Result<(), D::Error> {
        let Unread { json, elements, .. } = place;
        deserializer.deserialize_newtype_struct(json::UNREAD, ReadText { json, elements })
    }
}

/// Takes the text of a value.
struct ReadText<'p> {
    json: &'p mut String,
    elements: &'p mut Option<u32>,
}

impl<'de> Visitor<'de> for ReadText<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    /// Called by howdah's own reader, which knows the text: it is JSON, and has nothing that a record cannot hold.
    #[inline]
    fn visit_seq<A: SeqAccess<'de>>(self, mut text: A) -> Result<(), A::Error> {
        *self.elements = text.size_hint().and_then(|elements| u32::try_from(elements).ok());
        self.json.clear();
        self.json.push_str(text.next_element()?.unwrap_or_default());
        Ok(())
    }

    /// Called by all other readers.
    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let mut json = Box::<str>::from(Box::<RawValue>::deserialize(deserializer)?).into_string();
        // Between its tokens JSON may have what a record cannot: there a blank does as well.
        if memchr::memchr3(b'\n', b'\r', b'\t', json.as_bytes()).is_some() {
            json = json.replace(['\n', '\r', '\t'], " ");
        }
        (*self.json, *self.elements) = (json, None);
        Ok(())
    }
}

/// A part of a record that is emitted as it is; made by [`Unread::as_is`].
#[derive(Debug)]
pub struct AsIs<'u, T>(&'u Unread<T>);

impl<T> Serialize for AsIs<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<T> Encodes<Unread<T>> for AsIs<'_, T> {
    fn given(&self) -> Option<Given<Unread<T>>> {
        let length = self.0.json.len();
        Some(Given { value: self.0.clone(), size: GivenSize { json: length, held: length } })
    }
}

impl<T> Encodes<Unread<T>> for Unread<T> {}
impl<T: Encodes<U>, U> Encodes<Unread<Vec<U>>> for Vec<T> {}
impl<T: Encodes<U>, U> Encodes<Unread<Vec<U>>> for &[T] {}

impl<T> Clone for Unread<T> {
    fn clone(&self) -> Self {
        Unread { json: self.json.clone(), elements: self.elements, types: PhantomData }
    }
}

impl<T> PartialEq for Unread<T> {
    fn eq(&self, other: &Self) -> bool {
        self.json() == other.json()
    }
}

impl<T> Eq for Unread<T> {}

impl<T> Hash for Unread<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.json().hash(state);
    }
}

impl<T> fmt::Debug for Unread<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Unread").field(&self.json()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unread(text: &str) -> Result<Unread<Vec<u64>>> {
        Ok(json::read(text.as_bytes(), "value")?)
    }

    fn written<T: Serialize>(value: &T) -> String {
        let mut out = Vec::new();
        json::write(&mut out, value, json::Role::Value).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn it_is_passed_on_to_the_byte() {
        for text in ["[1,2]", "[1.50, 2E+3]", r#"{"b":1,"a":[],"b":"\u0061\t"}"#, "null", "\"\""] {
            assert_eq!(written(&unread(text).unwrap()), text);
            let part: (u8, Option<Unread<String>>) =
                json::read(format!("[1,{text}]").as_bytes(), "value").unwrap();
            let expected =
                if text == "null" { "[1,null]".to_owned() } else { format!("[1,{text}]") };
            assert_eq!(written(&part), expected);
        }
    }

    #[test]
    fn what_is_no_json_is_refused_where_it_is_read() {
        for text in ["", "[1,]", "[1", "{1:2}", "\"\\x\"", "01", "[1]]", "nul"] {
            assert!(unread(text).is_err(), "{text}");
        }
        assert!(json::read::<Unread<String>>(b"\"\xff\"", "value").is_err());
    }

    #[test]
    fn what_a_record_cannot_hold_becomes_a_blank() {
        let list = unread("[1,\t2,\r\n3]").unwrap();
        assert_eq!(list.json(), "[1, 2,  3]");
        assert_eq!(written(&list), list.json());
        assert_eq!(list.read().unwrap(), [1, 2, 3]);
    }

    #[test]
    fn another_type_is_refused_when_it_is_asked_for() {
        let error = unread("[\"a\"]").unwrap().read().unwrap_err().to_string();
        assert!(error.starts_with("this part of a record is not a"), "{error}");
        let list = unread("[1, -1]").unwrap();
        let mut elements = list.elements().unwrap();
        assert_eq!(elements.next_ref().unwrap(), Some(&1));
        assert!(elements.next_ref().is_err());
        assert!(unread("1").unwrap().elements().is_err());
    }

    #[test]
    fn a_list_has_as_many_elements_whoever_read_it() {
        type List = Unread<Vec<serde_json::Value>>;
        for text in ["[]", "[1]", r#"["a,b","c\"",[2,3],{"d":[4]}]"#, "[ ]", "[1, 2]"] {
            let by_howdah: List = json::read(text.as_bytes(), "value").unwrap();
            let by_serde_json: List = serde_json::from_str(text).unwrap();
            assert_eq!(by_howdah.is_empty(), by_serde_json.is_empty(), "{text}");
            let expected = by_serde_json.read().unwrap();
            for list in [by_howdah, by_serde_json] {
                let mut elements = list.elements().unwrap();
                assert_eq!(elements.len(), expected.len(), "{text}");
                for value in &expected {
                    assert_eq!(elements.next_ref().unwrap(), Some(value));
                }
                assert!(elements.next_ref().unwrap().is_none() && elements.is_empty());
            }
        }
        let number: Unread<Vec<u64>> = json::read(b"7", "value").unwrap();
        assert!(!number.is_empty() && number.elements().is_err());
    }

    #[test]
    fn strings_are_lent_as_they_are() {
        let text = br#"["a","\u0062\n",3]"#;
        let list: Unread<Vec<String>> = json::read(text, "value").unwrap();
        let mut elements = list.elements().unwrap();
        for expected in ["a", "b\n"] {
            let lent = elements.next_str().unwrap().unwrap();
            assert_eq!(&*lent, expected);
            assert_eq!(written(&lent), serde_json::to_string(expected).unwrap());
        }
        assert!(elements.next_str().is_err());
    }

    #[test]
    fn a_list_is_empty_however_it_is_spelled() {
        assert!(unread("[]").unwrap().is_empty() && unread("[ ]").unwrap().is_empty());
        assert!(!unread("[[]]").unwrap().is_empty() && !unread("{}").unwrap().is_empty());
    }
}
