//! Rules about access: who can sign in, who may be changed, and who must stay able to sign in.
//!
//! Data only; see [`Rule`] for what each field says.

use crate::model::rules::{Code, Rule, Severity};

pub(super) const ACC001: Rule = Rule {
    code: Code::Acc001,
    severity: Severity::Warning,
    title: "disabled, with the reason (no licence, not in the group, by hand, deleted in \
          the directory)",
    what: "Every disabled user who is a person, by the first reason that holds: deleted \
          in the directory, not in it, sign-in blocked there, no licence, not directly \
          in the security group, else by hand in the environment, or entitled again \
          without having signed in since.",
    why: "Each reason has another cure, and only the last lies within the environment. A \
          disabled user can own records and cannot work with them.",
    example: "`dora@contoso.com` is disabled and licensed, and the group `CRM Users` does \
          not have her.",
    cure: "For those who are to work: licence, group or sign-in, as the reason says, \
          given by an administrator of the directory; whoever is entitled again is \
          enabled at the next sign-in and needs a new invitation where the environment \
          invites. For leavers nothing, but see LIC004.",
    source: "S55 S56 S57 S61 S62 P7.3",
    guards: false,
    keep_out: false,
};

pub(super) const ACC002: Rule = Rule {
    code: Code::Acc002,
    severity: Severity::Warning,
    title: "licensed, not in the environment's security group",
    what: "An enabled person has a licence and is not in the group that says who may be a \
          user: the one that the setting `security_group` names, else the only one in \
          `groups`.",
    why: "Licence and group together enable a user. Whoever is outside the group is \
          disabled as soon as the directory is synchronised.",
    example: "The setting `security_group` is `CRM Users`; `ben@contoso.com` is in `Sales \
          Team` only.",
    cure: "Have an administrator add the person to the group, and load `groups` again; or \
          correct the setting where another group is meant.",
    source: "S55 S60 P7.2",
    guards: false,
    keep_out: false,
};

pub(super) const ACC003: Rule = Rule {
    code: Code::Acc003,
    severity: Severity::Warning,
    title: "only through a nested group: not provisioned before the first sign-in (older: \
          ignored)",
    what: "Somebody is in the environment's security group only by way of a group inside \
          it (column `via` of `groups`, or the inner group listed as a member).",
    why: "Nested groups do not make users. Today such a person becomes a user at the \
          first sign-in, too late for roles and records; older releases ignored nested \
          groups altogether.",
    example: "`CRM Users` has the member `Sales Team`, and `cleo@contoso.com` is in \
          `Sales Team`.",
    cure: "Add the person to the group itself.",
    source: "S59 P7.2",
    guards: false,
    keep_out: false,
};

pub(super) const ACC004: Rule = Rule {
    code: Code::Acc004,
    severity: Severity::Error,
    title: "non-interactive limit exceeded: 7, older 5; application users do not count",
    what: "Changes of access mode are counted in the order in which they are written: \
          whoever becomes non-interactive when all places are taken falls. Disabled \
          users count, application users do not. The limit is the setting \
          `MaxNumberOfNonInteractiveUsers`, else 7. The service's code for it is an \
          assumed code.",
    why: "The service refuses the one that is too many. Older documents say 5; an \
          environment of that age has to say so in `settings`.",
    example: "Seven users are non-interactive, and row 4 of the users file wishes the \
          same for `sync@contoso.com`.",
    cure: "Change another non-interactive user to `read-write` or `administrative` by a \
          row above, drop the row, or use an application user, for which there is no \
          limit.",
    source: "S74 S75 S76 P2",
    guards: true,
    keep_out: false,
};

pub(super) const ACC005: Rule = Rule {
    code: Code::Acc005,
    severity: Severity::Warning,
    title: "access mode Administrative, and owns or needs customer data",
    what: "After the plan somebody has the access mode `administrative`, and gets records \
          or a role that reads data.",
    why: "That mode shows the settings and no customer data, whatever roles say: the \
          records have an owner who never sees them.",
    example: "`admin.ben@contoso.com` is `administrative`; row 9 of the accounts names \
          him as owner.",
    cure: "Change the access mode to `read-write`, with a licence, by a row of a users \
          file; or rule for another owner in `owners.csv`.",
    source: "S66",
    guards: false,
    keep_out: false,
};

pub(super) const ACC006: Rule = Rule {
    code: Code::Acc006,
    severity: Severity::Note,
    title: "directory administrator: gets System Administrator, unlicensed also access \
          mode Administrative",
    what: "A user's person has a directory role that rules the service: global (once \
          company) administrator, Dynamics 365 (service) administrator, Power Platform \
          administrator.",
    why: "The service gives such a person System Administrator by itself, and the access \
          mode Administrative where there is no licence. It is not planned and cannot be \
          taken, though directory roles else say nothing of what somebody may do here.",
    example: "`ana@contoso.com` is Global Administrator in Entra and has no Dynamics 365 \
          licence.",
    cure: "Nothing. Where somebody is not to administer, take the directory role first.",
    source: "S48 S49 S50 S51 S84 S89",
    guards: false,
    keep_out: false,
};

pub(super) const ACC007: Rule = Rule {
    code: Code::Acc007,
    severity: Severity::Warning,
    title: "not yet synchronised (cures in order)",
    what: "Somebody of the directory has a licence that makes a user, is let in by the \
          security group, may sign in, and is no user of the environment.",
    why: "Synchronisation takes minutes, not days: whoever is still absent has to be \
          brought in before roles and records can go to that person. A stub user in that \
          place would be a duplicate.",
    example: "`gus@contoso.com` has `Dynamics 365 Sales Enterprise` since Monday and is \
          not in `users`.",
    cure: "In this order: wait some minutes; have an administrator sign out of the admin \
          centre and of the apps, close all browsers and sign in again, which forces a \
          synchronisation; take the licence away and give it again; ask Microsoft's \
          support to reset the synchronisation. Then load `users` again.",
    source: "S04 S06 S07 S08 P7.4",
    guards: false,
    keep_out: false,
};

pub(super) const ACC008: Rule = Rule {
    code: Code::Acc008,
    severity: Severity::Warning,
    title: "unlicensed but enabled: right for Administrative and non-interactive, wrong \
          for Read-Write",
    what: "Somebody of whom LIC001 does not speak is enabled, has an access mode that \
          needs a licence and no licence.",
    why: "Administrators and programs stay in the list of enabled users without a \
          licence, and rightly. Anybody else there is about to be disabled, or is a \
          program whose access mode was never changed.",
    example: "`sync@contoso.com` is a program: enabled, `read-write`, licence taken away \
          last week.",
    cure: "Give a licence to people; give programs one for a moment, change the access \
          mode to non-interactive, and take it away again.",
    source: "S73",
    guards: false,
    keep_out: false,
};

pub(super) const ACC009: Rule = Rule {
    code: Code::Acc009,
    severity: Severity::Error,
    title: "changes access mode or business unit of the caller, a built-in user or the last \
          System Administrator",
    what: "No change may move, strip or switch the mode of the user who applies the plan or of \
          a user of the service itself, and at every stage somebody must be left who can administer: an \
          enabled person, no stub user and no application, with System Administrator of their own and \
          access mode read-write or administrative. Access modes, moves and removed roles are looked at \
          together, in the order in which they are written: a removal counts who was given the role or the \
          access mode before, a change of a user only who is there already. The service refuses the last \
          one (`0x80041d2f`, an assumed code).",
    why: "Whoever strips the caller cuts off the branch that the run sits on, and an \
          environment without a System Administrator can be mended by Microsoft's support \
          alone.",
    example: "Ana Costa is to have access mode read, `System Administrator` is removed from Ben Okoro, and \
          nobody else has it.",
    cure: "Drop the row, or for System Administrator give the role to another enabled user who reads and writes, \
           by a row of a roles file; where a user is moved or gets another access mode, by a plan that is \
           applied before. What the caller himself needs changed, another System Administrator changes by hand \
           after the run.",
    source: "design 8",
    guards: false,
    keep_out: false,
};

pub(super) const ACC010: Rule = Rule {
    code: Code::Acc010,
    severity: Severity::Warning,
    title: "application user without a role",
    what: "An enabled application user has, after the plan, no role of its own and none \
          through a team.",
    why: "An application may do what its roles allow, and without one nothing: every call \
          is refused.",
    example: "`# Migration` has the application id of the integration and no row in \
          `user_roles`.",
    cure: "Give it a security role made for it by a row of a `[[roles]]` file.",
    source: "S78",
    guards: false,
    keep_out: false,
};

pub(super) const ACC011: Rule = Rule {
    code: Code::Acc011,
    severity: Severity::Warning,
    title: "exactly one global administrator",
    what: "Of all people in the directory who are not deleted, one has the role of global \
          (once company) administrator.",
    why: "When that person is away, nobody can give licences, add people to groups or buy \
          seats, all of which the night of a go-live may need.",
    example: "The directory's export names `ana@contoso.com` as the only Global \
          Administrator.",
    cure: "Give a second person the directory role.",
    source: "S52 S53 S54 S90",
    guards: false,
    keep_out: false,
};

pub(super) const ACC012: Rule = Rule {
    code: Code::Acc012,
    severity: Severity::Warning,
    title: "mode to be changed needs the licence for the time of the change (order of \
          steps)",
    what: "A row of a users file changes a person's access mode to administrative or \
          non-interactive. Such an account needs a licence once, so that it is a user, \
          and none afterwards.",
    why: "In the wrong order the user is disabled before the mode was changed, or keeps a \
          paid seat for nothing. Taking the licence has been seen to leave the mode \
          changed back.",
    example: "Row 3 makes `build.agent@contoso.com` non-interactive; his licence is to be \
          freed that day.",
    cure: "Give the licence where there is none and wait until the user is enabled; apply \
          the plan; run `cutover verify`, which reads the mode back; then take the \
          licence away, and verify once more.",
    source: "S69 S72",
    guards: false,
    keep_out: false,
};

pub(super) const ACC013: Rule = Rule {
    code: Code::Acc013,
    severity: Severity::Warning,
    title: "people are ready to sign in while records are still to be assigned",
    what: "The plan assigns records, and somebody who was invited is enabled, licensed, \
          let in by the group and has a role today. Environments of today invite nobody; \
          there the order of go-live says the same of everybody.",
    why: "Whoever works while owners change sees records come and go, and edits what is \
          about to be taken away. The documents say: migrate first, then invite.",
    example: "Ben Okafor accepted his invitation on Friday; his 412 accounts are assigned \
          on Saturday night.",
    cure: "Send invitations after `cutover verify` was clean, or tell the people when to \
          begin.",
    source: "S11 S10 S85",
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

pub(super) const ACC018: Rule = Rule {
    code: Code::Acc018,
    severity: Severity::Error,
    title: "access mode of an application user",
    what: "A row of a users file wishes another access mode for an application user \
          (`0x80040d40`).",
    why: "Application users are non-interactive for good, do not count towards the limit, \
          and the service refuses to change it.",
    example: "Row 6 wishes `read-write` for `# Migration`, who has an application id.",
    cure: "Drop the wish from the users file.",
    source: "S76 P2",
    guards: true,
    keep_out: false,
};

pub(super) const ACC019: Rule = Rule {
    code: Code::Acc019,
    severity: Severity::Note,
    title: "System Administrator of access mode read-write who has no other role and gets no records",
    what: "Enabled users who are read-write, hold System Administrator and no other role of their own once \
           the plan is applied, and to whom the plan assigns nothing.",
    why: "Who only manages the system need not see customer data: in access mode administrative such a user \
          sees settings alone, and needs no licence.",
    example: "`it.admin@contoso.com` has System Administrator, nothing else, and a licence of Sales.",
    cure: "Where the person does only manage the system, wish `administrative` for them in a users file \
           (`change = [\"access_mode\"]`); else nothing needs to be done.",
    source: "S87",
    guards: false,
    keep_out: false,
};

pub(super) const ACC020: Rule = Rule {
    code: Code::Acc020,
    severity: Severity::Error,
    title: "access mode of a user without a licence (`0x80041d66`)",
    what: "A row of a users file wishes another access mode for somebody whom the environment knows to have no \
           licence (`licensed` of `users` says no). The service refuses it.",
    why: "The licence comes first, then the mode, then the licence may go again. In any other order the \
          account stays as it was, and the night ends with a program that cannot sign in.",
    example: "Row 3 makes `build.agent@contoso.com` non-interactive, and `islicensed` is false.",
    cure: "Give the licence and wait until the environment knows of it, load the environment again, then plan; \
           free it once `cutover verify` has read the mode back.",
    source: "S69 S72 P3.6",
    guards: true,
    keep_out: false,
};
