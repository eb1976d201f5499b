//! `-conf` files: Hadoop's XML of properties.
//!
//! ```xml
//! <configuration><property><name>a.b</name><value>c</value></property></configuration>
//! ```
//!
//! Mirrors the reader in `conf.Configuration`, which goes by the names of elements wherever they stand, and follows
//! `<xi:include href="…"/>`. A file that is not there sets nothing, and the job runs all the same.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use howdah_streaming::properties::current_name;

use super::xml::{self, Event};

/// How deep files may include each other.
const MOST_INCLUDES: usize = 50;

/// The properties of files, in the order in which they are set.
#[derive(Debug, Default)]
pub(super) struct Configuration {
    properties: Vec<(String, String)>,
    /// Those that no later file may change.
    finals: BTreeSet<String>,
}

impl Configuration {
    /// Adds the properties of a file. Gives whether there is such a file.
    ///
    /// # Errors
    /// A file that cannot be read, or is no configuration: where and why.
    pub(super) fn add(&mut self, path: &Path) -> Result<bool, String> {
        match std::fs::read(path) {
            Ok(bytes) => self.add_document(&bytes, path, 0).map(|()| true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(format!("`{}` cannot be read: {error}", path.display())),
        }
    }

    /// All properties; a later one stands above an earlier one.
    pub(super) fn into_properties(self) -> Vec<(String, String)> {
        self.properties
    }

    fn add_document(&mut self, bytes: &[u8], path: &Path, depth: usize) -> Result<(), String> {
        let of_file = |what: String| format!("`{}`, {what}", path.display());
        if depth > MOST_INCLUDES {
            return Err(of_file("which files include around in a circle".to_owned()));
        }
        let mut property = Property::default();
        let mut text = String::new();
        // A fallback counts only while the include around it has found nothing.
        let (mut is_missing, mut has_fallback) = (None, false);
        for event in xml::read(bytes).map_err(of_file)? {
            match event {
                Event::Text(piece) => text.push_str(&piece),
                Event::Start(name, attributes) => match local(&name) {
                    "name" | "value" | "final" | "source" | "tag" => text.clear(),
                    "property" => property = Property::of_attributes(&attributes),
                    "include" => {
                        let href = attributes.iter().find(|(name, _)| name == "href");
                        let Some((_, href)) = href else { continue };
                        is_missing = (!self.include(href, path, depth)?).then(|| href.clone());
                        has_fallback = false;
                    }
                    "fallback" => has_fallback = true,
                    _ => {}
                },
                Event::End(name) => match local(&name) {
                    "name" if !text.is_empty() => {
                        property.name = Some(text.trim().to_owned());
                    }
                    "value" if !text.is_empty() => property.value = Some(text.clone()),
                    "final" => property.is_final = text == "true",
                    "property" if is_missing.is_some() || !has_fallback => {
                        self.set(std::mem::take(&mut property));
                    }
                    "include" => {
                        if let Some(href) = is_missing.take().filter(|_| !has_fallback) {
                            return Err(of_file(format!(
                                "Fetch fail on include for '{href}' with no fallback: there is no such file"
                            )));
                        }
                        has_fallback = false;
                    }
                    _ => {}
                },
            }
        }
        Ok(())
    }

    /// Adds an included file. Gives whether there is one.
    fn include(&mut self, href: &str, from: &Path, depth: usize) -> Result<bool, String> {
        let href = href.strip_prefix("file:").unwrap_or(href);
        let href = href.strip_prefix("//").unwrap_or(href);
        let path: PathBuf = from.parent().unwrap_or(Path::new("")).join(href);
        match std::fs::read(&path) {
            Ok(bytes) => self.add_document(&bytes, &path, depth + 1).map(|()| true),
            Err(_) => Ok(false),
        }
    }

    fn set(&mut self, property: Property) {
        let (Some(name), Some(value)) = (property.name, property.value) else {
            return; // Hadoop leaves it out too
        };
        let current = current_name(&name);
        if self.finals.contains(current) {
            return;
        }
        if property.is_final {
            self.finals.insert(current.to_owned());
        }
        self.properties.push((name, value));
    }
}

#[derive(Default)]
struct Property {
    name: Option<String>,
    value: Option<String>,
    is_final: bool,
}

impl Property {
    /// What `<property name="…" value="…" final="…">` says.
    fn of_attributes(attributes: &[(String, String)]) -> Self {
        let of = |name: &str| attributes.iter().find(|(of, _)| of == name).map(|(_, v)| v.clone());
        Property {
            name: of("name"),
            value: of("value"),
            is_final: of("final").as_deref() == Some("true"),
        }
    }
}

/// A name without its prefix.
fn local(name: &str) -> &str {
    name.split_once(':').map_or(name, |(_, local)| local)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The properties that documents set, one after the other, as `a=1 b=2`.
    fn read(documents: &[&str]) -> Result<String, String> {
        let folder = tempfile::Builder::new().prefix("configuration").tempdir().unwrap();
        std::fs::write(folder.path().join("d.xml"), of("<property name='d' value='D'/>")).unwrap();
        std::fs::write(folder.path().join("self.xml"), of("<include href='self.xml'/>")).unwrap();
        let mut configuration = Configuration::default();
        for document in documents {
            let path = folder.path().join("c.xml");
            std::fs::write(&path, document).unwrap();
            assert!(configuration.add(&path)?);
        }
        let properties = configuration.into_properties();
        let shown = properties.iter().map(|(name, value)| format!("{name}={value}"));
        Ok(shown.collect::<Vec<_>>().join(" "))
    }

    fn of(content: &str) -> String {
        format!("<configuration>{content}</configuration>")
    }

    #[test]
    fn properties_are_read_in_order() {
        let text = "<?xml version=\"1.0\"?>\n<!-- <property> --><configuration>\n\
            <property><name> a </name><value>1&lt;&#x41;</value></property>\n\
            <property><name>b</name><value>x</value><final>true</final></property>\
            <property><name>b</name><value>y</value></property>\
            <property><name>no.value</name></property>\
            <property name='c' value='1'><value>2</value></property></configuration>";
        assert_eq!(read(&[text]).unwrap(), "a=1<A b=x c=2");
    }

    #[test]
    fn a_final_property_stays_in_later_files() {
        let first = of("<property name='a' value='1' final='true'/>");
        let later = of("<property name='a' value='2'/><property name='b' value='3'/>");
        assert_eq!(read(&[&first, &later]).unwrap(), "a=1 b=3");
        let old = first.replace("'a'", "'mapred.job.name'");
        let new = later.replace("'a'", "'mapreduce.job.name'");
        assert_eq!(read(&[&old, &new]).unwrap(), "mapred.job.name=1 b=3");
    }

    #[test]
    fn files_include_each_other() {
        let fallback =
            "<include href='none'><fallback><property name='f' value='F'/></fallback></include>";
        assert_eq!(read(&[&of("<include href='d.xml'/>")]).unwrap(), "d=D");
        assert_eq!(read(&[&of(&fallback.replace("none", "d.xml"))]).unwrap(), "d=D");
        assert_eq!(read(&[&of(fallback)]).unwrap(), "f=F");
        assert!(read(&[&of("<include href='none'/>")]).unwrap_err().contains("no fallback"));
        assert!(read(&[&of("<include href='self.xml'/>")]).unwrap_err().contains("circle"));
    }

    #[test]
    fn a_file_that_is_not_there_sets_nothing() {
        assert_eq!(Configuration::default().add(Path::new("no/such/file")), Ok(false));
    }
}
