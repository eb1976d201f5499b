//! `${user.name}` and its kin: what Java and the environment say, put into the values of properties.
//!
//! Hadoop looks into Java's system properties and, for `${env.NAME}`, into the environment before it looks for a
//! property of that name. `${env.NAME-x}` is `x` where the variable is not set, `${env.NAME:-x}` also where it is empty.

use std::env;

use howdah_platform::process::user_name;

/// Replaces each reference to the system; those to properties stay.
pub(super) fn expand(text: &str) -> String {
    expand_by(text, &|name| match name.strip_prefix("env.") {
        Some(variable) if !variable.is_empty() => {
            variable_or_default(variable, &|name| env::var(name).ok())
        }
        _ => system_property(name),
    })
}

fn expand_by(text: &str, value_of: &dyn Fn(&str) -> Option<String>) -> String {
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let inner = &rest[start + 2..];
        let end = inner.find(['}', '$', ' ']).filter(|&end| inner[end..].starts_with('}'));
        let value = end.and_then(|end| Some((end, value_of(&inner[..end])?)));
        if let Some((end, value)) = value {
            expanded.push_str(&rest[..start]);
            expanded.push_str(&value);
            rest = &inner[end + 1..];
        } else {
            expanded.push_str(&rest[..start + 2]);
            rest = inner;
        }
    }
    expanded.push_str(rest);
    expanded
}

/// A variable's value, or the default behind the first `:-` or `-`.
fn variable_or_default(text: &str, value_of: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let Some(at) = text.find('-') else { return value_of(text) };
    match text[..at].strip_suffix(':') {
        Some(name) => value_of(name).filter(|value| !value.is_empty()),
        None => value_of(&text[..at]),
    }
    .or_else(|| Some(text[at + 1..].to_owned()))
}

/// Those of Java's system properties that say something of this machine.
fn system_property(name: &str) -> Option<String> {
    let shown = |path: std::path::PathBuf| path.display().to_string();
    Some(match name {
        "user.name" => user_name()?,
        "user.home" => env::var("HOME").ok()?,
        "user.dir" => shown(env::current_dir().ok()?),
        "java.io.tmpdir" => shown(env::temp_dir()),
        "file.separator" => "/".to_owned(),
        "path.separator" => ":".to_owned(),
        "line.separator" => "\n".to_owned(),
        "os.name" => match env::consts::OS {
            "linux" => "Linux",
            "macos" => "Mac OS X",
            other => other,
        }
        .to_owned(),
        "os.arch" => match env::consts::ARCH {
            "x86_64" => "amd64",
            other => other,
        }
        .to_owned(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn references_to_the_system_are_replaced_and_others_stay() {
        let value_of = |name: &str| (name == "user.name").then(|| "ada".to_owned());
        for (text, expanded) in [
            ("/x/${user.name}/${my.own}", "/x/ada/${my.own}"),
            ("${x.${user.name}}", "${x.ada}"),
            ("${user.name", "${user.name"),
            ("${} $ {user.name} ${user .name}", "${} $ {user.name} ${user .name}"),
            ("${user.name}${user.name}", "adaada"),
        ] {
            assert_eq!(expand_by(text, &value_of), expanded);
        }
        assert_eq!(expand("${file.separator}${path.separator}"), "/:");
    }

    /// Observed with Hadoop's `Configuration`.
    #[test]
    fn variables_may_have_defaults() {
        let value_of = |name: &str| match name {
            "SET" => Some("s".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        for (text, value) in [
            ("SET", Some("s")),
            ("NO", None),
            ("NO-d", Some("d")),
            ("NO:-d-e", Some("d-e")),
            ("SET-d", Some("s")),
            ("EMPTY-d", Some("")),
            ("EMPTY:-d", Some("d")),
        ] {
            assert_eq!(variable_or_default(text, &value_of).as_deref(), value, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_names_nothing_of_the_system_stays(text in "[${}a. \\-:]{0,30}") {
            prop_assert_eq!(expand_by(&text, &|_| None), text);
        }
    }
}
