//! The fuzzer's program: libFuzzer brings the cases, `CUTOVER_FUZZ_TARGET` names the target.
//!
//! In: cases. Out: a crash where a target finds that something does not hold, or where more memory is
//! asked for at once than any file of a few kilobytes can need.

#![no_main]

mod targets;

use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr::null_mut;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;

/// What one allocation may take. libFuzzer's own limit needs a sanitizer's hooks, which a stable
/// toolchain has not.
const ALLOCATION_MAX: usize = 1 << 30;

struct Limited;

#[global_allocator]
static ALLOCATOR: Limited = Limited;

// SAFETY: everything is handed to the system's allocator as it came, or answered as it answers when
// there is no room.
unsafe impl GlobalAlloc for Limited {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.size() > ALLOCATION_MAX {
            return null_mut();
        }
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if layout.size() > ALLOCATION_MAX {
            return null_mut();
        }
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if size > ALLOCATION_MAX {
            return null_mut();
        }
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

static TARGET: LazyLock<fn(&[u8])> = LazyLock::new(|| {
    let wanted = std::env::var("CUTOVER_FUZZ_TARGET").unwrap_or_default();
    let found = targets::TARGETS.iter().find(|(name, _)| *name == wanted);
    let Some((_, target)) = found else {
        let names = targets::TARGETS.iter().map(|(name, _)| *name);
        eprintln!(
            "CUTOVER_FUZZ_TARGET is `{wanted}`; there are: {}",
            names.collect::<Vec<_>>().join(" ")
        );
        std::process::exit(2);
    };
    *target
});

fuzz_target!(|bytes: &[u8]| (*TARGET)(bytes));
