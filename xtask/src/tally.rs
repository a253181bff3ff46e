//! Counts tests from what `cargo test` prints, while it prints it.
//!
//! Invariant: a test program that announced itself and never reported (it aborted, or was
//! killed) counts as one failure, so a crash cannot look like a pass.

/// The running count. Feed it the output in chunks of any size.
#[derive(Debug, Default)]
pub struct Tally {
    passed: u64,
    failed: u64,
    /// A test program has announced itself and has not reported yet.
    running: bool,
    partial: Vec<u8>,
}

impl Tally {
    /// Takes the next piece of output; it may end in the middle of a line.
    pub fn feed(&mut self, chunk: &[u8]) {
        for &byte in chunk {
            if byte == b'\n' {
                let line = std::mem::take(&mut self.partial);
                self.line(&String::from_utf8_lossy(&line));
            } else {
                self.partial.push(byte);
            }
        }
    }

    /// Tests that passed.
    pub fn passed(&self) -> u64 {
        self.passed
    }

    /// Tests that failed, and test programs that died without a word.
    pub fn failed(&self) -> u64 {
        self.failed + u64::from(self.running)
    }

    fn line(&mut self, line: &str) {
        if line.starts_with("test result:") {
            self.passed += count_before(line, "passed");
            self.failed += count_before(line, "failed");
            self.running = false;
        } else if line.starts_with("running ")
            && (line.ends_with(" test") || line.ends_with(" tests"))
        {
            self.failed += u64::from(self.running);
            self.running = true;
        }
    }
}

/// The number in front of a word: 3 for `passed` in `ok. 3 passed; 0 failed;`.
fn count_before(line: &str, word: &str) -> u64 {
    let mut before = "";
    for piece in line.split([' ', ';']).filter(|piece| !piece.is_empty()) {
        if piece == word {
            return before.parse().unwrap_or(0);
        }
        before = piece;
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(output: &str) -> (u64, u64) {
        let mut tally = Tally::default();
        tally.feed(output.as_bytes());
        (tally.passed(), tally.failed())
    }

    const TWO_PROGRAMS: &str = "\n\
        running 3 tests\ntest a ... ok\ntest b ... ok\ntest c ... FAILED\n\n\
        test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out\n\n\
        running 1 test\ntest d ... ok\n\n\
        test result: ok. 1 passed; 0 failed; 4 ignored; 0 measured; finished in 0.00s\n\n";

    #[test]
    fn results_of_all_programs_are_added() {
        assert_eq!(counted(TWO_PROGRAMS), (3, 1));
        assert_eq!(counted(""), (0, 0));
    }

    #[test]
    fn the_size_of_the_chunks_does_not_matter() {
        for size in 1..40 {
            let mut tally = Tally::default();
            TWO_PROGRAMS.as_bytes().chunks(size).for_each(|chunk| tally.feed(chunk));
            assert_eq!((tally.passed(), tally.failed()), (3, 1), "chunks of {size}");
        }
    }

    #[test]
    fn a_program_that_dies_is_a_failure() {
        assert_eq!(counted("running 5 tests\ntest a ... "), (0, 1));
        assert_eq!(
            counted("running 5 tests\nrunning 1 test\ntest result: ok. 1 passed; 0 failed;\n"),
            (1, 1)
        );
    }

    #[test]
    fn talk_about_results_is_not_a_result() {
        assert_eq!(counted("  test result: ok. 9 passed; 0 failed;\nrunning late\n"), (0, 0));
    }
}
