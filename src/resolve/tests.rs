//! Tests of resolving, each through [`world::World::check`]: one reference in, what became of it
//! out, in a few words.

mod evidence;
mod missing;
mod properties;
mod rulings;
mod world;
