//! Columns of a users export that are wishes for existing users.
//!
//! In: the fields that the manifest names under `change`, a header. Out: the column of each, or which one is
//! not there. What a wish means, and whether it can be granted, is for later rooms.

use crate::model::{ProfileField, WishField};
use crate::read::ReadError;
use crate::read::header::{Header, missing};
use crate::read::names::{Pattern, USER_FIRST_NAME, USER_LAST_NAME, USER_MAIL, Wanted};
use crate::read::open::Export;

use Pattern::Is;

/// A wish and its column, from 0.
pub(super) type WishColumn = (WishField, usize);

/// The column of each field, in their order.
pub(super) fn columns(
    export: &Export,
    header: &Header<'_>,
    change: &[WishField],
) -> Result<Vec<WishColumn>, ReadError> {
    let cure = "rename the header that is meant to one of these, or take the word out of `change`";
    let column = |field: &WishField| {
        let wanted = wanted(*field);
        let found = header.find(wanted, "systemuser");
        let found = found.ok_or_else(|| missing(&export.input, wanted, "", cure))?;
        Ok((*field, found))
    };
    change.iter().map(column).collect()
}

fn wanted(field: WishField) -> &'static Wanted {
    let field = match field {
        WishField::BusinessUnit => return &BUSINESS_UNIT,
        WishField::AccessMode => return &ACCESS_MODE,
        WishField::Profile(field) => field,
    };
    match field {
        ProfileField::FirstName => &USER_FIRST_NAME,
        ProfileField::LastName => &USER_LAST_NAME,
        ProfileField::FullName => &FULL_NAME,
        ProfileField::Mail => &USER_MAIL,
        ProfileField::Title => &TITLE,
        ProfileField::MainPhone => &MAIN_PHONE,
        ProfileField::MobilePhone => &MOBILE_PHONE,
        ProfileField::Fax => &FAX,
        ProfileField::HomePhone => &HOME_PHONE,
        ProfileField::Street => &STREET,
        ProfileField::City => &CITY,
        ProfileField::State => &STATE,
        ProfileField::Country => &COUNTRY,
    }
}

const BUSINESS_UNIT: Wanted = Wanted {
    what: "business unit",
    patterns: &[
        Is("businessunitid"),
        Is("_businessunitid_value"),
        Is("business unit"),
        Is("business unit name"),
        Is("business unit id"),
        Is("businessunitidname"),
    ],
};

const ACCESS_MODE: Wanted = Wanted {
    what: "access mode",
    patterns: &[Is("accessmode"), Is("access mode")],
};

/// The manifest accepts no wish for it.
const FULL_NAME: Wanted = Wanted {
    what: "full name",
    patterns: &[],
};

const TITLE: Wanted = Wanted {
    what: "title",
    patterns: &[Is("title"), Is("job title")],
};

const MAIN_PHONE: Wanted = Wanted {
    what: "main phone",
    patterns: &[
        Is("address1_telephone1"),
        Is("main phone"),
        Is("office phone"),
        Is("telephone number"),
        Is("phone number"),
        Is("phone"),
    ],
};

const MOBILE_PHONE: Wanted = Wanted {
    what: "mobile phone",
    patterns: &[Is("mobile phone"), Is("mobile")],
};

const FAX: Wanted = Wanted {
    what: "fax",
    patterns: &[Is("address1_fax"), Is("fax"), Is("fax number")],
};

const HOME_PHONE: Wanted = Wanted {
    what: "home phone",
    patterns: &[Is("home phone"), Is("home")],
};

const STREET: Wanted = Wanted {
    what: "street",
    patterns: &[
        Is("address1_line1"),
        Is("street"),
        Is("street address"),
        Is("street 1"),
    ],
};

const CITY: Wanted = Wanted {
    what: "city",
    patterns: &[Is("address1_city"), Is("city"), Is("l")],
};

const STATE: Wanted = Wanted {
    what: "state or province",
    patterns: &[
        Is("address1_stateorprovince"),
        Is("state or province"),
        Is("state/province"),
        Is("state"),
        Is("st"),
    ],
};

const COUNTRY: Wanted = Wanted {
    what: "country or region",
    patterns: &[
        Is("address1_country"),
        Is("country or region"),
        Is("country/region"),
        Is("country"),
        Is("co"),
    ],
};
