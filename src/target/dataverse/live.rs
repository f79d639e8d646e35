//! A live environment as what is written to.
//!
//! In: an open connection, and what of the project a live environment cannot tell. Out: a [`Target`]. Questions and
//! writes are the files beside it; here they are told apart, and what all writes need to know is asked for once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};

use crate::model::{
    Change, Fact, Identity, OrganisationId, Outcome, Present, Seq, Subject, UserId, Write, setting,
};
use crate::target::dataverse::operation::Surroundings;
use crate::target::dataverse::{Caller, Dataverse, DataverseError, present, pull, write};
use crate::target::{Feed, Scope, Target, TargetError, Traffic};

/// A live environment that can be written to.
#[derive(Debug)]
pub struct Live {
    dataverse: Dataverse,
    caller: Caller,
    project: LiveProject,
    known: Mutex<Option<Arc<Surroundings>>>,
}

/// What a project knows of a live environment.
#[derive(Clone, Debug, Default)]
pub struct LiveProject {
    /// The tables that its exports are about.
    pub tables: BTreeSet<String>,
    /// Facts that stand beside those that were pulled, as the manifest has them.
    pub beside: Vec<Fact>,
    /// Whether plug-ins and workflows of the environment's own are bypassed.
    pub bypasses_custom_logic: bool,
}

impl Live {
    /// Signs in; nothing is written yet.
    pub fn open(dataverse: Dataverse, project: LiveProject) -> Result<Self, DataverseError> {
        let caller = dataverse.who_am_i()?;
        Ok(Self {
            dataverse,
            caller,
            project,
            known: Mutex::new(None),
        })
    }

    /// What requests need to know, with the sets of the tables that these changes are about.
    fn surroundings(&self, changes: &[Change]) -> Result<Arc<Surroundings>, DataverseError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let client = &self.dataverse.client;
        let runtime = &self.dataverse.runtime;
        let mut surroundings = match known.take() {
            Some(known) => known,
            None => Arc::new(Surroundings {
                root: client.root().to_string(),
                keeps_roles: runtime.block_on(keeps_roles(&self.dataverse, &self.caller))?,
                bypasses_custom_logic: self.project.bypasses_custom_logic,
                sets: BTreeMap::new(),
            }),
        };
        let tables = changes.iter().filter_map(|change| match &change.write {
            Write::AssignRecord { entity, .. } => Some(entity),
            _ => None,
        });
        for table in tables {
            if surroundings.sets.contains_key(table) {
                continue;
            }
            if let Some(found) = runtime.block_on(pull::definition(client, table))? {
                let sets = &mut Arc::make_mut(&mut surroundings).sets;
                sets.insert(Arc::clone(table), found.set);
            }
        }
        *known = Some(Arc::clone(&surroundings));
        Ok(surroundings)
    }
}

/// Whether users keep their roles when they move (platform facts 3.4).
async fn keeps_roles(dataverse: &Dataverse, caller: &Caller) -> Result<bool, DataverseError> {
    let mut on: BTreeSet<String> = BTreeSet::new();
    let mut take = |fact| {
        if let Fact::Setting { name, value } = fact
            && value.eq_ignore_ascii_case("true")
        {
            on.insert(name);
        }
    };
    pull::settings(&dataverse.client, caller, &mut take).await?;
    Ok(on.contains(setting::OWNERSHIP_ACROSS_UNITS) && on.contains(setting::KEEP_ROLES_ON_MOVE))
}

impl Target for Live {
    fn identity(&self) -> Result<Identity, TargetError> {
        Ok(Identity {
            organisation: OrganisationId(self.caller.organisation),
            host: self.dataverse.host().to_owned(),
            caller: Some(UserId(self.caller.user)),
        })
    }

    fn facts(&self, scope: &Scope, sink: &mut dyn FnMut(Fact)) -> Result<(), TargetError> {
        let mut held = |fact: Fact| {
            if scope.holds(&fact) {
                sink(fact);
            }
        };
        let tables = match scope {
            Scope::All => self.project.tables.clone(),
            Scope::Principals => BTreeSet::new(),
        };
        self.dataverse.facts(&self.caller, &tables, &mut held)?;
        self.project.beside.iter().cloned().for_each(held);
        Ok(())
    }

    fn present(&self, subjects: &[Subject]) -> Result<Vec<Present>, TargetError> {
        let asked = present::present(&self.dataverse.client, subjects);
        Ok(self.dataverse.runtime.block_on(asked)?)
    }

    fn write(
        &self,
        stage: &Feed<Change>,
        done: &Sender<(Seq, Outcome)>,
    ) -> Result<(), TargetError> {
        let Dataverse { runtime, client } = &self.dataverse;
        let mut surroundings = |changes: &[Change]| self.surroundings(changes);
        write::write(runtime, client, stage, &mut surroundings, done)
    }

    fn traffic(&self) -> Option<Traffic> {
        Some(self.dataverse.client.traffic())
    }
}
