//! `$ref`: rows linked to others and taken apart again.
//!
//! In: a row, a navigation property, and the other row. Out: the link made or taken; of roles by `service/`, which may
//! refuse. Platform facts 3.2.

use uuid::Uuid;

use crate::model::{RoleId, Write};
use crate::rehearse::api::Api;
use crate::rehearse::failure::Failure;
use crate::rehearse::rows;
use crate::rehearse::schema::{Table, Way};

/// Two rows to be linked: by the first one's navigation property.
pub(in crate::rehearse) struct Link<'t> {
    /// The table of the first.
    pub(in crate::rehearse) table: &'t Table,
    /// The first.
    pub(in crate::rehearse) id: Uuid,
    /// Its navigation property.
    pub(in crate::rehearse) property: &'t str,
    /// The logical name and id of the other; `None` is whatever the lookup names.
    pub(in crate::rehearse) other: Option<(String, Uuid)>,
}

impl Api<'_> {
    /// Links two rows.
    pub(in crate::rehearse) fn link(&mut self, link: &Link<'_>) -> Result<(), Failure> {
        let Some(other) = &link.other else {
            return Err(Failure::unreadable("`@odata.id` is missing in the body."));
        };
        match self.way(link)? {
            Way::One(_) => {
                let set = self.set_of(&other.0)?;
                let bind = format!("{}@odata.bind", link.property);
                let url = format!("/{set}({})", other.1);
                let object = [(bind, url.into())].into_iter().collect();
                self.update(link.table, object, link.id)
            }
            Way::Many(logical, _) => Err(Failure::unreadable(format!(
                "Rows of '{logical}' are linked by their lookup."
            ))),
            Way::Through(..) => self.between(link, other.1, true),
        }
    }

    /// Takes two rows apart.
    pub(in crate::rehearse) fn unlink(&mut self, link: &Link<'_>) -> Result<(), Failure> {
        match (self.way(link)?, &link.other) {
            (Way::One(_), _) => {
                let bind = format!("{}@odata.bind", link.property);
                let object = [(bind, serde_json::Value::Null)].into_iter().collect();
                self.update(link.table, object, link.id)
            }
            (Way::Through(..), Some((_, other))) => self.between(link, *other, false),
            _ => Err(Failure::unreadable("The row to take away is not named.")),
        }
    }

    fn way(&self, link: &Link<'_>) -> Result<Way, Failure> {
        if self.row(link.table, link.id)?.is_none() {
            return Err(Failure::no_row(&link.table.logical, link.id));
        }
        let way = link.table.way(link.property);
        way.ok_or_else(|| Failure::no_resource(link.property))
    }

    /// A link through an intersect table.
    fn between(&mut self, link: &Link<'_>, other: Uuid, is_made: bool) -> Result<(), Failure> {
        let Some(Way::Through(intersect, _, _, to)) = link.table.way(link.property) else {
            return Err(Failure::no_resource(link.property));
        };
        match intersect {
            "systemuserroles" | "teamroles" => {
                let (holder, role) = if to == "role" {
                    (rows::principal(&link.table.logical, link.id), other)
                } else {
                    (rows::principal(to, other), link.id)
                };
                let Some(principal) = holder else {
                    return Err(Failure::no_resource(link.property));
                };
                let role = RoleId(role);
                let write = if is_made {
                    Write::GiveRole { principal, role }
                } else {
                    Write::RemoveRole { principal, role }
                };
                let is_new = self.perform(&write)?;
                if is_new {
                    self.log.role(principal, role, is_made);
                }
                if is_new && is_made {
                    self.stale_checks = self.switches.stale_owner_checks;
                }
                if is_new || !is_made || !self.switches.duplicate_link_fails {
                    return Ok(());
                }
                Err(Failure::new("0x80040237", "Cannot insert duplicate key."))
            }
            "teammembership" => {
                let (team, user) = if to == "team" {
                    (other, link.id)
                } else {
                    (link.id, other)
                };
                self.join(team, user, is_made)
            }
            _ => Err(Failure::new(
                "0x80040800",
                format!("'{intersect}' is not changed here."),
            )),
        }
    }

    fn join(&mut self, team: Uuid, user: Uuid, is_made: bool) -> Result<(), Failure> {
        let sql = if is_made {
            "INSERT OR IGNORE INTO team_member (team, user) VALUES (?1, ?2)"
        } else {
            "DELETE FROM team_member WHERE team = ?1 AND user = ?2"
        };
        let ids = (team.as_bytes(), user.as_bytes());
        self.connection.prepare_cached(sql)?.execute(ids)?;
        self.service.forget();
        self.log
            .row(if is_made { "join" } else { "leave" }, "team", team);
        Ok(())
    }
}
