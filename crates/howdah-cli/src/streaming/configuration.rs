//! `-conf` files: Hadoop's XML of properties.
//!
//! ```xml
//! <configuration><property><name>a.b</name><value>c</value></property></configuration>
//! ```
//!
//! Only that much XML is understood; `<final>` is honoured, descriptions and comments are passed over.

use std::path::Path;

/// The properties of a file, a later one above an earlier one unless that was final.
pub(super) fn read(path: &Path) -> Result<Vec<(String, String)>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        format!("the configuration `{}` cannot be read: {error}", path.display())
    })?;
    parse(&text).map_err(|why| format!("the configuration `{}` {why}", path.display()))
}

fn parse(text: &str) -> Result<Vec<(String, String)>, String> {
    let text = without_comments(text)?;
    let root = between(&text, "configuration").ok_or("has no element `configuration`")?.0;
    if root.contains("<xi:include") {
        return Err("includes another file, which howdah does not follow".to_owned());
    }
    let mut properties: Vec<(String, String, bool)> = Vec::new();
    let mut rest = root;
    while let Some((property, behind)) = between(rest, "property") {
        rest = behind;
        let part = |name| between(property, name).map(|(content, _)| unescape(content)).transpose();
        let (Some(name), Some(value)) = (part("name")?, part("value")?) else {
            continue; // Hadoop leaves it out too
        };
        let name = name.trim().to_owned();
        let is_final = part("final")?.is_some_and(|text| text.trim() == "true");
        if !properties.iter().any(|(other, _, is_final)| *is_final && *other == name) {
            properties.push((name, value, is_final));
        }
    }
    Ok(properties.into_iter().map(|(name, value, _)| (name, value)).collect())
}

/// The content of the next element of a name, and what stands behind it.
fn between<'t>(text: &'t str, name: &str) -> Option<(&'t str, &'t str)> {
    let open = format!("<{name}");
    let mut from = 0;
    let start = loop {
        let at = from + text[from..].find(&open)? + open.len();
        if text[at..].starts_with(['>', ' ', '\t', '\r', '\n']) {
            break at + text[at..].find('>')? + 1;
        }
        from = at;
    };
    let end = start + text[start..].find(&format!("</{name}>"))?;
    Some((&text[start..end], &text[end + name.len() + 3..]))
}

fn without_comments(text: &str) -> Result<String, String> {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, comment)) = rest.split_once("<!--") {
        kept.push_str(before);
        rest = comment.split_once("-->").ok_or("has a comment without an end")?.1;
    }
    kept.push_str(rest);
    Ok(kept)
}

fn unescape(text: &str) -> Result<String, String> {
    if let Some(raw) = text.strip_prefix("<![CDATA[").and_then(|rest| rest.strip_suffix("]]>")) {
        return Ok(raw.to_owned());
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('&') {
        plain.push_str(before);
        let (entity, behind) = behind.split_once(';').ok_or("has a `&` without `;`")?;
        let number = |digits: &str, radix| u32::from_str_radix(digits, radix).ok();
        let character = match entity {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => entity
                .strip_prefix("#x")
                .and_then(|digits| number(digits, 16))
                .or_else(|| entity.strip_prefix('#').and_then(|digits| number(digits, 10)))
                .and_then(char::from_u32),
        };
        plain.push(character.ok_or_else(|| format!("has an unknown entity `&{entity};`"))?);
        rest = behind;
    }
    plain.push_str(rest);
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_are_read_in_order() {
        let text = "<?xml version=\"1.0\"?>\n<!-- <property> --><configuration>\n\
            <property><name> a </name><value>1 &lt;&#x41;&#66;&amp;</value></property>\n\
            <property><name>b</name><value>x</value><final>true</final></property>\
            <property><name>b</name><value>y</value></property>\
            <property><name>no.value</name></property>\
            <property ><name>c</name><value></value></property></configuration>";
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        assert_eq!(parse(text).unwrap(), [("a", "1 <AB&"), ("b", "x"), ("c", "")].map(owned));
    }

    #[test]
    fn what_is_no_configuration_is_refused() {
        for text in ["", "<x/>", "<configuration>", "<!-- <configuration></configuration>"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
