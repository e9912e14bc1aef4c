//! Money on the wire: an amount as decimal text, and a currency.

use pact_core::money::{Currency, Money};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::problem::Problem;

/// The longest amount, as the description has it.
const MAX_AMOUNT_BYTES: usize = 30;

/// An amount of money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"amount": "12000.00", "currency": "EUR"}))]
pub struct Amount {
    /// The amount as decimal text, never finer than the currency.
    #[schema(example = "12000.00", max_length = 30)]
    pub amount: String,
    /// The ISO 4217 code of the currency.
    #[schema(example = "EUR", min_length = 3, max_length = 3)]
    pub currency: String,
}

impl Amount {
    /// Reads it as money; `field` is where the body has it.
    ///
    /// # Errors
    /// A currency that does not exist, or an amount that is none of it.
    pub fn read(&self, field: &str) -> Result<Money, Problem> {
        let refuse = |part: &str, why: String| Problem::from(pact_app::Refusal::invalid(format!("{field}.{part}"), why));
        if self.amount.len() > MAX_AMOUNT_BYTES {
            return Err(refuse("amount", format!("it is longer than {MAX_AMOUNT_BYTES} characters. Leave out leading zeros.")));
        }
        let currency: Currency =
            self.currency.parse().map_err(|error: pact_core::money::MoneyError| refuse("currency", error.to_string()))?;
        Money::parse_amount(&self.amount, currency).map_err(|error| refuse("amount", error.to_string()))
    }
}

impl From<Money> for Amount {
    fn from(money: Money) -> Self {
        let digits = money.currency.digits();
        Self { amount: format!("{:.*}", digits as usize, money.to_decimal()), currency: money.currency.to_string() }
    }
}
