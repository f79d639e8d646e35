//! Which target a project is applied to.

use crate::project::Project;
use crate::run::{Exit, Failure};
use crate::target::Embedded;

/// The environment file, as what is written to.
///
/// Where the manifest names a live environment, the file is a copy of it: writing there would look as if the
/// environment had been written to.
pub(super) fn open(project: &Project) -> Result<Embedded, Failure> {
    let section = &project.manifest.environment;
    if let Some(url) = &section.url {
        return Err(Failure::new(
            Exit::Refused,
            format!(
                "`{url}` is a live environment, and `{}` a copy of it: this version plans for live environments and \
                 does not write to them; nothing was done. To try the plan on the copy, take `url` out of the \
                 manifest",
                section.file
            ),
        ));
    }
    Ok(Embedded::open(&project.environment_file())?)
}
