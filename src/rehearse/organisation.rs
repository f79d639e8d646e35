//! The organisation's one row: its id and its settings.
//!
//! In: the settings of the served file. Out: the row, with `orgdborgsettings` as the XML that the service keeps
//! (platform facts 3.5), and the settings that a write of that XML leaves. Also: people of the directory who become
//! users when they are asked for by their object id, as the service makes them.

use quick_xml::escape::escape;
use serde_json::json;
use uuid::Uuid;

use crate::environment::organisation_settings;
use crate::model::{UserId, setting};
use crate::rehearse::api::Api;
use crate::rehearse::body::Body;
use crate::rehearse::extra::Row;
use crate::rehearse::failure::Failure;
use crate::rehearse::odata::Key;
use crate::service::{NewUser, Performed};

/// Settings that are columns of the organisation, and no part of the XML.
const COLUMNS: [&str; 1] = [setting::SHARE_TO_PREVIOUS_OWNER];

/// Settings of this product, which the service does not know.
const OWN: [&str; 4] = [
    setting::CALLER,
    setting::SECURITY_GROUP,
    setting::AUTOMATIC_ROLES,
    "organisation_id",
];

impl Api<'_> {
    /// Adds to the organisation's row what stands in settings.
    pub(in crate::rehearse) fn organisation_row(&self) -> Result<Row, Failure> {
        let mut xml = String::from("<OrgSettings>");
        let mut row = Row::new();
        let mut statement = self
            .connection
            .prepare_cached("SELECT name, value FROM setting ORDER BY name")?;
        let mut settings = statement.query([])?;
        while let Some(setting) = settings.next()? {
            let (name, value): (String, String) = (setting.get(0)?, setting.get(1)?);
            if COLUMNS.contains(&name.as_str()) {
                row.insert(name, json!(value == "true"));
            } else if !OWN.contains(&name.as_str()) && !name.starts_with(setting::CUSTOM_LOGIC) {
                let value = escape(&value);
                xml.extend(["<", &name, ">", &value, "</", &name, ">"]);
            }
        }
        xml += "</OrgSettings>";
        row.insert("organizationid".to_owned(), json!(self.organisation));
        row.insert("name".to_owned(), json!("rehearsal"));
        row.insert("orgdborgsettings".to_owned(), json!(xml));
        row.entry(setting::SHARE_TO_PREVIOUS_OWNER.to_owned())
            .or_insert(json!(false));
        Ok(row)
    }

    /// Writes the settings that a body gives the organisation.
    pub(in crate::rehearse) fn update_organisation(&mut self, body: &Body) -> Result<(), Failure> {
        for (name, value) in &body.columns {
            if name == "orgdborgsettings" {
                let settings = organisation_settings(value.as_str().unwrap_or_default());
                let settings =
                    settings.map_err(|error| Failure::unreadable(format!("{error}.")))?;
                for (name, value) in settings {
                    self.set(&name, &value)?;
                }
            } else if COLUMNS.contains(&name.as_str()) {
                self.set(name, &value.to_string())?;
            } else {
                return Err(Failure::no_property(name, "organization"));
            }
        }
        self.service.forget();
        Ok(())
    }

    fn set(&self, name: &str, value: &str) -> Result<(), Failure> {
        let sql = "INSERT INTO setting (name, value) VALUES (?1, ?2)
                   ON CONFLICT DO UPDATE SET value = ?2";
        self.connection.execute(sql, (name, value))?;
        Ok(())
    }

    /// Makes a user of a person of the directory who is asked for by object id: the service does so on a mere
    /// question (platform facts 0.5), which is why nothing that only plans may ask like that.
    pub(in crate::rehearse) fn provision(&mut self, key: &Key) -> Result<(), Failure> {
        let Key::Alternate(values) = key else {
            return Ok(());
        };
        let [(name, value)] = values.as_slice() else {
            return Ok(());
        };
        let value = value.to_value();
        let object = value.as_str().and_then(|id| Uuid::parse_str(id).ok());
        let Some(object) = object.filter(|_| name == "azureactivedirectoryobjectid") else {
            return Ok(());
        };
        let sql = "SELECT upn, coalesce(mail, upn), first_name, last_name FROM directory_person
                   WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM user WHERE directory_id = ?1)";
        let mut statement = self.connection.prepare(sql)?;
        let mut found = statement.query([object.as_bytes()])?;
        let Some(person) = found.next()? else {
            return Ok(());
        };
        let user = NewUser {
            id: UserId(self.next_id()),
            upn: person.get(0)?,
            mail: person.get(1)?,
            first_name: person.get(2)?,
            last_name: person.get(3)?,
            employee_id: None,
            business_unit: None,
            is_stub: false,
        };
        if let Performed::Refused(refusal) = self.service.create_user(&user)? {
            return Err(refusal.into());
        }
        let sql = "UPDATE user SET directory_id = ?2 WHERE id = ?1";
        let ids = (user.id.0.as_bytes(), object.as_bytes());
        self.connection.execute(sql, ids)?;
        self.log.row("provision", "systemuser", user.id.0);
        Ok(())
    }
}
