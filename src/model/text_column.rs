//! Columns of users that hold text, and how long a text each holds.
//!
//! In: a field of a profile, or an identifier of a stub user. Out: the service's name of the column and its
//! length (platform facts 2, and the published reference of the entity). A text that is too long is refused
//! as a whole; nothing is cut off.

use crate::model::ProfileField;

/// A column of `systemuser` that holds text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextColumn {
    /// Logical name.
    pub name: &'static str,
    /// UTF-16 code units that it holds at most, the unit in which the service counts.
    pub length_max: usize,
}

const fn column(name: &'static str, length_max: usize) -> TextColumn {
    TextColumn { name, length_max }
}

impl TextColumn {
    /// The user name.
    pub const UPN: Self = column("domainname", 1024);
    /// The number in the personnel system.
    pub const EMPLOYEE_ID: Self = column("employeeid", 100);

    /// The column of a field.
    pub fn of(field: ProfileField) -> Self {
        match field {
            ProfileField::FirstName => column("firstname", 256),
            ProfileField::LastName => column("lastname", 256),
            ProfileField::FullName => column("fullname", 200),
            ProfileField::Mail => column("internalemailaddress", 100),
            ProfileField::Title => column("title", 128),
            ProfileField::MainPhone => column("address1_telephone1", 64),
            ProfileField::MobilePhone => column("mobilephone", 64),
            ProfileField::Fax => column("address1_fax", 64),
            ProfileField::HomePhone => column("homephone", 50),
            ProfileField::Street => column("address1_line1", 1024),
            ProfileField::City => column("address1_city", 128),
            ProfileField::State => column("address1_stateorprovince", 128),
            ProfileField::Country => column("address1_country", 128),
        }
    }

    /// How long a text is as the service counts, where that is too long for the column.
    pub fn excess(self, text: &str) -> Option<usize> {
        // Bytes are never fewer than code units, and much quicker counted.
        if text.len() <= self.length_max {
            return None;
        }
        let length = text.encode_utf16().count();
        (length > self.length_max).then_some(length)
    }
}

#[cfg(test)]
mod tests {
    use super::{ProfileField, TextColumn};

    #[test]
    fn the_service_counts_utf_16() {
        let home = TextColumn::of(ProfileField::HomePhone);
        assert_eq!(home.excess(&"1".repeat(50)), None);
        assert_eq!(home.excess(&"1".repeat(51)), Some(51));
        assert_eq!(home.excess(&"é".repeat(50)), None);
        assert_eq!(home.excess(&"😀".repeat(25)), None);
        assert_eq!(home.excess(&"😀".repeat(26)), Some(52));
    }
}
