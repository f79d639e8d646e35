//! whole_way
