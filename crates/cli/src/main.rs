//! The truefill command.
fn main() {}
