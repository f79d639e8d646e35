//! Rules about access: who may be changed, and who must stay able to sign in.
//!
//! Data only; see [`Rule`] for what each field says.

use crate::model::rules::{Code, Rule, Severity};

pub(super) const ACC009: Rule = Rule {
    code: Code::Acc009,
    severity: Severity::Error,
    title: "changes access mode or business unit of the caller, a built-in user or the last \
          System Administrator",
    what: "No change may move, strip or switch the mode of the user who applies the plan or of \
          a user of the service itself, and somebody enabled must keep the role System \
          Administrator: here, roles that the plan removes. All removals are looked at \
          together. The service refuses the last one (`0x80041d2f`, an assumed code).",
    why: "Whoever strips the caller cuts off the branch that the run sits on, and an \
          environment without a System Administrator can be mended by Microsoft's support \
          alone.",
    example: "`System Administrator` is removed from Ana Costa and Ben Okoro, and nobody else who \
          is enabled has it.",
    cure: "Drop the removal from the roles file, or give the role to another enabled user by a \
          row of it.",
    source: "design 8",
    guards: false,
    keep_out: false,
};
