//! What the compiler says to the author of a job, and what it must not say anything to.

#[test]
fn mistakes_are_told_in_the_words_of_a_job() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/accepted.rs");
    for mistake in [
        "combiner_emits_key",
        "counter_with_comma",
        "float_key",
        "joined_types",
        "lines_of_tuples",
        "loop_body",
        "map_key",
        "owned_emit",
        "sorted_floats",
        "step_mismatch",
        "sum_of_strings",
        "wrong_emit",
        "wrong_signature",
    ] {
        cases.compile_fail(format!("tests/ui/{mistake}.rs"));
    }
}
