//! `plan.json` without people.
//!
//! In: a plan's document. Out: the same with tokens; its seal stays, and is that of the plan, not of these words.

use crate::plan::Document;
use crate::report::anonymise::Anonymiser;

impl Anonymiser {
    /// A plan's document without people.
    pub fn document(&self, document: &Document) -> Document {
        let mut told = document.clone();
        for (key, value) in std::mem::take(&mut told.settings) {
            let (key, value) = self.setting(key, value);
            told.settings.insert(key, value);
        }
        for stub in &mut told.stub_users {
            stub.upn = self.whole(&stub.upn);
            stub.full_name = self.whole(&stub.full_name);
        }
        for finding in &mut told.findings {
            finding.subject = self.subject(&finding.code, &finding.subject);
            finding.message = self.prose(&finding.message);
            finding.cure = self.prose(&finding.cure);
            for place in &mut finding.places {
                place.cell = place.cell.as_deref().map(|cell| self.cell(cell));
            }
        }
        for step in &mut told.steps {
            step.whose = self.prose(&step.whose);
        }
        told
    }

    /// A value of the manifest: the fallback owner and those who may administer are people, and domains are
    /// in key and value.
    fn setting(&self, key: String, value: String) -> (String, String) {
        if let Some(old) = key.strip_prefix("owners.domains.") {
            let key = format!("owners.domains.{}", self.domain(old));
            return (key, self.domain(&value));
        }
        let value = match key.as_str() {
            "owners.fallback" => self.cell(&value),
            "accept.administrators" => self.list(&value),
            _ => value,
        };
        (key, value)
    }

    /// People in a list, as a setting writes it.
    fn list(&self, written: &str) -> String {
        let people: Vec<String> = serde_json::from_str(written).unwrap_or_default();
        let people: Vec<String> = people.iter().map(|one| self.cell(one)).collect();
        serde_json::Value::from(people).to_string()
    }
}
