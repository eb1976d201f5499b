//! A smaller job with the same difference.

use super::job::Job;

/// Takes parts away for as long as the job still differs; `differs` runs it. Stops after `most` runs.
pub fn shrink(job: &Job, most: usize, mut differs: impl FnMut(&Job) -> bool) -> Job {
    let mut runs = 0;
    let mut smallest = job.clone();
    let mut improved = true;
    while improved {
        improved = false;
        for smaller in candidates(&smallest) {
            runs += 1;
            if runs > most {
                return smallest;
            }
            if differs(&smaller) {
                smallest = smaller;
                improved = true;
                break;
            }
        }
    }
    smallest
}

/// Jobs with something less, the boldest cuts first.
fn candidates(job: &Job) -> Vec<Job> {
    let mut all = Vec::new();
    if job.files.len() > 1 {
        all.extend((0..job.files.len()).map(|at| {
            let mut less = job.clone();
            less.files.remove(at);
            less
        }));
    }
    for (file, (_, pieces)) in job.files.iter().enumerate() {
        let mut size = pieces.len() / 2;
        while size > 0 {
            for from in (0..pieces.len()).step_by(size) {
                let mut less = job.clone();
                let end = (from + size).min(pieces.len());
                less.files[file].1.drain(from..end);
                all.push(less);
            }
            if size > 1 && pieces.len() / size > 8 {
                break; // finer cuts once the bold ones have done their work
            }
            size /= 2;
        }
    }
    all.extend((0..job.settings.len()).map(|at| {
        let mut less = job.clone();
        less.settings.remove(at);
        less
    }));
    all.extend((0..job.options.len()).map(|at| {
        let mut less = job.clone();
        less.options.remove(at);
        less
    }));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::job::Verb;
    use crate::random::make;

    #[test]
    fn only_what_matters_is_left() {
        let mut job = make::job(7);
        job.settings.push(("matters".to_owned(), "1".to_owned()));
        job.files[0].1.push(b"matters\n".to_vec());
        let differs = |job: &Job| {
            job.setting("matters") == "1"
                && job.files.iter().any(|(_, pieces)| pieces.contains(&b"matters\n".to_vec()))
        };
        let shrunk = shrink(&job, 100_000, differs);
        let expected = Job {
            verb: Verb::Run,
            files: vec![(job.files[0].0.clone(), vec![b"matters\n".to_vec()])],
            settings: vec![("matters".to_owned(), "1".to_owned())],
            options: Vec::new(),
        };
        assert_eq!(shrunk, expected);
    }

    #[test]
    fn a_seed_gives_one_job() {
        assert_eq!(make::job(1), make::job(1));
        assert_ne!(make::job(1), make::job(2));
    }
}
