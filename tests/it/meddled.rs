//! An environment file as a target, with somebody else writing to it in the middle of an apply.
//!
//! In: what somebody does, and before which change. Out: the target's own answers.

use std::sync::Mutex;
use std::sync::mpsc::{Sender, channel};
use std::thread;

use cutover::model::{Change, Fact, Identity, Outcome, Present, Seq, Subject};
use cutover::target::{Embedded, Feed, Scope, Target, TargetError, feed};

/// An environment file to which another program writes once, just before the batch with a certain
/// change is passed on: its values have been read by then.
pub(crate) struct Meddled<'a> {
    target: Embedded,
    before: Seq,
    meddle: Mutex<Option<Box<dyn FnOnce() + Send + 'a>>>,
}

impl<'a> Meddled<'a> {
    pub(crate) fn new(target: Embedded, before: Seq, meddle: impl FnOnce() + Send + 'a) -> Self {
        Self {
            target,
            before,
            meddle: Mutex::new(Some(Box::new(meddle))),
        }
    }

    /// Whether the moment has come.
    pub(crate) fn has_meddled(&self) -> bool {
        self.meddle.lock().unwrap().is_none()
    }

    fn look(&self, batch: &[Change]) {
        if batch.iter().any(|change| change.seq == self.before) {
            let meddle = self.meddle.lock().unwrap().take();
            meddle.expect("a change is passed on once")();
        }
    }
}

impl Target for Meddled<'_> {
    fn identity(&self) -> Result<Identity, TargetError> {
        self.target.identity()
    }

    fn facts(&self, scope: &Scope, sink: &mut dyn FnMut(Fact)) -> Result<(), TargetError> {
        self.target.facts(scope, sink)
    }

    fn present(&self, subjects: &[Subject]) -> Result<Vec<Present>, TargetError> {
        self.target.present(subjects)
    }

    /// One stage is one call, as without this in between; but a batch at a time.
    fn write(
        &self,
        stage: &Feed<Change>,
        done: &Sender<(Seq, Outcome)>,
    ) -> Result<(), TargetError> {
        let ((sender, inside), (report, outcomes)) = (feed(1), channel());
        let target = &self.target;
        thread::scope(|scope| {
            let writing = scope.spawn(move || target.write(&inside, &report));
            'batches: while let Some(batch) = stage.next() {
                self.look(&batch);
                let count = batch.len();
                if sender.send(batch).is_err() {
                    break;
                }
                for _ in 0..count {
                    let Ok(outcome) = outcomes.recv() else {
                        break 'batches;
                    };
                    done.send(outcome).map_err(|_| TargetError::Unheard)?;
                }
            }
            drop(sender);
            writing.join().expect("the writer does not panic")
        })
    }
}
