//! Where each rule is asked.
//!
//! In: nothing. Out: for every code the function of this room that checks it, or the room where the
//! fact is met. What each rule says of itself is in `model/rules/`.

use crate::model::Code;

/// Where a rule is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Home {
    /// In this room: file and function.
    Here(&'static str, &'static str),
    /// In another room, where the fact is met.
    Room(&'static str),
}

/// Every code and where it is asked.
pub const HOMES: &[(Code, Home)] = &[
    (Code::Fil001, Home::Room("read")),
    (Code::Fil002, Home::Room("read")),
    (Code::Fil003, Home::Room("read")),
    (Code::Fil004, Home::Room("read")),
    (Code::Fil005, Home::Room("read")),
    (Code::Fil006, Home::Room("read")),
    (Code::Fil007, Home::Room("read")),
    (Code::Fil008, Home::Room("read")),
    (Code::Own001, Home::Room("plan")),
    (Code::Own002, Home::Room("resolve")),
    (Code::Own003, Home::Room("resolve")),
    (Code::Own004, Home::Room("resolve")),
    (Code::Own005, Home::Room("resolve")),
    (Code::Own006, Home::Room("resolve")),
    (Code::Own007, Home::Room("resolve")),
    (Code::Own008, Home::Here("owners", "access_team")),
    (Code::Own009, Home::Here("owners", "cannot_read")),
    (Code::Own010, Home::Here("owners", "no_role")),
    (Code::Own011, Home::Room("resolve")),
    (Code::Own012, Home::Room("resolve")),
    (Code::Own013, Home::Room("resolve")),
    (Code::Stb001, Home::Here("stubs", "note")),
    (Code::Stb002, Home::Room("resolve")),
    (Code::Stb003, Home::Here("stubs", "default_role")),
    (Code::Stb004, Home::Here("stubs", "role_on_disabled")),
    (Code::Stb005, Home::Here("stubs", "already_taken")),
    (Code::Rol001, Home::Room("plan")),
    (Code::Rol002, Home::Room("plan")),
    (Code::Rol003, Home::Here("roles", "to_disabled")),
    (Code::Rol004, Home::Here("roles", "of_other_unit")),
    (Code::Rol005, Home::Room("plan")),
    (Code::Rol006, Home::Room("plan")),
    (Code::Rol007, Home::Room("plan")),
    (Code::Rol008, Home::Here("roles", "last_role")),
    (Code::Rol012, Home::Here("roles", "to_access_team")),
    (Code::Rol015, Home::Room("plan")),
    (Code::Acc009, Home::Here("access", "nobody_left")),
    (Code::Acc014, Home::Room("plan")),
    (Code::Acc015, Home::Room("plan")),
    (Code::Acc016, Home::Room("plan")),
    (Code::Acc017, Home::Room("plan")),
    (Code::Rec001, Home::Room("read")),
    (Code::Rec002, Home::Here("records", "not_there")),
    (Code::Rec003, Home::Room("plan")),
    (Code::Rec004, Home::Room("plan")),
    (Code::Rec005, Home::Here("records", "not_owned")),
    (Code::Rec006, Home::Room("plan")),
];
