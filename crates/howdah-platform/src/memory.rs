//! How much memory this machine may give.

use std::fs;
use std::path::{Component, Path, PathBuf};

/// The memory in bytes that this process may use: the machine's, or the limit of a control group that it is in where
/// that is lower. `None` where the system does not say.
pub fn available_bytes() -> Option<u64> {
    available_bytes_below(Path::new("/"))
}

/// The same, as the files below `root` say it, where `proc` and `sys/fs/cgroup` are looked for.
///
/// ```
/// use howdah_platform::memory::available_bytes_below;
///
/// # let root = std::env::temp_dir().join("there is no such folder");
/// assert_eq!(available_bytes_below(&root), None);
/// ```
pub fn available_bytes_below(root: &Path) -> Option<u64> {
    let machine = fs::read_to_string(root.join("proc/meminfo")).ok();
    let machine = machine.and_then(|text| total_of(&text));
    machine.into_iter().chain(group_limits(root)).min()
}

/// `MemTotal` of `/proc/meminfo`, in bytes.
fn total_of(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// The limits of this process's control group and of those that this one is in: each of them holds.
fn group_limits(root: &Path) -> Vec<u64> {
    let groups = fs::read_to_string(root.join("proc/self/cgroup")).unwrap_or_default();
    let mounted = root.join("sys/fs/cgroup");
    // Without a line of a version, its topmost group is looked at all the same: that of a container.
    let first = Hierarchy { folder: mounted.join("memory"), files: &["memory.limit_in_bytes"] };
    let second = Hierarchy { folder: mounted, files: &["memory.max", "memory.high"] };
    let mut limits = first.limits(group_of(&groups, |controllers| {
        controllers.split(',').any(|controller| controller == "memory")
    }));
    limits.extend(second.limits(group_of(&groups, str::is_empty)));
    limits
}

/// The path of a group, of `NUMBER:CONTROLLERS:PATH` in `/proc/self/cgroup`.
fn group_of(groups: &str, is_it: impl Fn(&str) -> bool) -> &Path {
    let fields = groups.lines().filter_map(|line| line.split_once(':')?.1.split_once(':'));
    let path = fields.filter(|(controllers, _)| is_it(controllers)).map(|(_, path)| path).next();
    Path::new(path.unwrap_or("/"))
}

/// Where the control groups of a version are, and which files hold their limits.
struct Hierarchy {
    folder: PathBuf,
    files: &'static [&'static str],
}

impl Hierarchy {
    /// The limits of a group and of all above it. In a container the path may be that of the machine outside, of which
    /// only the top is here.
    fn limits(&self, group: &Path) -> Vec<u64> {
        let mut folders = vec![self.folder.clone()];
        for component in group.components() {
            match component {
                Component::Normal(name) => folders.push(folders[folders.len() - 1].join(name)),
                Component::ParentDir => break, // it lies outside of what is shown here
                _ => {}
            }
        }
        let files =
            folders.iter().flat_map(|folder| self.files.iter().map(|file| folder.join(file)));
        // `max`, and what is not there, is no limit.
        files.filter_map(|file| fs::read_to_string(file).ok()?.trim().parse().ok()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A root folder with a machine of 8 MiB and these files.
    fn available(files: &[(&str, &str)]) -> Option<u64> {
        let root = tempfile::tempdir().unwrap();
        for (name, text) in files.iter().chain(&[("proc/meminfo", "MemTotal:  8192 kB\n")]) {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        available_bytes_below(root.path())
    }

    #[test]
    fn the_total_is_read_in_bytes() {
        assert_eq!(total_of("MemTotal:  2048 kB\nMemFree: 1 kB\n"), Some(2 << 20));
        assert_eq!(total_of("nothing of the kind"), None);
        assert_eq!(available(&[]), Some(8 << 20));
    }

    #[test]
    fn a_group_and_all_above_it_limit_memory() {
        let own = ("proc/self/cgroup", "0::/jobs/one\n");
        let at = |limits: &[(&'static str, &'static str)]| available(&[&[own], limits].concat());
        assert_eq!(at(&[("sys/fs/cgroup/jobs/one/memory.max", "max\n")]), Some(8 << 20));
        assert_eq!(at(&[("sys/fs/cgroup/jobs/one/memory.max", "4194304\n")]), Some(4 << 20));
        assert_eq!(at(&[("sys/fs/cgroup/jobs/one/memory.high", "3145728\n")]), Some(3 << 20));
        let above = [
            ("sys/fs/cgroup/jobs/one/memory.max", "4194304\n"),
            ("sys/fs/cgroup/jobs/memory.max", "2097152\n"),
        ];
        assert_eq!(at(&above), Some(2 << 20));
        assert_eq!(at(&[("sys/fs/cgroup/jobs/other/memory.max", "1\n")]), Some(8 << 20));
        assert_eq!(at(&[("sys/fs/cgroup/jobs/one/memory.max", "99999999\n")]), Some(8 << 20));
    }

    #[test]
    fn the_first_version_has_a_tree_for_memory() {
        let own = ("proc/self/cgroup", "5:cpu,memory:/jobs\n4:pids:/others\n0::/\n");
        let at = |limits: &[(&'static str, &'static str)]| available(&[&[own], limits].concat());
        let none = "9223372036854771712\n";
        assert_eq!(at(&[("sys/fs/cgroup/memory/memory.limit_in_bytes", none)]), Some(8 << 20));
        let limit = ("sys/fs/cgroup/memory/jobs/memory.limit_in_bytes", "4194304\n");
        assert_eq!(at(&[limit]), Some(4 << 20));
        let others = ("sys/fs/cgroup/memory/others/memory.limit_in_bytes", "1\n");
        assert_eq!(at(&[others]), Some(8 << 20));
    }

    #[test]
    fn a_container_sees_the_top_alone() {
        for own in ["0::/docker/0123abcd\n", "0::/../../outside\n", ""] {
            let limit = ("sys/fs/cgroup/memory.max", "4194304\n");
            assert_eq!(available(&[("proc/self/cgroup", own), limit]), Some(4 << 20), "{own:?}");
        }
    }
}
