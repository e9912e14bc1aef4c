//! PACT.
fn main() {}
