//! Customers: the companies that we sell to.

pub(crate) mod subject;
