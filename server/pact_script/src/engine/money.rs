//! Amounts of money in scripts.

use std::cmp::Ordering;
use std::fmt;

use rhai::ImmutableString;
use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};

/// An amount in minor units of a currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Money {
    pub(crate) minor: i64,
    pub(crate) currency: ImmutableString,
}

impl Money {
    /// An amount in major units, rounded half away from zero to the currency's minor unit.
    pub(crate) fn of_major(amount: Decimal, currency: &str) -> Result<Self, String> {
        if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(format!("\"{currency}\" is no currency. Write its three capital letters, such as \"EUR\"."));
        }
        let minor = amount.checked_mul(Decimal::from(10_i64.pow(digits(currency)))).and_then(round).ok_or_else(too_large)?;
        Ok(Self { minor, currency: currency.into() })
    }

    pub(crate) fn major(&self) -> Decimal {
        Decimal::new(self.minor, digits(&self.currency))
    }

    pub(crate) fn plus(&self, other: &Self) -> Result<Self, String> {
        self.same(other)?;
        let minor = self.minor.checked_add(other.minor).ok_or_else(too_large)?;
        Ok(Self { minor, currency: self.currency.clone() })
    }

    pub(crate) fn negated(&self) -> Self {
        Self { minor: self.minor.saturating_neg(), currency: self.currency.clone() }
    }

    pub(crate) fn times(&self, factor: Decimal) -> Result<Self, String> {
        let minor = Decimal::from(self.minor).checked_mul(factor).and_then(round).ok_or_else(too_large)?;
        Ok(Self { minor, currency: self.currency.clone() })
    }

    pub(crate) fn divided(&self, by: Decimal) -> Result<Self, String> {
        let minor = Decimal::from(self.minor).checked_div(by).and_then(round).ok_or("An amount cannot be divided by zero.")?;
        Ok(Self { minor, currency: self.currency.clone() })
    }

    /// How many times `other` is in this amount.
    pub(crate) fn ratio(&self, other: &Self) -> Result<Decimal, String> {
        self.same(other)?;
        Decimal::from(self.minor).checked_div(Decimal::from(other.minor)).ok_or_else(|| "An amount cannot be divided by zero.".to_owned())
    }

    pub(crate) fn order(&self, other: &Self) -> Result<Ordering, String> {
        self.same(other)?;
        Ok(self.minor.cmp(&other.minor))
    }

    fn same(&self, other: &Self) -> Result<(), String> {
        if self.currency == other.currency {
            return Ok(());
        }
        Err(format!("{} and {} are different currencies. Group by currency, or convert first.", self.currency, other.currency))
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.major(), self.currency)
    }
}

fn round(minor: Decimal) -> Option<i64> {
    minor.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero).to_i64()
}

fn too_large() -> String {
    "The amount is too large to count in minor units.".to_owned()
}

/// Digits after the point, as ISO 4217 lists them for the currencies that do not have two.
fn digits(currency: &str) -> u32 {
    match currency {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "VND" | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        _ => 2,
    }
}
