//! Several nodes on one PostgreSQL: they hear of each other's work at once, share it, and outlive each other.

mod killed;
mod same_customer;
mod schema;
mod told;
