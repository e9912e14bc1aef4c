//! PACT.
