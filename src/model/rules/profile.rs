//! Rules about profiles: what the directory keeps, and what the user has.
//!
//! Data only; see [`Rule`] for what each field says.

use crate::model::rules::{Code, Rule, Severity};

pub(super) const PRF001: Rule = Rule {
    code: Code::Prf001,
    severity: Severity::Warning,
    title: "field differs between directory and user (table of S14–S20; on-premises \
          S22–S24)",
    what: "What flows from the directory into a user is compared: online user name, full \
          name (of first and last name), title, main and mobile phone, fax, address (of \
          street, city, state, country); on-premises user name, first and last name, \
          main and home phone, primary mail, address (of city and state). A field is \
          compared where both exports tell it of anybody, then a blank counts as blank.",
    why: "Online a difference says that the synchronisation is behind, or that the match \
          is not who it seems. On-premises the user was filled once when it was made, and \
          every later change in the directory has to be typed in by hand.",
    example: "The directory has `Ana Costa-Lind` since her wedding; the user still is \
          `Ana Costa`.",
    cure: "Online: wait, or force a synchronisation (ACC007). On-premises: correct the \
          user, by a row of a users file with the field under `change`.",
    source: "S13 S14 S15 S16 S19 S20 S22 S23 S24",
    guards: false,
    keep_out: false,
};

pub(super) const PRF002: Rule = Rule {
    code: Code::Prf002,
    severity: Severity::Note,
    title: "primary mail differs: never synchronised (2017: synchronised)",
    what: "A user's primary mail is another than the directory's. Where the manifest says \
          `mail_synchronised = true`, as was so in 2017, PRF001 speaks of it instead.",
    why: "To prevent loss of data the service fills the mail once and never again. That \
          is why a mail is weaker evidence than a UPN for who somebody is.",
    example: "`ben@contoso.com` in the directory, `ben.okafor@contoso.com` in the \
          environment.",
    cure: "Correct the mail in the environment where it is wrong.",
    source: "S17 S18 P2",
    guards: false,
    keep_out: false,
};

pub(super) const PRF003: Rule = Rule {
    code: Code::Prf003,
    severity: Severity::Error,
    title: "a change of a field that is kept in the directory: hand-over instead",
    what: "A row of a users file wishes another value for a field that the directory \
          fills, for a user who is synchronised: names, title, main and mobile phone, \
          fax and address, and the mail where it is synchronised. Stub users, users that \
          `issyncwithdirectory` says are not synchronised, and environments on-premises \
          are free.",
    why: "What is written in the environment is overwritten by the next synchronisation, \
          or cannot be edited there at all.",
    example: "Row 7 wishes the title `Head of Sales` for Ana Costa, who comes from Entra.",
    cure: "Have the field changed in the directory, and take its column out of `change`.",
    source: "S13 S21",
    guards: false,
    keep_out: false,
};

pub(super) const PRF004: Rule = Rule {
    code: Code::Prf004,
    severity: Severity::Error,
    title: "a text that is longer than its column (`0x80044331`)",
    what: "A row of a users file wishes a text that the column of the user does not hold, or a \
           stub user is to be made of such a row: mail, title and phones, names, \
           address, employee id.",
    why: "The service refuses the whole row, and cuts nothing off. A stub user that \
          cannot be made takes its records with it.",
    example: "Row 12 wishes `0351 / 47 11 - 0 (reception: ask for extension 4711 or Mrs Lind)` as phone at \
              home: 66 characters, of which 50 fit.",
    cure: "Shorten the text in the export.",
    source: "P2 P3.6",
    guards: true,
    keep_out: false,
};
