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

pub(super) const ACC014: Rule = Rule {
    code: Code::Acc014,
    severity: Severity::Error,
    title: "user of a wish not found, or not one",
    what: "Each row of a users file that wishes something (`change =` in `cutover.toml`) must lead to one \
           user of the environment by what it says of the person: id, UPN, mail or employee id. A full \
           name alone is not enough unless `by_name` accepts it, and a ruling of `owners.csv` is about \
           records and not followed.",
    why: "A wish moves people and strips roles. Done to a namesake, it locks out somebody who had nothing \
          to do with it.",
    example: "The row of `dana@contoso.com` wishes the business unit `Sales`, and the environment has no \
              user of that UPN or mail.",
    cure: "Write the user's UPN or mail into the row; where the person is not in the environment yet, \
           synchronise them first or take the row out.",
    source: "S42, P1.5",
    guards: false,
    keep_out: true,
};

pub(super) const ACC015: Rule = Rule {
    code: Code::Acc015,
    severity: Severity::Error,
    title: "wish that cannot be understood: no such business unit or access mode, or several",
    what: "A wished business unit must be the id, or the name, of one unit of the environment; a wished \
           access mode one of `read-write`, `administrative`, `read` and `non-interactive`. The modes of \
           Microsoft's own users can be given to nobody.",
    why: "To take the unit that sounds alike, or to pass the wish over, would be a guess that shows only \
          when the person cannot see their records.",
    example: "`Sales EMEA` is wished for, and the environment has `Sales - EMEA`; or two units are called \
              `Sales`.",
    cure: "Write the unit's name or id as the environment has it, or one of the four modes; leave the cell \
           blank where nothing shall change.",
    source: "S42, S65, P3.4",
    guards: false,
    keep_out: true,
};

pub(super) const ACC016: Rule = Rule {
    code: Code::Acc016,
    severity: Severity::Error,
    title: "several rows wish different things for one user",
    what: "All that is wished for one user must stand in one row, because it is written as one unit of \
           work. Two rows that lead to the same user and do not wish the same are both stopped.",
    why: "Which of two business units is meant is nothing that the order of rows can decide.",
    example: "Row 12 wishes `Sales` for `ana@contoso.com`; row 80, the same person under her old mail, \
              wishes `Service`.",
    cure: "Join the rows, or take out the one that is wrong.",
    source: "S42",
    guards: false,
    keep_out: true,
};

pub(super) const ACC017: Rule = Rule {
    code: Code::Acc017,
    severity: Severity::Note,
    title: "wished for twice",
    what: "Rows of users files that lead to the same user and wish the same are done once; the later ones \
           count as repeated.",
    why: "Two exports that overlap are no fault. The count shows how much they do.",
    example: "`ana@contoso.com` stands in the file of the head office and in the file of her team.",
    cure: "Nothing needs to be done.",
    source: "promise 6",
    guards: false,
    keep_out: false,
};
