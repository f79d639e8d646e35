//! Rules about licences: who has none, and who has one for nothing.
//!
//! Data only; see [`Rule`] for what each field says.

use crate::model::rules::{Code, Rule, Severity};

pub(super) const LIC001: Rule = Rule {
    code: Code::Lic001,
    severity: Severity::Error,
    title: "enabled Read-Write user without a licence",
    what: "Whoever the plan changes, gives a role or gives records, is enabled and has \
          the access mode `read-write`, must have a licence. The licences of the \
          directory decide, then `user_licences`, then the column `licensed` of `users`. \
          Nothing falls by it: records may belong to somebody without a licence.",
    why: "An account alone is not enough: without a licence the person signs in and \
          cannot open the app, and at the next synchronisation the user is disabled. On \
          the first morning that is one call to the help desk for each of them.",
    example: "`ben@contoso.com` gets 412 accounts; the export of the admin centre says \
          `Unlicensed` of him.",
    cure: "Have an administrator give the person a licence in the Microsoft 365 admin \
          centre, and load again. Where nobody signs in with the account, change its \
          access mode; where the person has left, rule for another owner in \
          `owners.csv`.",
    source: "S02 S25 S29 P7.3 S92",
    guards: false,
    keep_out: false,
};

pub(super) const LIC002: Rule = Rule {
    code: Code::Lic002,
    severity: Severity::Error,
    title: "more users than free seats of the product (how many to buy)",
    what: "The people of LIC001 need one seat each. Free are the seats of all products \
          that make their holders users of the environment, less those in use: by the \
          column `used` of `licences`, else counted in the directory.",
    why: "Once the limit is reached no further licence can be given, and more seats take \
          an order, which nobody places at midnight.",
    example: "12 people of the plan need a licence; of `Dynamics 365 Sales Enterprise` 40 \
          seats are bought and 35 in use: 7 are short.",
    cure: "Buy the seats that are short, or free some (LIC004 names licences that serve \
          nobody), and load `licences` again.",
    source: "S26 S30",
    guards: false,
    keep_out: false,
};

pub(super) const LIC003: Rule = Rule {
    code: Code::Lic003,
    severity: Severity::Warning,
    title: "open invitation holds a seat; expired after 14 days (older environments)",
    what: "In environments that still invite, an invitation that was sent and not \
          accepted holds a seat for two weeks from its day (columns of the invitation in \
          `users`). One that is older, or whose status is expired, holds none, and can \
          no longer be accepted. Days are counted to `as_of`.",
    why: "Seats that look taken come free by themselves, and people whose invitation has \
          ended cannot get in with it.",
    example: "Dora Meier was invited on 2026-11-02 and has not answered; on 2026-11-28 \
          the invitation has ended.",
    cure: "Have the people accept before the go-live, withdraw invitations that are meant \
          for nobody, and send those again that have ended.",
    source: "S27 P7.5",
    guards: false,
    keep_out: false,
};

pub(super) const LIC004: Rule = Rule {
    code: Code::Lic004,
    severity: Severity::Warning,
    title: "licence held without need: Administrative, non-interactive, stub, disabled \
          leaver",
    what: "A licence is held by somebody whose access mode needs none and stays as it is, \
          by a stub user, or by somebody who is disabled because sign-in is blocked or \
          the security group was left.",
    why: "Leaving the group or being blocked does not free the licence. Each of these is \
          paid for and may be the seat that another lacks.",
    example: "`build.agent@contoso.com` is non-interactive and holds `Dynamics 365 Sales \
          Enterprise`.",
    cure: "Take the licence away in the Microsoft 365 admin centre. Do not delete people \
          who still use other services; where the access mode was only just changed, see \
          first that it has stayed.",
    source: "S28 S58 S61 S67 S70",
    guards: false,
    keep_out: false,
};

pub(super) const LIC005: Rule = Rule {
    code: Code::Lic005,
    severity: Severity::Warning,
    title: "reduction below use or below the offer",
    what: "A product has fewer seats in `licences` than are in use, by its column `used` \
          or by the holders whom the directory knows.",
    why: "Seats are reduced by Microsoft's support only, from the next bill on, and never \
          below what is in use or what the offer allows. A number below use is a mistake \
          in one of the two exports, or an order that will not be carried out as meant.",
    example: "`Dynamics 365 Team Members`: 20 seats, 26 in use.",
    cure: "Compare both numbers with the Microsoft 365 admin centre; free the licences \
          that are too many before the seats are reduced, and load again.",
    source: "S28",
    guards: false,
    keep_out: false,
};

pub(super) const LIC006: Rule = Rule {
    code: Code::Lic006,
    severity: Severity::Warning,
    title: "licence not honoured for pre-provisioning",
    what: "Somebody who is no user yet, and is a member of the environment's security \
          group or becomes a stub user by the plan, has only licences that make nobody a \
          user before the first sign-in: `licences` says so in its column `provisions`, \
          or the product comes with Office.",
    why: "Dynamics 365 and Power Apps licences make the user in the environment by \
          themselves; others do so only when the person first signs in. Until then nobody \
          can give that person roles or records.",
    example: "`cleo@contoso.com` is in the group `CRM Users` and has `Office 365 E3` \
          alone.",
    cure: "Give the person a Dynamics 365 or Power Apps licence, or have the person sign \
          in once before the plan is made; then load again.",
    source: "P1.4 P7.3",
    guards: false,
    keep_out: false,
};
