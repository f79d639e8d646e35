//! A library that may break on what others wrote, called so that it does not break more.
//!
//! In: what to call. Out: its answer, or the words of its panic, which are not printed by themselves: who calls says
//! which file is broken.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::Once;

thread_local! {
    static IS_GUARDED: Cell<bool> = const { Cell::new(false) };
}
static HOOK: Once = Once::new();

/// The answer of `call`, or the words of its panic; whatever it was about to change is not used any more then.
pub fn guarded<T>(call: impl FnOnce() -> T) -> Result<T, String> {
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !IS_GUARDED.get() {
                before(panic);
            }
        }));
    });
    // A guarded call may hold another: what comes after that one is guarded still.
    let within_another = IS_GUARDED.replace(true);
    let answer = catch_unwind(AssertUnwindSafe(call));
    IS_GUARDED.set(within_another);
    answer.map_err(|panic| words(panic.as_ref()))
}

fn words(panic: &(dyn Any + Send)) -> String {
    let words = panic
        .downcast_ref::<&str>()
        .map(|words| (*words).to_owned());
    words
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "its inside makes no sense".to_owned())
}

#[cfg(test)]
mod tests {
    use super::{IS_GUARDED, guarded};

    #[test]
    fn a_call_within_another_ends_no_guard_but_its_own() {
        let outer = guarded(|| {
            let inner = guarded(|| -> u8 { panic!("inside") });
            (inner, IS_GUARDED.get())
        });
        assert_eq!(outer, Ok((Err("inside".to_owned()), true)));
        assert!(!IS_GUARDED.get());
    }
}
