//! The README's way to a cluster, by its own commands.

use std::fs;
use std::path::Path;
use std::process::Command;

use howdah_tests::cluster::succeed;

/// The commands after the cluster is up, which it is here. It is the one that `exec` finds.
#[test]
fn from_a_cluster_to_counts() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let readme = fs::read_to_string(repository.join("README.md")).unwrap();
    let (_, section) = readme.split_once("\n## On a cluster\n").unwrap();
    let (_, block) = section.split_once("```bash\n").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    let (up, rest) = block.split_once('\n').unwrap();
    assert_eq!(up, "./scripts/hadoop-cluster up --install");
    let session = rest.replace("./scripts/hadoop-cluster exec -- ", "");
    let output = succeed(
        Command::new("bash").args(["-euxo", "pipefail", "-c", &session]).current_dir(repository),
    );
    let counts = String::from_utf8(output.stdout).unwrap();
    assert!(counts.lines().any(|line| line.starts_with("\"howdah\"\t")), "{counts}");
}
