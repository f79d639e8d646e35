//! Who asks: the caller of the server, or another user in whose name a request asks.
//!
//! In: the headers of a request. Out: its answer as that user would get it (platform facts 5.2). Whose privileges count
//! is for `service/` to say.

use uuid::Uuid;

use crate::model::setting;
use crate::rehearse::api::Api;
use crate::rehearse::exchange::{Answer, Request};
use crate::rehearse::failure::Failure;

impl Api<'_> {
    /// Answers as another user, where a header says so.
    pub(in crate::rehearse) fn as_wished(&mut self, request: &Request) -> Result<Answer, Failure> {
        let Some(other) = self.impersonated(request)? else {
            return self.respond(request);
        };
        let own = std::mem::replace(&mut self.caller, other);
        let answer = self.call_as(other).and_then(|()| self.respond(request));
        self.caller = own;
        self.call_as(own)?;
        answer
    }

    fn impersonated(&self, request: &Request) -> Result<Option<Uuid>, Failure> {
        let (column, id) = match (
            request.header("mscrmcallerid"),
            request.header("callerobjectid"),
        ) {
            (Some(id), _) => ("id", id),
            (None, Some(id)) => ("directory_id", id),
            (None, None) => return Ok(None),
        };
        let nobody = || {
            Failure::new(
                "0x80072560",
                "The user is not a member of the organization.",
            )
        };
        let id = Uuid::parse_str(id).map_err(|_| nobody())?;
        let sql = format!("SELECT id FROM user WHERE {column} = ?1");
        let mut statement = self.connection.prepare(&sql)?;
        let mut found = statement.query([id.as_bytes()])?;
        match found.next()? {
            Some(row) => Ok(Some(Uuid::from_bytes(row.get(0)?))),
            None => Err(nobody()),
        }
    }

    /// Whose privileges the service asks for.
    fn call_as(&mut self, user: Uuid) -> Result<(), Failure> {
        let sql = "INSERT INTO setting (name, value) VALUES (?1, ?2)
                   ON CONFLICT DO UPDATE SET value = ?2";
        let values = (setting::CALLER, user.to_string());
        self.connection.execute(sql, values)?;
        self.service.forget();
        Ok(())
    }
}
