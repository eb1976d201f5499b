//! A loop's body that gives other records than it takes.

use howdah::{Flow, Out, Pairs};

fn main() {
    let _ = Flow::<Pairs<String, u64>>::read().repeat_times(3, |counts| {
        counts.map_fn(|(word, n), out: &mut Out<u64, String>| out.emit(n, word)).map_only()
    });
}
