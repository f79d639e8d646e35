//! The `cutover` program: arguments in, exit code out.

fn main() {}
