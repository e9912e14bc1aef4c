//! Arithmetic on amounts of money, as scripts do it.

use std::cmp::Ordering;

use pact_core::money::{Currency, Money};
use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};

/// An amount in a currency, rounded to its smallest unit, half away from zero.
pub(crate) fn of_number(amount: Decimal, currency: &str) -> Result<Money, String> {
    let currency: Currency = currency.parse().map_err(|error: pact_core::money::MoneyError| error.to_string())?;
    let amount = amount.round_dp_with_strategy(currency.digits(), RoundingStrategy::MidpointAwayFromZero);
    Money::of_decimal(amount, currency).map_err(|error| error.to_string())
}

pub(crate) fn plus(a: Money, b: Money) -> Result<Money, String> {
    same(a, b)?;
    a.checked_add(b).ok_or_else(too_large)
}

pub(crate) fn negated(a: Money) -> Money {
    Money { minor: a.minor.saturating_neg(), ..a }
}

pub(crate) fn times(a: Money, factor: Decimal) -> Result<Money, String> {
    let minor = Decimal::from(a.minor).checked_mul(factor).and_then(round).ok_or_else(too_large)?;
    Ok(Money { minor, ..a })
}

pub(crate) fn divided(a: Money, by: Decimal) -> Result<Money, String> {
    let minor = Decimal::from(a.minor).checked_div(by).and_then(round).ok_or_else(by_zero)?;
    Ok(Money { minor, ..a })
}

/// How many times `b` is in `a`.
pub(crate) fn ratio(a: Money, b: Money) -> Result<Decimal, String> {
    same(a, b)?;
    Decimal::from(a.minor).checked_div(Decimal::from(b.minor)).ok_or_else(by_zero)
}

pub(crate) fn order(a: Money, b: Money) -> Result<Ordering, String> {
    same(a, b)?;
    Ok(a.minor.cmp(&b.minor))
}

fn same(a: Money, b: Money) -> Result<(), String> {
    if a.currency == b.currency {
        return Ok(());
    }
    Err(format!("{} and {} are different currencies. Group by currency, or convert first.", a.currency, b.currency))
}

fn round(minor: Decimal) -> Option<i64> {
    minor.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero).to_i64()
}

fn too_large() -> String {
    "The amount is too large to count in the currency's smallest unit.".to_owned()
}

fn by_zero() -> String {
    "An amount cannot be divided by zero.".to_owned()
}
