//! Temporary files are their user's alone.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::place::{HOWDAH, JOB, Place, Said};

#[test]
fn temporary_folders_are_closed_to_others_whatever_the_umask() {
    const LOOK: &str = "cat >/dev/null; ls -l \"$TMPDIR\" >&2; echo looked\n";
    let place = Place::new(&[("in.txt", "a\n"), ("look.sh", LOOK)]);
    // With a file that is shipped there is a folder of the tasks beside that of the run.
    let run = "umask 0; exec \"$0\" streaming -files in.txt#x -input in.txt -output out -mapper 'sh look.sh'";
    let said = Said::of(&place.command("sh", &["-c", run, HOWDAH]).output().unwrap());
    assert_eq!(said.code, Some(0), "{said:?}");
    let folders: Vec<_> = said.stderr.lines().filter(|line| line.starts_with('d')).collect();
    assert_eq!(folders.len(), 2, "{said:?}");
    assert!(folders.iter().all(|line| line.starts_with("drwx------")), "{folders:?}");
    assert_eq!(fs::read_dir(place.path("temporary")).unwrap().count(), 0, "nothing is left");
}

#[test]
fn a_temporary_folder_where_all_may_rename_is_refused() {
    let place = Place::new(&[("in.txt", "a\n")]);
    let open = place.path("open");
    fs::create_dir(&open).unwrap();
    let allow = |mode| fs::set_permissions(&open, PermissionsExt::from_mode(mode)).unwrap();
    let runs = [
        (JOB, "run in.txt --tmp open -o out"),
        (HOWDAH, "streaming --tmp open -input in.txt -output out -mapper cat"),
        (HOWDAH, "streaming --tmp open -files in.txt#x -input in.txt -output out -mapper cat"),
    ];
    for (program, line) in runs {
        let words: Vec<_> = line.split(' ').collect();
        allow(0o777);
        let said = place.run(program, &words);
        assert_eq!(said.code, Some(5), "{line}: {said:?}");
        assert!(said.stderr.contains("everybody may write in `"), "{said:?}");
        assert!(said.stderr.contains("hint: `chmod +t "), "{said:?}");
        assert_eq!(fs::read_dir(&open).unwrap().count(), 0);
        assert!(!place.path("out").exists());
        allow(0o1777);
        let said = place.run(program, &words);
        assert_eq!(said.code, Some(0), "{line}: {said:?}");
        fs::remove_dir_all(place.path("out")).unwrap();
    }
}

#[test]
fn names_in_a_plan_cannot_leave_their_folder() {
    let place = Place::new(&[("in.txt", "a\n")]);
    for (field, why) in [
        (r#""outputs": ["../x"]"#, "`../x` is no name for an output"),
        (r#""outputs": ["/x"]"#, "`/x` is no name for an output"),
        (r#""files": [{"path": "in.txt", "name": "../x"}]"#, "under the name `../x`"),
        (r#""files": [{"path": "in.txt", "name": ".."}]"#, "under the name `..`"),
    ] {
        let step = format!(
            r#"{{"inputs": [{{"mapper": {{"type": "command", "argv": ["cat"]}}}}], {field}}}"#
        );
        let plan = format!(r#"{{"schema": "howdah.plan/1", "name": "x", "steps": [{step}]}}"#);
        fs::write(place.path("plan.json"), plan).unwrap();
        let words = ["submit", "--on", "local", "plan.json", "in.txt", "-o", "out"];
        let said = place.run(HOWDAH, &words);
        assert_eq!(said.code, Some(2), "{field}: {said:?}");
        assert!(said.stderr.contains(why), "{field}: {said:?}");
    }
}
