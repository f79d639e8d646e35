//! Making stub users, and taking them away again.
//!
//! In: a planned stub user. Out: the answer; the user and its default role come together or not at
//! all. Platform facts 1. The import gives the default role itself, the api way is a plain create and
//! then the role. An environment file keeps the planned id; a live service may give another.

use hashbrown::HashMap;
use uuid::Uuid;

use crate::model::{
    AccessMode, Principal, ProfileField, Refusal, RoleId, StubUser, StubWay, TextColumn, UnitId,
    UserId, comparison_key,
};
use crate::service::refusals::{Reason, refusal, too_long};
use crate::service::role::not_as_before;
use crate::service::rows::{self, Holder, HolderKind};
use crate::service::{Performed, Service, ServiceError};

/// UPNs and primary mails that are in use, by their comparison keys.
#[derive(Debug, Default)]
pub(super) struct Taken {
    upns: HashMap<String, UserId>,
    mails: HashMap<String, UserId>,
}

impl Taken {
    pub(super) fn add(&mut self, user: UserId, upn: &str, mail: &str) {
        self.upns.insert(comparison_key(upn), user);
        self.mails.insert(comparison_key(mail), user);
    }

    /// Which of the two is taken, and by whom; a blank is nobody's.
    pub(super) fn by(&self, upn: &str, mail: &str) -> Option<(&'static str, UserId)> {
        let find = |keys: &HashMap<String, UserId>, text: &str| {
            let key = comparison_key(text);
            (!key.is_empty()).then(|| keys.get(&key).copied()).flatten()
        };
        find(&self.upns, upn)
            .map(|user| ("domainname", user))
            .or_else(|| find(&self.mails, mail).map(|user| ("internalemailaddress", user)))
    }
}

impl Service<'_> {
    pub(super) fn create_stub(&mut self, stub: &StubUser) -> Result<Performed, ServiceError> {
        if let Some(refusal) = self.stub_refusal(stub)? {
            return Ok(Performed::Refused(refusal));
        }
        self.insert_stub(stub)?;
        self.insert_role(Principal::User(stub.id), stub.default_role)?;
        if let Some(taken) = &mut self.memo.taken {
            taken.add(stub.id, &stub.upn, &stub.mail);
        }
        Ok(Performed::Done { actual: None })
    }

    /// Deletes a stub user that nothing has come to rest on since it was made.
    pub(super) fn delete_stub(&mut self, stub: &StubUser) -> Result<Performed, ServiceError> {
        if let Some(difference) = self.difference_from(stub)? {
            return Ok(not_as_before(&difference));
        }
        for sql in [
            "DELETE FROM user_role WHERE user = ?1",
            "DELETE FROM user WHERE id = ?1",
        ] {
            rows::change(self.connection, sql, [stub.id.0.as_bytes()])?;
        }
        self.memo.rights_changed(Principal::User(stub.id));
        self.memo.taken = None;
        Ok(Performed::Done { actual: None })
    }

    fn stub_refusal(&mut self, stub: &StubUser) -> Result<Option<Refusal>, ServiceError> {
        if let Some(refusal) = self.may_create_users()? {
            return Ok(Some(refusal));
        }
        if let Some(column) = blank_column(stub) {
            return Ok(Some(refusal(
                Reason::RequiredColumn,
                &[("column", &column)],
            )));
        }
        if let Some(column) = Texts::of(stub).column_too_short() {
            return Ok(Some(too_long(column)));
        }
        let root = rows::root_unit(self.connection)?.ok_or(ServiceError::NoRootUnit)?;
        if stub.business_unit != root {
            return Ok(Some(refusal(
                Reason::StubOutsideRoot,
                &[("root", &root), ("unit", &stub.business_unit)],
            )));
        }
        if let Some((column, other)) = self.taken()?.by(&stub.upn, &stub.mail) {
            return Ok(Some(refusal(
                Reason::UserTaken,
                &[("column", &column), ("other", &other)],
            )));
        }
        if rows::holder(self.connection, Principal::User(stub.id))?.is_some() {
            return Ok(Some(refusal(
                Reason::DuplicateKey,
                &[("entity", &"systemuser"), ("id", &stub.id)],
            )));
        }
        self.default_role_refusal(stub, root)
    }

    /// The import asks no setting, but needs the role in the root unit; the api way gives the role to
    /// a user who is disabled, by the rules for that, and the caller must be one who may give it.
    fn default_role_refusal(
        &mut self,
        stub: &StubUser,
        root: UnitId,
    ) -> Result<Option<Refusal>, ServiceError> {
        match stub.way {
            StubWay::Import => {
                let unit = rows::role_unit(self.connection, stub.default_role)?;
                Ok((unit != Some(root))
                    .then(|| refusal(Reason::DefaultRoleMissing, &[("role", &stub.default_role)])))
            }
            StubWay::Api => {
                let holder = Holder {
                    unit: root,
                    kind: HolderKind::User {
                        disabled: true,
                        mode: AccessMode::ReadWrite,
                    },
                };
                let (principal, role) = (Principal::User(stub.id), stub.default_role);
                match self.may_give_role(principal, root, role)? {
                    Some(refusal) => Ok(Some(refusal)),
                    None => self.role_refusal(principal, &holder, role),
                }
            }
        }
    }

    fn insert_stub(&self, stub: &StubUser) -> Result<(), ServiceError> {
        let sql = "INSERT INTO user (id, upn, mail, first_name, last_name, full_name, employee_id,
                   business_unit, access_mode, disabled, stub) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1, 1)";
        let mail = Some(stub.mail.as_str()).filter(|mail| !mail.is_empty());
        let values = (
            stub.id.0.as_bytes(),
            &stub.upn,
            mail,
            &stub.first_name,
            &stub.last_name,
            &stub.full_name,
            &stub.employee_id,
            stub.business_unit.0.as_bytes(),
            AccessMode::ReadWrite.code(),
        );
        rows::change(self.connection, sql, values)?;
        Ok(())
    }

    /// Who is there already, read once: thousands of stub users are compared with all users.
    pub(super) fn taken(&mut self) -> Result<&Taken, ServiceError> {
        let taken = match self.memo.taken.take() {
            Some(taken) => taken,
            None => self.read_taken()?,
        };
        Ok(self.memo.taken.insert(taken))
    }

    fn read_taken(&self) -> Result<Taken, ServiceError> {
        let mut taken = Taken::default();
        let mut statement = self
            .connection
            .prepare_cached("SELECT id, upn, coalesce(mail, '') FROM user ORDER BY id")?;
        let mut users = statement.query([])?;
        while let Some(user) = users.next()? {
            let id = UserId(Uuid::from_bytes(user.get(0)?));
            let upn: String = user.get(1)?;
            let mail: String = user.get(2)?;
            taken.add(id, &upn, &mail);
        }
        Ok(taken)
    }

    /// What about the user is not as the stub user was made, if anything.
    fn difference_from(&mut self, stub: &StubUser) -> Result<Option<String>, ServiceError> {
        let id = stub.id;
        let sql = "SELECT stub AND upn = ?2 AND coalesce(mail, '') = ?3 AND full_name = ?4
                   FROM user WHERE id = ?1";
        let values = (id.0.as_bytes(), &stub.upn, &stub.mail, &stub.full_name);
        let same: Option<Option<bool>> = rows::value(self.connection, sql, values)?;
        let difference = match same.map(Option::unwrap_or_default) {
            None => "is not there",
            Some(false) => "is another user now",
            Some(true) if self.roles_of(id)? != [stub.default_role] => {
                "has not exactly the default role"
            }
            Some(true) if self.rests_on(id)? => "is in a team, or has a licence",
            Some(true) if self.owning()?.contains(&id) => "owns records",
            Some(true) => return Ok(None),
        };
        Ok(Some(format!("user {id} {difference}")))
    }

    pub(super) fn roles_of(&self, user: UserId) -> Result<Vec<RoleId>, ServiceError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT role FROM user_role WHERE user = ?1 ORDER BY role")?;
        let roles = statement.query_map([user.0.as_bytes()], |row| {
            Ok(RoleId(Uuid::from_bytes(row.get(0)?)))
        })?;
        Ok(roles.collect::<Result<_, _>>()?)
    }

    fn rests_on(&self, user: UserId) -> Result<bool, ServiceError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM team_member WHERE user = ?1)
                   OR EXISTS (SELECT 1 FROM user_licence WHERE user = ?1)";
        rows::yes(self.connection, sql, [user.0.as_bytes()])
    }
}

/// A plain create asks for what the system requires; the import makes the row all the same.
fn blank_column(stub: &StubUser) -> Option<&'static str> {
    match stub.way {
        StubWay::Api if stub.upn.trim().is_empty() => Some("domainname"),
        StubWay::Api if stub.mail.trim().is_empty() => Some("internalemailaddress"),
        StubWay::Api | StubWay::Import => None,
    }
}

/// What a user is made with, as far as it is text that a column has to hold.
pub(super) struct Texts<'a> {
    pub(super) upn: &'a String,
    pub(super) mail: &'a String,
    pub(super) names: [Option<&'a String>; 2],
    pub(super) employee_id: Option<&'a String>,
}

impl<'a> Texts<'a> {
    fn of(stub: &'a StubUser) -> Self {
        Self {
            upn: &stub.upn,
            mail: &stub.mail,
            names: [stub.first_name.as_ref(), stub.last_name.as_ref()],
            employee_id: stub.employee_id.as_ref(),
        }
    }

    /// The first column that does not hold its text.
    pub(super) fn column_too_short(&self) -> Option<TextColumn> {
        let [first, last] = self.names;
        let texts = [
            (TextColumn::UPN, Some(self.upn)),
            (TextColumn::of(ProfileField::Mail), Some(self.mail)),
            (TextColumn::of(ProfileField::FirstName), first),
            (TextColumn::of(ProfileField::LastName), last),
            (TextColumn::EMPLOYEE_ID, self.employee_id),
        ];
        let short = |(column, text): &(TextColumn, Option<&String>)| {
            text.is_some_and(|text| column.excess(text).is_some())
        };
        texts.into_iter().find(short).map(|(column, _)| column)
    }
}
