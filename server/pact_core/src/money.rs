//! Money: an amount in the smallest unit of its currency.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// An amount of money; `minor` counts the smallest unit of the currency: cents for EUR, yen for JPY.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// The amount in the smallest unit.
    pub minor: i64,
    /// The currency.
    pub currency: Currency,
}

/// A currency, by its ISO 4217 code.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

/// Why something is no money.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The code names no currency.
    #[error("\"{0}\" is no currency. Write its ISO 4217 code of three letters, such as EUR.")]
    NoCurrency(String),
    /// The text is no amount.
    #[error("\"{0}\" is no amount of money. Write it like 12,000.50 or 12.000,50.")]
    NoAmount(String),
    /// The amount is finer than the currency.
    #[error("{amount} {currency} is finer than the currency, which has {digits} digits after the point. Round it.")]
    TooFine {
        /// The amount.
        amount: Decimal,
        /// The currency.
        currency: Currency,
        /// Its digits after the point.
        digits: u32,
    },
    /// The amount cannot be held.
    #[error("\"{0}\" is more money than PACT can hold. Check the amount.")]
    TooMuch(String),
}

impl MoneyError {
    /// The word for it in problem types.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoCurrency(_) => "money-no-currency",
            Self::NoAmount(_) => "money-no-amount",
            Self::TooFine { .. } => "money-too-fine",
            Self::TooMuch(_) => "money-too-much",
        }
    }
}

/// Codes in use, by ISO 4217 as of 2026, without metals, funds and test codes.
const CODES: &str = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF \
    CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS \
    INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR \
    MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP \
    SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XCG XOF XPF \
    YER ZAR ZMW ZWG";
/// Currencies whose smallest unit is the unit itself.
const WITHOUT_MINOR: &str = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF";
/// Currencies with a thousand parts.
const WITH_THOUSANDTHS: &str = "BHD IQD JOD KWD LYD OMR TND";

impl Currency {
    /// The code, three capital letters.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Digits after the point: 2 for most, 0 for JPY and KRW, 3 for KWD.
    pub fn digits(&self) -> u32 {
        let listed = |list: &str| list.split_whitespace().any(|code| code == self.code());
        if listed(WITHOUT_MINOR) {
            0
        } else if listed(WITH_THOUSANDTHS) {
            3
        } else {
            2
        }
    }
}

impl Money {
    /// Money of a decimal amount; an amount finer than the currency is refused, never rounded.
    pub fn of_decimal(amount: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        let digits = currency.digits();
        if amount.normalize().scale() > digits {
            return Err(MoneyError::TooFine { amount, currency, digits });
        }
        let scaled = amount.checked_mul(Decimal::from(10_i64.pow(digits)));
        let minor = scaled.and_then(|scaled| i64::try_from(scaled).ok());
        minor.map(|minor| Self { minor, currency }).ok_or_else(|| MoneyError::TooMuch(amount.to_string()))
    }

    /// The amount as a decimal number of the currency's unit.
    pub fn to_decimal(&self) -> Decimal {
        Decimal::new(self.minor, self.currency.digits())
    }

    /// An amount as people and their spreadsheets write it: `12,000.50`, `12.000,50`, `12 000,5`, `1'234.50`, `12,34,567`.
    ///
    /// One separator before exactly three digits groups thousands (`1.234` is one thousand two hundred), unless the currency
    /// has three digits after the point.
    pub fn parse_amount(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let refuse = || MoneyError::NoAmount(text.to_owned());
        let trimmed = text.trim();
        let (sign, rest) = trimmed.strip_prefix(['-', '\u{2212}']).map_or(("", trimmed), |rest| ("-", rest));
        let plain: String = rest.chars().filter(|c| !c.is_whitespace() && !matches!(c, '\'' | '\u{2019}')).collect();
        let (whole, fraction) = split_fraction(&plain, currency.digits());
        let groups: Vec<&str> = whole.split([',', '.']).collect();
        let digits_only = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let grouped_well = groups.len() == 1
            || (groups[0].len() <= 3 && groups.last().is_some_and(|last| last.len() == 3) && one_separator(whole));
        if !groups.iter().all(|group| digits_only(group)) || !grouped_well || !fraction.is_none_or(digits_only) {
            return Err(refuse());
        }
        let number = format!("{sign}{}.{}", groups.concat(), fraction.unwrap_or("0"));
        let amount = number.parse().map_err(|_| MoneyError::TooMuch(text.to_owned()))?;
        Self::of_decimal(amount, currency)
    }

    /// Both amounts together, if they are of one currency and can be held.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        if self.currency != other.currency {
            return None;
        }
        Some(Self { minor: self.minor.checked_add(other.minor)?, currency: self.currency })
    }
}

/// The part before the decimal separator and the one after it.
fn split_fraction(plain: &str, digits: u32) -> (&str, Option<&str>) {
    let Some(at) = plain.rfind([',', '.']) else { return (plain, None) };
    let (whole, after) = (&plain[..at], &plain[at + 1..]);
    let other_separators = plain.matches([',', '.']).count() > 1;
    let same_before = whole.contains(&plain[at..=at]);
    let groups_thousands = after.len() == 3 && (same_before || (!other_separators && digits != 3));
    if groups_thousands || same_before { (plain, None) } else { (whole, Some(after)) }
}

fn one_separator(whole: &str) -> bool {
    !(whole.contains(',') && whole.contains('.'))
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.currency.digits();
        let unit = 10_u64.pow(digits);
        let (whole, rest) = (self.minor.unsigned_abs() / unit, self.minor.unsigned_abs() % unit);
        let whole = whole.to_string();
        let mut grouped = String::new();
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        let sign = if self.minor < 0 { "-" } else { "" };
        write!(f, "{} {sign}{grouped}", self.currency)?;
        if digits > 0 {
            write!(f, ".{rest:0width$}", width = digits as usize)?;
        }
        Ok(())
    }
}

/// Reads an amount with the code of its currency before or after it: `EUR 12,000.50`, `12.000,50 EUR`.
impl FromStr for Money {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let trimmed = text.trim();
        let letters = |c: &char| c.is_ascii_alphabetic();
        let before: String = trimmed.chars().take_while(letters).collect();
        let (code, amount) = if before.is_empty() {
            let rest = trimmed.trim_end_matches(|c: char| c.is_ascii_alphabetic());
            (&trimmed[rest.len()..], rest)
        } else {
            (&trimmed[..before.len()], &trimmed[before.len()..])
        };
        Self::parse_amount(amount, code.parse()?)
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let refuse = || MoneyError::NoCurrency(text.to_owned());
        let code = text.trim().to_ascii_uppercase();
        let bytes: [u8; 3] = code.as_bytes().try_into().map_err(|_| refuse())?;
        if CODES.split_whitespace().any(|known| known == code) { Ok(Self(bytes)) } else { Err(refuse()) }
    }
}

impl TryFrom<String> for Currency {
    type Error = MoneyError;

    fn try_from(text: String) -> Result<Self, MoneyError> {
        text.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
