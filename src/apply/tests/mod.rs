//! What apply, verify and undo promise, against a target in memory.
//!
//! In: small plans and faults, by table and at random. Out: broken promises. What the service
//! refuses is tested in its own room.

mod crashes;
mod earlier;
mod protocol;
mod way_back;
mod world;
