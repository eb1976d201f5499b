//! XML as far as `-conf` files need it: elements, attributes, text, entities.
//!
//! What is not well formed is refused, as Hadoop refuses it: a file that is half read would set half the properties.

use std::collections::BTreeMap;

/// A piece of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Event {
    /// An element begins: its name and its attributes.
    Start(String, Vec<(String, String)>),
    /// Text, with entities replaced.
    Text(String),
    /// An element ends.
    End(String),
}

/// Reads a whole document.
///
/// # Errors
/// What is wrong and in which line.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Event>, String> {
    let text = decode(bytes)?;
    let mut reader = Reader { text: &text, at: 0, entities: BTreeMap::new(), open: Vec::new() };
    reader.document().map_err(|what| {
        let line = text[..reader.at.min(text.len())].matches('\n').count() + 1;
        format!("line {line}: {what}")
    })
}

/// The document as text, by its mark of byte order and the encoding that it declares.
fn decode(bytes: &[u8]) -> Result<String, String> {
    let utf8 = |bytes: &[u8]| {
        String::from_utf8(bytes.to_vec()).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            format!("byte {at} is no UTF-8; declare the encoding or save the file as UTF-8")
        })
    };
    if let Some(rest) = bytes.strip_prefix(b"\xef\xbb\xbf") {
        return utf8(rest);
    }
    let wide = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = rest.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
        String::from_utf16(&units).map_err(|_| "it is no UTF-16".to_owned())
    };
    if let Some(rest) = bytes.strip_prefix(b"\xff\xfe") {
        return wide(rest, u16::from_le_bytes);
    }
    if let Some(rest) = bytes.strip_prefix(b"\xfe\xff") {
        return wide(rest, u16::from_be_bytes);
    }
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into_owned();
    let declared = head.strip_prefix("<?xml").and_then(|rest| rest.split_once("?>"));
    let encoding = declared.and_then(|(declaration, _)| declaration.split_once("encoding"));
    let encoding = encoding.and_then(|(_, rest)| rest.split(['"', '\'']).nth(1));
    match encoding.unwrap_or("UTF-8").to_ascii_uppercase().as_str() {
        "ISO-8859-1" | "LATIN1" | "ISO8859_1" | "WINDOWS-1252" => {
            Ok(bytes.iter().map(|&byte| char::from(byte)).collect())
        }
        "UTF-8" | "UTF8" | "US-ASCII" | "ASCII" => utf8(bytes),
        other => Err(format!("the encoding {other} cannot be read; save the file as UTF-8")),
    }
}

/// An element that is not closed yet: its name, and the prefixes that it declares.
type Open = (String, Vec<String>);

struct Reader<'t> {
    text: &'t str,
    at: usize,
    entities: BTreeMap<String, String>,
    open: Vec<Open>,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    /// Passes over `prefix` if it stands here.
    fn takes(&mut self, prefix: &str) -> bool {
        let is_here = self.rest().starts_with(prefix);
        if is_here {
            self.at += prefix.len();
        }
        is_here
    }

    /// What stands before `end`; both are passed over.
    fn until(&mut self, end: &str, what: &str) -> Result<&'t str, String> {
        let rest = self.rest();
        let length = rest.find(end).ok_or_else(|| format!("{what} without an end"))?;
        self.at += length + end.len();
        Ok(&rest[..length])
    }

    fn document(&mut self) -> Result<Vec<Event>, String> {
        let mut events = Vec::new();
        let mut has_root = false;
        if self.rest().starts_with("<?xml") {
            self.until("?>", "a declaration")?;
        }
        while self.at < self.text.len() {
            if self.open.is_empty() && !self.rest().starts_with('<') {
                let rest = self.rest();
                let blank = rest.len() - rest.trim_start().len();
                if blank == 0 {
                    return Err("text outside of the root element".to_owned());
                }
                self.at += blank;
            } else if self.takes("<!--") {
                self.until("-->", "a comment")?;
            } else if self.takes("<![CDATA[") {
                let raw = self.until("]]>", "a CDATA section")?;
                events.push(Event::Text(raw.to_owned()));
            } else if self.takes("<!DOCTYPE") {
                self.document_type()?;
            } else if self.takes("<?") {
                let instruction = self.until("?>", "an instruction")?;
                if instruction.to_ascii_lowercase().starts_with("xml ") {
                    return Err("the declaration <?xml …?> is not at the very beginning".to_owned());
                }
            } else if self.takes("</") {
                let name = self.until(">", "a tag")?.trim_end();
                match self.open.pop() {
                    Some((open, _)) if open == name => events.push(Event::End(open)),
                    Some((open, _)) => {
                        return Err(format!("</{name}> stands where </{open}> is expected"));
                    }
                    None => return Err(format!("</{name}> closes nothing")),
                }
            } else if self.takes("<") {
                if self.open.is_empty() && std::mem::replace(&mut has_root, true) {
                    return Err("there is a second root element".to_owned());
                }
                self.start(&mut events)?;
            } else {
                let rest = self.rest();
                let length = rest.find('<').unwrap_or(rest.len());
                let text = self.unescaped(&rest[..length])?;
                self.at += length;
                events.push(Event::Text(text));
            }
        }
        match self.open.pop() {
            Some((open, _)) => Err(format!("<{open}> is not closed")),
            None if !has_root => Err("there is no element in it".to_owned()),
            None => Ok(events),
        }
    }

    /// The tag that begins an element, behind its `<`.
    fn start(&mut self, events: &mut Vec<Event>) -> Result<(), String> {
        let name = self.name()?;
        let mut attributes = Vec::new();
        let is_empty = loop {
            let rest = self.rest();
            self.at += rest.len() - rest.trim_start().len();
            if self.takes("/>") {
                break true;
            } else if self.takes(">") {
                break false;
            }
            let attribute = self.name()?;
            let rest = self.rest().trim_start();
            let value = rest.strip_prefix('=').map(str::trim_start);
            let quoted = value.filter(|value| value.starts_with(['"', '\'']));
            let quoted = quoted.ok_or_else(|| format!("`{attribute}` has no value in quotes"))?;
            self.at = self.text.len() - quoted.len() + 1;
            let value = self.until(&quoted[..1], "a value")?;
            attributes.push((attribute, self.unescaped(value)?));
        };
        let declared = attributes.iter().filter_map(|(name, _)| name.strip_prefix("xmlns:"));
        self.open.push((name.clone(), declared.map(str::to_owned).collect()));
        if let Some((prefix, _)) = name.split_once(':') {
            let is_declared =
                self.open.iter().any(|(_, prefixes)| prefixes.iter().any(|known| known == prefix));
            if !is_declared && prefix != "xml" {
                return Err(format!(
                    "Undeclared namespace prefix \"{prefix}\": <{name}> needs an xmlns:{prefix}"
                ));
            }
        }
        events.push(Event::Start(name.clone(), attributes));
        if is_empty {
            self.open.pop();
            events.push(Event::End(name));
        }
        Ok(())
    }

    fn name(&mut self) -> Result<String, String> {
        let rest = self.rest();
        let is_end = |c: char| c.is_whitespace() || "<>/='\"&".contains(c);
        let name = &rest[..rest.find(is_end).unwrap_or(rest.len())];
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
            return Err("a tag without a name, or a `<` that should be `&lt;`".to_owned());
        }
        self.at += name.len();
        Ok(name.to_owned())
    }

    /// A document type: entities that are given in it are kept, all else is passed over.
    fn document_type(&mut self) -> Result<(), String> {
        let what = "a document type";
        let inner = self.rest().find('[').filter(|&at| !self.rest()[..at].contains('>'));
        if inner.is_none() {
            return self.until(">", what).map(drop);
        }
        self.until("[", what)?;
        let declarations = self.until("]", what)?;
        self.until(">", what)?;
        for declaration in declarations.split("<!ENTITY").skip(1) {
            let words = declaration.trim_start();
            let (name, words) = words.split_once(char::is_whitespace).unwrap_or((words, ""));
            let words = words.trim_start();
            let quote = words.chars().next().filter(|quote| matches!(quote, '"' | '\''));
            let value = quote.and_then(|quote| words[1..].split(quote).next());
            if let Some(value) = value {
                let value = self.unescaped(value)?;
                self.entities.insert(name.to_owned(), value);
            }
        }
        Ok(())
    }

    /// Text with its entities replaced.
    fn unescaped(&self, text: &str) -> Result<String, String> {
        let mut plain = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once('&') {
            plain.push_str(before);
            let (entity, behind) =
                behind.split_once(';').ok_or("a `&` without `;`: write `&amp;`")?;
            rest = behind;
            let number = |digits: &str, radix| u32::from_str_radix(digits, radix).ok();
            let numeric = entity
                .strip_prefix("#x")
                .and_then(|digits| number(digits, 16))
                .or_else(|| entity.strip_prefix('#').and_then(|digits| number(digits, 10)));
            match entity {
                "amp" => plain.push('&'),
                "lt" => plain.push('<'),
                "gt" => plain.push('>'),
                "quot" => plain.push('"'),
                "apos" => plain.push('\''),
                _ => match (numeric.and_then(char::from_u32), self.entities.get(entity)) {
                    (Some(character), _) => plain.push(character),
                    (None, Some(value)) => plain.push_str(value),
                    (None, None) => return Err(format!("Undeclared general entity \"{entity}\"")),
                },
            }
        }
        plain.push_str(rest);
        Ok(plain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(document: &str) -> Result<String, String> {
        let shown = read(document.as_bytes())?.into_iter().map(|event| match event {
            Event::Start(name, attributes) => {
                let attributes =
                    attributes.into_iter().map(|(name, value)| [" ", &name, "=", &value].concat());
                ["<", &name, &attributes.collect::<String>(), ">"].concat()
            }
            Event::Text(text) => text,
            Event::End(name) => format!("</{name}>"),
        });
        Ok(shown.collect())
    }

    #[test]
    fn documents_are_read() {
        for (document, shown) in [
            ("<a>x</a>", "<a>x</a>"),
            ("\u{feff}<?xml version='1.0'?>\n<!-- <b> --><a/>\n", "<a></a>"),
            ("<a b = \"1&lt;2\" c='\"'><b>&#65;&#x42;</b></a >", "<a b=1<2 c=\"><b>AB</b></a>"),
            ("<a>x<![CDATA[<&]]>y<?z?></a>", "<a>x<&y</a>"),
            ("<!DOCTYPE a [<!ENTITY e \"E&amp;\">]><a>&e;</a>", "<a>E&</a>"),
            (
                "<!DOCTYPE a SYSTEM 'a.dtd'><a xmlns:x='u'><x:b/></a>",
                "<a xmlns:x=u><x:b></x:b></a>",
            ),
        ] {
            assert_eq!(text(document).as_deref(), Ok(shown), "{document}");
        }
        let latin = b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>\xe9</a>";
        assert_eq!(read(latin).unwrap()[1], Event::Text("\u{e9}".to_owned()));
    }

    #[test]
    fn what_is_not_well_formed_is_refused_with_its_line() {
        for (document, complaint) in [
            ("", "line 1: there is no element in it"),
            ("<a>\n<b></a>", "line 2: </a> stands where </b> is expected"),
            ("<a>", "line 1: <a> is not closed"),
            ("<a/>x", "line 1: text outside of the root element"),
            ("<a/><b/>", "line 1: there is a second root element"),
            (
                "\n<?xml version='1.0'?><a/>",
                "line 2: the declaration <?xml …?> is not at the very beginning",
            ),
            ("<a>&x;</a>", "line 1: Undeclared general entity \"x\""),
            ("<a>a&b</a>", "line 1: a `&` without `;`: write `&amp;`"),
            ("<x:a/>", "line 1: Undeclared namespace prefix \"x\": <x:a> needs an xmlns:x"),
            ("<a b=1/>", "line 1: `b` has no value in quotes"),
            ("<a b='1", "line 1: a value without an end"),
            ("<!-- <a/>", "line 1: a comment without an end"),
            ("<a>< b</a>", "line 1: a tag without a name, or a `<` that should be `&lt;`"),
        ] {
            assert_eq!(text(document).unwrap_err(), complaint, "{document}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(document in "[<>a&;!?\\[\\]'\"= /x\\-DOCTYPEN\\n%#]{0,60}") {
            let _ = read(document.as_bytes());
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let _ = read(&bytes);
        }

        #[test]
        fn text_that_was_escaped_comes_back(content in "[ -~é\\n]{1,40}") {
            let escaped = content.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            let document = format!("<a>{escaped}</a>");
            prop_assert_eq!(text(&document), Ok(format!("<a>{content}</a>")));
        }
    }
}
