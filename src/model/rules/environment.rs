//! Rules about the environment as a whole: what the caller may do, and what is left switched on.
//!
//! Data only; see [`Rule`] for what each field says.

use crate::model::rules::{Code, Rule, Severity};

pub(super) const ENV001: Rule = Rule {
    code: Code::Env001,
    severity: Severity::Error,
    title: "live: the copy is older than `max_age` when apply begins, or a plan was applied since it was pulled",
    what: "A plan for a live environment is made of a copy. Before `apply` writes first, the copy must be no older than \
           `max_age` under `[environment]`, the plan must be made of the copy that is there, and no plan of the project \
           may have written, or been undone, since the pull; the last is asked when planning too.",
    why: "What an old copy says of the environment may no longer hold. Principals are compared once more before the \
          first write, but who has come since, and may be meant by a reference, is in no copy.",
    example: "`max_age = \"24h\"`, pulled on Thursday evening, applied on Saturday at 2 a.m.",
    cure: "Run `cutover pull`, then `cutover plan`, look at what has changed, and apply that plan.",
    source: "design 5",
    guards: false,
    keep_out: false,
};

pub(super) const ENV002: Rule = Rule {
    code: Code::Env002,
    severity: Severity::Error,
    title: "caller lacks a privilege (named)",
    what: "The user who applies the plan (the setting `caller`) must hold `prvCreateUser` \
          where stub users are made, `prvWriteUser` where users are changed, and \
          `prvAssign`, `prvRead` and `prvWrite` of each table whose records are \
          assigned, by own roles or through teams as they reach members, before the \
          plan; on a live environment with `bypass_custom_logic = true` also \
          `prvBypassCustomBusinessLogic`. A System Administrator may do everything; so may a caller who is not \
          named. Refused with `0x80040220`, for these writes an assumed code.",
    why: "Every single change of that kind would be refused, all night.",
    example: "The setting `caller` names `# Migration`, whose role has no \
          `prvAssignAccount`.",
    cure: "Give the caller a role with it, or name a System Administrator as `caller` in \
          `settings`, and load again; of a live environment pull again, or sign in as \
          somebody else.",
    source: "S45 S68 P3.6 P4.2 P5.2",
    guards: true,
    keep_out: false,
};

pub(super) const ENV003: Rule = Rule {
    code: Code::Env003,
    severity: Severity::Warning,
    title: "a day's request entitlement is exceeded",
    what: "Every change is one request, batched or not. An identity without a licence of \
          its own shares a day's pool of 500,000 requests, 5,000 more for each seat of \
          Dynamics 365 that `licences` lists, 10,000,000 at most; 25,000 where there are \
          only Power Apps. A person who signs in has 40,000 of their own. `daily_requests` \
          under `[environment]` says another number.",
    why: "Above the share the service may slow everything down, for others too. It is not \
          enforced everywhere, so this is a warning.",
    example: "The plan assigns 1,200,000 records; with 40 seats the day's share is \
          700,000.",
    cure: "Apply on two days or more, buy an add-on of requests, or tell Microsoft's \
          support beforehand.",
    source: "P6.3",
    guards: false,
    keep_out: false,
};

pub(super) const ENV004: Rule = Rule {
    code: Code::Env004,
    severity: Severity::Note,
    title: "expected duration",
    what: "How many requests applying the plan to a live environment takes (each change is one, batched or not, and \
           each role given with the change of a user), how long that is at 20 a second, and which share of a day's requests (ENV003). The service lets one user send \
           6,000 requests in five minutes to one of its servers; an environment of several servers takes more, and \
           plug-ins or flows that run at each change make it slower.",
    why: "A night has so many hours.",
    example: "400,000 requests: about 5 h 34 min at 20 a second; 80 % of a day's 500,000 requests.",
    cure: "Nothing, where the time suffices. Else assign what can wait on another night, by another records file.",
    source: "P6.1 P6.3",
    guards: false,
    keep_out: false,
};

pub(super) const ENV005: Rule = Rule {
    code: Code::Env005,
    severity: Severity::Warning,
    title: "custom logic runs on assign: plug-in steps, flows (listed)",
    what: "Plug-in steps, workflows and flows of the customer's run when records of a table that the plan concerns are \
           assigned, or when users are made, changed or given roles. A pull asks the environment for them; `settings` \
           can name them too, as `custom_logic.<table>` with the names parted by `;`.",
    why: "No rule can foretell what they do: refuse a change, write others, send mails, or take ten times as long.",
    example: "`Contoso.Sales.OwnerSync` runs at each update of an account's owner, and 80,000 accounts are assigned.",
    cure: "Ask whoever wrote them what they do when so many change, and switch off for the night what must not run. Or \
           set `bypass_custom_logic = true` under `[environment]`: plug-ins and workflows are then passed over, flows \
           are not; the caller needs `prvBypassCustomBusinessLogic`.",
    source: "P5.2 P5.7",
    guards: false,
    keep_out: false,
};

pub(super) const ENV006: Rule = Rule {
    code: Code::Env006,
    severity: Severity::Warning,
    title: "`AllowRoleAssignmentOnDisabledUsers` is on: switch it back",
    what: "The setting is on in the environment.",
    why: "It is meant for the time of a migration, when roles go to disabled and stub \
          users. Left on, it lets roles pile up on people who have left, and whoever is \
          enabled again has them all.",
    example: "`settings` holds `AllowRoleAssignmentOnDisabledUsers` with the value \
          `true`.",
    cure: "Have an administrator switch it off when the plan is applied and verified.",
    source: "S44 P3.5",
    guards: false,
    keep_out: false,
};

pub(super) const ENV007: Rule = Rule {
    code: Code::Env007,
    severity: Severity::Warning,
    title: "caller's access mode reaches no customer data, and records are to be assigned",
    what: "The user who applies the plan (the setting `caller`) is of access mode administrative, and the \
           plan assigns records.",
    why: "Such an account is meant for settings and has no sight of customer data; no source tells what the \
          service answers when it assigns some, so this is no refusal that is foretold.",
    example: "The setting `caller` names `it.admin@contoso.com`, who is administrative, and 4,000 accounts are to \
              be assigned.",
    cure: "Name an application user, a non-interactive or a read-write user as `caller` in `settings`, and load \
           again; of a live environment sign in as one, and pull again.",
    source: "S86",
    guards: false,
    keep_out: false,
};

pub(super) const ENV008: Rule = Rule {
    code: Code::Env008,
    severity: Severity::Error,
    title: "caller may not change access modes",
    what: "Access modes are to be changed, and the user who applies the plan (the setting `caller`) is no \
           System Administrator, or is administrative or read (`0x80048d2f`).",
    why: "No privilege helps here: the service lets System Administrators of full access change access modes, \
          and nobody else.",
    example: "The setting `caller` names `migration@contoso.com`, whose role `Migration` holds `prvWriteUser`, and \
              a row makes somebody non-interactive.",
    cure: "Name a System Administrator who is read-write or non-interactive as `caller` in `settings`, and load \
           again; of a live environment sign in as one, and pull again; or hand the access modes over to one.",
    source: "P3.6",
    guards: true,
    keep_out: false,
};
