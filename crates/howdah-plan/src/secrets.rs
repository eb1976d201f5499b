//! What looks like a secret in a job's command line, and how to speak of a job without saying it.
//!
//! A property given by `-D` is seen by everybody who may list the processes of the machine, who may open the job's
//! configuration in the web pages of YARN and of the job history, or who reads the environment of a task: Hadoop
//! Streaming puts all properties there.

use std::borrow::Cow;
use std::fmt;

/// What to do with a secret instead.
pub const HINT: &str = "put it into a credential store that only you can read, and name that: \
    `hadoop credential create NAME -provider jceks://…`, `-D hadoop.security.credential.provider.path=jceks://…`; \
    or let the cluster's machines have a role of their own, which needs no secret at all";

/// Something that looks like a secret. It holds the secret's name, never its value.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Secret {
    /// The property, or the option of a command, that holds it.
    pub name: String,
    /// What it looks like: `its name ends like a password's`.
    pub why: &'static str,
}

impl Secret {
    /// What looks like a secret by its value alone, whatever it is called.
    pub fn of_value(name: &str, value: &str) -> Option<Self> {
        why_value(value).map(|why| Secret { name: name.to_owned(), why })
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` looks like a secret: {}", self.name.escape_debug(), self.why)
    }
}

/// The properties that look like secrets, by their names or by their values, in the given order.
///
/// Properties that hold an environment (`mapreduce.map.env`) or options of Java (`mapreduce.map.java.opts`) are looked
/// into.
///
/// ```
/// let properties = [
///     ("fs.s3a.secret.key".to_owned(), "wJalrXUtnFEMI/K7MDENG".to_owned()),
///     ("stream.num.map.output.key.fields".to_owned(), "2".to_owned()),
/// ];
/// let secrets = howdah_plan::secrets::find(&properties);
/// assert_eq!(secrets.len(), 1);
/// assert_eq!(secrets[0].to_string(), "`fs.s3a.secret.key` looks like a secret: its name ends like a secret key's");
/// ```
pub fn find(properties: &[(String, String)]) -> Vec<Secret> {
    let has_id = properties.iter().any(|(_, value)| runs(value).any(is_aws_id));
    let look = |(name, value): &(String, String)| {
        let beside = || (has_id && is_aws_secret(value)).then_some(AWS_PAIR);
        let why = why(name, value).or_else(beside)?;
        Some(Secret { name: name.clone(), why })
    };
    properties.iter().filter_map(look).collect()
}

/// The words of a command that look like secrets: `--password VALUE`, `--password=VALUE`, and values that look so by
/// themselves.
///
/// ```
/// let words = ["./job", "map", "--api-key", "k1234567"].map(str::to_owned);
/// let secrets = howdah_plan::secrets::find_in_command(&words);
/// assert_eq!(secrets[0].name, "--api-key");
/// ```
pub fn find_in_command(words: &[String]) -> Vec<Secret> {
    in_command(words).into_iter().map(|(secret, _)| secret).collect()
}

/// A command on one line as it may be shown: its words, with `********` for those that look like secrets.
///
/// ```
/// use howdah_plan::secrets::hidden_in_command;
///
/// let words = ["./job", "--user=me", "--password=hunter2"].map(str::to_owned);
/// assert_eq!(hidden_in_command(&words), "./job --user=me --password=********");
/// ```
pub fn hidden_in_command(words: &[String]) -> String {
    hidden_words(words).join(" ")
}

/// The words of a command as they may be shown, each by itself.
///
/// ```
/// use howdah_plan::secrets::hidden_words;
///
/// let words = ["./job", "--password", "hunter2"].map(str::to_owned);
/// assert_eq!(hidden_words(&words), ["./job", "--password", "********"]);
/// ```
pub fn hidden_words(words: &[String]) -> Vec<String> {
    let secrets = in_command(words);
    let shown = words.iter().map(|word| {
        let before = secrets.iter().find_map(|(_, secret)| word.strip_suffix(secret));
        match before {
            Some(before) if before.is_empty() || before.ends_with('=') => {
                before.to_owned() + HIDDEN
            }
            _ => word.clone(),
        }
    });
    shown.collect()
}

/// The value of a property as it may be shown: itself, or `********`.
///
/// This hides more than [`find`] complains of: whatever Hadoop itself would not show, too.
///
/// ```
/// use howdah_plan::secrets::hidden;
///
/// assert_eq!(hidden("mapreduce.job.reduces", "2"), "2");
/// assert_eq!(hidden("javax.jdo.option.ConnectionPassword", "hive"), "********");
/// ```
pub fn hidden<'a>(name: &str, value: &'a str) -> Cow<'a, str> {
    if why(name, value).is_some() || is_hidden_by_hadoop(name) {
        Cow::Borrowed(HIDDEN)
    } else {
        Cow::Borrowed(value)
    }
}

/// Whether a text looks like a secret by itself, whatever its name.
pub fn why_value(value: &str) -> Option<&'static str> {
    let is_key = |rest: &str| !rest.starts_with("CERTIFICATE") && !rest.starts_with("PUBLIC KEY");
    if value.split("-----BEGIN ").skip(1).any(is_key) {
        return Some("its value is a private key");
    }
    if value.match_indices("://").any(|(at, _)| has_password(&value[at + 3..])) {
        return Some("its value is an address with a password");
    }
    (runs(value).any(is_aws_id) && runs(value).any(is_aws_secret)).then_some(AWS_PAIR)
}

/// The secrets among the words of a command, each with the text that is one.
pub fn in_command(words: &[String]) -> Vec<(Secret, &str)> {
    let mut found = Vec::new();
    let mut words = words.iter().peekable();
    while let Some(word) = words.next() {
        let secret = |why| Secret { name: option_name(word).to_owned(), why };
        let next = words.peek().map(|next| next.as_str()).filter(|next| !next.starts_with("--"));
        let named = match (word.strip_prefix('-'), word.split_once('=')) {
            (Some(_), Some((name, value))) => why_named(name, value).map(|why| (why, value)),
            (Some(_), None) => {
                next.and_then(|value| why_named(word, value).map(|why| (why, value)))
            }
            (None, _) => None,
        };
        if let Some((why, value)) = named {
            found.push((secret(why), value));
            if !word.contains('=') {
                words.next();
            }
        } else if let Some(why) = why_value(word) {
            found.push((secret(why), word));
        }
    }
    found
}

/// The name of an option; of a word that is none there is nothing to say that is not the secret.
fn option_name(word: &str) -> &str {
    match word.split_once('=') {
        Some((name, _)) if word.starts_with('-') => name,
        None if word.starts_with('-') && why_value(word).is_none() => word,
        _ => "an argument",
    }
}

/// What is shown in the place of a secret.
const HIDDEN: &str = "********";

const AWS_PAIR: &str = "its value is an access key of AWS and its secret";

/// How names of secrets end, written without what parts their words: `fs.s3a.secret.key`, `AWS_SECRET_ACCESS_KEY`,
/// `userPassword`. The end decides, since a name such as `password.file` or `token.renewal.interval` tells where
/// something lies, or how it is used.
const ENDINGS: [(&str, &str); 15] = [
    ("password", "its name ends like a password's"),
    ("passwd", "its name ends like a password's"),
    ("passphrase", "its name ends like a password's"),
    ("keystorepass", "its name ends like a password's"),
    ("secret", "its name ends like a secret's"),
    ("secretkey", "its name ends like a secret key's"),
    ("accesskey", "its name ends like an access key's"),
    ("privatekey", "its name ends like a private key's"),
    ("apikey", "its name ends like an API key's"),
    ("sessionkey", "its name ends like a session key's"),
    ("accountkey", "its name ends like an account key's"),
    ("encryptionkey", "its name ends like an encryption key's"),
    ("token", "its name ends like a token's"),
    ("credential", "its name ends like a credential's"),
    ("credentials", "its name ends like a credential's"),
];

/// Names in Azure's store go on with the account: `fs.azure.account.key.ACCOUNT.blob.core.windows.net`.
const OF_AZURE: [&str; 5] = [
    "account.key.",
    "oauth2.client.secret.",
    "oauth2.user.password.",
    "oauth2.refresh.token.",
    "sas.fixed.token.",
];

fn why(name: &str, value: &str) -> Option<&'static str> {
    let inner = || inner(name, value).find_map(|(name, value)| why_named(name, value));
    why_named(name, value).or_else(inner).or_else(|| why_value(value))
}

fn why_named(name: &str, value: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    if is_none(value) {
        return None;
    }
    let of_azure = name.strip_prefix("fs.azure.").unwrap_or_default();
    let is_endpoint = name.contains("endpoint");
    if !is_endpoint && OF_AZURE.iter().any(|part| of_azure.contains(part)) {
        return Some("it is a secret of an account at Azure");
    }
    let letters: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let (ending, why) = ENDINGS.iter().rev().find(|(ending, _)| letters.ends_with(ending))?;
    let is_secret = match *ending {
        // A word for the machine to split at, as jobs on language have it, is shorter.
        "token" => value.len() >= 12 && !value.contains(char::is_whitespace),
        // Often the file that has them.
        "credential" | "credentials" => !value.starts_with('/') && !value.contains("://"),
        _ => true,
    };
    is_secret.then_some(why)
}

/// Whether a value says by itself that it is no secret: nothing, a switch, or a place where Hadoop finds the value.
fn is_none(value: &str) -> bool {
    let is_reference = value.starts_with("${") && value.ends_with('}');
    value.is_empty() || is_reference || ["true", "false", "none"].contains(&value)
}

/// The entries of a property that holds an environment or options of Java.
fn inner<'a>(name: &str, value: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let last = name.rsplit(['.', '-']).next().unwrap_or_default();
    let has_entries = matches!(last, "env" | "opts") || name == "stream.addenvironment";
    let entries = if has_entries { value } else { "" };
    let entries = entries.split([',', ' ']).filter_map(|entry| entry.split_once('='));
    entries.map(|(name, value)| (name.trim_start_matches("-D"), value))
}

/// Whether an address, from behind its `://`, says a password.
fn has_password(address: &str) -> bool {
    let end = |c: char| matches!(c, '/' | '?' | '#' | '\'' | '"' | ',') || c.is_whitespace();
    let authority = address.split(end).next().unwrap_or_default();
    let user = authority.rsplit_once('@').map(|(user, _)| user);
    let password = user.and_then(|user| user.split_once(':')).map(|(_, password)| password);
    password.is_some_and(|password| !is_none(password))
}

/// The parts of a value that have the letters of keys.
fn runs(value: &str) -> impl Iterator<Item = &str> {
    value.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '/' | '+')))
}

/// `AKIA` or, of a session, `ASIA`, and sixteen letters: by itself no secret.
fn is_aws_id(run: &str) -> bool {
    let is_upper = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
    run.len() == 20
        && (run.starts_with("AKIA") || run.starts_with("ASIA"))
        && run.chars().all(is_upper)
}

/// Forty letters of base 64; a hash in hexadecimal digits has no upper and lower ones.
fn is_aws_secret(run: &str) -> bool {
    let has = |is: fn(&char) -> bool| run.chars().any(|c| is(&c));
    run.len() == 40
        && has(char::is_ascii_uppercase)
        && has(char::is_ascii_lowercase)
        && run.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '+'))
}

/// Names that Hadoop's `ConfigRedactor` hides: the patterns of `hadoop.security.sensitive-config-keys`, each as parts
/// that follow each other. The second list is of those that must end a name.
const PATTERNS: [&[&str]; 17] = [
    &["fs.s3a", "server-side-encryption.key"],
    &["fs.s3a.encryption.algorithm"],
    &["fs.s3a.encryption.key"],
    &["fs.s3a", "secret.key"],
    &["fs.s3a", "session.key"],
    &["fs.s3a", "session.token"],
    &["fs.azure.account.key."],
    &["fs.azure.oauth2."],
    &["fs.adl.oauth2."],
    &["fs.gs.encryption."],
    &["fs.gs.proxy."],
    &["fs.gs.auth."],
    &["oauth", "secret"],
    &["oauth", "password"],
    &["oauth", "token"],
    &["hadoop.security.sensitive-config-keys"],
    &["fs.azure.account.oauth2.client.secret"],
];
const PATTERNS_AT_THE_END: [&str; 4] = ["secret", "password", "ssl.keystore.pass", "credential"];

fn is_hidden_by_hadoop(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let follow = |parts: &&[&str]| {
        let behind = |rest: &str, part: &str| rest.find(part).map(|at| at + part.len());
        let mut rest = name.as_str();
        parts.iter().all(|part| behind(rest, part).map(|at| rest = &rest[at..]).is_some())
    };
    PATTERNS.iter().any(follow) || PATTERNS_AT_THE_END.iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_found(name: &str, value: &str) -> bool {
        !find(&[(name.to_owned(), value.to_owned())]).is_empty()
    }

    #[test]
    fn names_of_secrets_are_found() {
        for name in [
            "fs.s3a.secret.key",
            "fs.s3a.bucket.logs.secret.key",
            "fs.s3a.access.key",
            "fs.s3a.session.token",
            "fs.s3a.encryption.key",
            "fs.azure.account.key.data.blob.core.windows.net",
            "fs.azure.account.oauth2.client.secret.data.dfs.core.windows.net",
            "fs.azure.sas.fixed.token.data.dfs.core.windows.net",
            "fs.gs.auth.service.account.private.key",
            "fs.adl.oauth2.credential",
            "ssl.client.truststore.password",
            "hadoop.ssl.keystore.pass",
            "mapreduce.map.env.AWS_SECRET_ACCESS_KEY",
            "my.api-key",
            "PGPASSWORD",
            "userPassword",
            "GITHUB_TOKEN",
        ] {
            assert!(is_found(name, "a1b2c3d4e5f6"), "{name}");
            assert_eq!(hidden(name, "a1b2c3d4e5f6"), "********", "{name}");
        }
    }

    #[test]
    fn names_that_only_have_such_words_are_not() {
        for (name, value) in [
            ("mapreduce.job.token.tracking.ids.enabled", "true"),
            ("mapreduce.job.complete.cancel.delegation.tokens", "false"),
            ("mapreduce.map.output.key.class", "org.apache.hadoop.io.Text"),
            ("mapreduce.map.output.key.field.separator", "."),
            ("stream.num.map.output.key.fields", "2"),
            ("mapreduce.partition.keycomparator.options", "-k1,1"),
            ("hadoop.security.credential.provider.path", "jceks://hdfs/user/me/keys.jceks"),
            ("hadoop.security.group.mapping.ldap.bind.password.file", "/etc/pw"),
            (
                "fs.s3a.aws.credentials.provider",
                "com.amazonaws.auth.InstanceProfileCredentialsProvider",
            ),
            ("fs.azure.account.oauth2.refresh.token.endpoint", "https://login/oauth2/token"),
            ("google.application.credentials", "/etc/key.json"),
            ("hadoop.security.token.service.use_ip", "true"),
            ("yarn.resourcemanager.delegation.token.renew-interval", "86400000"),
            ("my.unknown.token", "<unk>"),
            ("ssl.require.password", "true"),
            ("my.password", "${env.MY_PASSWORD}"),
            ("my.password", ""),
            ("mapreduce.job.cache.files", "s3://bucket/a@b:c"),
            ("mapreduce.map.env", "LC_ALL=C,KEY=2"),
            ("some.hash", "0123456789abcdef0123456789abcdef01234567"),
            ("some.certificate", "-----BEGIN CERTIFICATE-----"),
            ("proxy", "http://proxy:3128/"),
            ("proxy", "http://me@proxy:3128/"),
        ] {
            assert!(!is_found(name, value), "{name}={value}");
        }
    }

    #[test]
    fn values_that_are_secrets_are_found_under_any_name() {
        for value in [
            "jdbc:mysql://me:hunter2@db/books",
            "see http://a:b@h",
            "-----BEGIN RSA PRIVATE KEY-----",
            "AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        ] {
            assert!(is_found("my.setting", value), "{value}");
        }
        assert!(!is_found("my.setting", "AKIAIOSFODNN7EXAMPLE"));
    }

    #[test]
    fn the_secret_of_an_access_key_is_found_beside_it() {
        let id = ("a".to_owned(), "AKIAIOSFODNN7EXAMPLE".to_owned());
        let secret = ("b".to_owned(), "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned());
        assert_eq!(find(std::slice::from_ref(&secret)), []);
        let found = find(&[id, secret]);
        assert_eq!(found, [Secret { name: "b".to_owned(), why: AWS_PAIR }]);
    }

    #[test]
    fn environments_and_options_of_java_are_looked_into() {
        assert!(is_found("mapreduce.map.env", "LC_ALL=C,DB_PASSWORD=hunter2"));
        assert!(is_found("stream.addenvironment", "HADOOP_ROOT_LOGGER= API_KEY=k"));
        assert!(is_found(
            "mapreduce.map.java.opts",
            "-Xmx1g -Djavax.net.ssl.keyStorePassword=hunter2"
        ));
        assert!(!is_found("mapreduce.map.java.opts", "-Xmx1g -Da.token.kind=x"));
    }

    #[test]
    fn options_of_commands_are_found() {
        let names = |command: &str| {
            let words: Vec<_> = command.split(' ').map(str::to_owned).collect();
            let found = in_command(&words).into_iter();
            found.map(|(secret, text)| (secret.name, text.to_owned())).collect::<Vec<_>>()
        };
        let found = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        assert_eq!(names("./job map --step 0 --min-key 3 --tokens 12"), []);
        assert_eq!(names("./job map --password hunter2 -v"), [found("--password", "hunter2")]);
        assert_eq!(names("./job --db.password=x=y"), [found("--db.password", "x=y")]);
        assert_eq!(names("./job --ask-password --verbose"), []);
        assert_eq!(names("./job http://a:b@h"), [found("an argument", "http://a:b@h")]);
        assert_eq!(names("./job --from=http://a:b@h"), [found("--from", "--from=http://a:b@h")]);
    }

    #[test]
    fn what_is_said_of_a_secret_is_not_the_secret() {
        let words = [
            "./job".to_owned(),
            "--x=http://a:hunter2@h".to_owned(),
            "-http://a:hunter2@h".to_owned(),
        ];
        for secret in find_in_command(&words) {
            assert!(!secret.to_string().contains("hunter2"), "{secret}");
        }
    }

    /// As `org.apache.hadoop.conf.ConfigRedactor` of Hadoop 3.4.2 did with each.
    #[test]
    fn what_hadoop_hides_is_hidden() {
        for (name, is_hidden) in [
            ("fs.s3a.secret.key", true),
            ("fs.s3a.bucket.logs.secret.key", true),
            ("fs.s3a.access.key", false),
            ("fs.azure.account.key.x.blob.core.windows.net", true),
            ("fs.azure.account.oauth2.client.secret.x.dfs.core.windows.net", true),
            ("my.db.password", true),
            ("my.db.password.file", false),
            ("aws.secret", true),
            ("my.token", false),
            ("oauth.my.token", true),
            ("fs.gs.auth.type", true),
            ("fs.gs.proxy.address", true),
            ("fs.s3a.encryption.algorithm", true),
            ("hadoop.security.credential.provider.path", false),
            ("mapreduce.job.token.tracking.ids.enabled", false),
            ("stream.num.map.output.key.fields", false),
            ("ssl.keystore.pass", true),
            ("hadoop.security.sensitive-config-keys", true),
            ("my.credential", true),
            ("fs.s3a.server-side-encryption.key", true),
            ("mapreduce.map.output.key.class", false),
            ("fs.s3a.x.session.token", true),
        ] {
            assert_eq!(is_hidden_by_hadoop(name), is_hidden, "{name}");
        }
    }

    proptest! {
        #[test]
        fn what_is_found_is_hidden(name in "[a-zA-Z.]{0,12}(password|key|token|secret|env)?", value in "\\PC{0,24}") {
            if is_found(&name, &value) {
                prop_assert_eq!(hidden(&name, &value), "********");
            }
        }

        #[test]
        fn any_text_is_judged(words in prop::collection::vec("(-{0,2}[a-z-]{0,4}(password)?)?[=:/@ é$]{0,4}\\PC{0,12}", 0..5)) {
            for (_, text) in in_command(&words) {
                prop_assert!(words.iter().any(|word| word.contains(text)));
            }
        }
    }
}
