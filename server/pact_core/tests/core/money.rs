//! Amounts and currencies.

use pact_core::money::{Currency, Money, MoneyError};
use proptest::prelude::*;

use crate::all_hold;

fn currency(code: &str) -> Currency {
    code.parse().unwrap()
}

#[test]
fn amounts_are_read_as_people_write_them() {
    let cases = [
        ("12000", "EUR", 1_200_000),
        ("12,000.50", "EUR", 1_200_050),
        ("12.000,50", "EUR", 1_200_050),
        ("12 000,5", "EUR", 1_200_050),
        ("12\u{a0}000,50", "EUR", 1_200_050),
        ("12\u{202f}000", "EUR", 1_200_000),
        ("1'234.50", "CHF", 123_450),
        ("1’234.50", "CHF", 123_450),
        ("12,34,567.00", "INR", 123_456_700),
        ("1,234", "USD", 123_400),
        ("1.234", "EUR", 123_400),
        ("1.234.567", "EUR", 123_456_700),
        ("1,5", "EUR", 150),
        ("0.99", "EUR", 99),
        ("-3.10", "EUR", -310),
        ("\u{2212}3,10", "EUR", -310),
        ("12.500", "KWD", 12_500),
        ("1,234.500", "KWD", 1_234_500),
        ("1234", "JPY", 1_234),
        ("1,234", "JPY", 1_234),
        ("1.50", "EUR", 150),
        ("1.500,00", "EUR", 150_000),
        ("92233720368547758.07", "EUR", i64::MAX),
        ("-92233720368547758.08", "EUR", i64::MIN),
    ];
    all_hold(cases.iter().filter_map(|(text, code, minor)| {
        let got = Money::parse_amount(text, currency(code));
        (got != Ok(Money { minor: *minor, currency: currency(code) })).then(|| format!("{text} {code}: {got:?}, not {minor}"))
    }));
}

#[test]
fn what_is_no_amount_is_refused() {
    let cases = [
        ("", "EUR", "money-no-amount"),
        ("-", "EUR", "money-no-amount"),
        ("twelve", "EUR", "money-no-amount"),
        ("1,2,3", "EUR", "money-no-amount"),
        ("1.", "EUR", "money-no-amount"),
        (".5", "EUR", "money-no-amount"),
        ("1e5", "EUR", "money-no-amount"),
        ("--1", "EUR", "money-no-amount"),
        ("1,2345.00", "EUR", "money-no-amount"),
        ("1.234,567.89", "EUR", "money-no-amount"),
        ("٣٤", "EUR", "money-no-amount"),
        ("1.5", "JPY", "money-too-fine"),
        ("1.2345", "EUR", "money-too-fine"),
        ("92233720368547758.08", "EUR", "money-too-much"),
        ("99999999999999999999999999999999", "EUR", "money-too-much"),
    ];
    all_hold(cases.iter().filter_map(|(text, code, want)| {
        let got = Money::parse_amount(text, currency(code));
        (got.as_ref().err().map(MoneyError::code) != Some(*want)).then(|| format!("{text:?} {code}: {got:?}, not {want}"))
    }));
}

#[test]
fn money_is_said_with_its_currency() {
    let cases = [
        ("EUR", 1_200_050, "EUR 12,000.50"),
        ("EUR", 5, "EUR 0.05"),
        ("EUR", -310, "EUR -3.10"),
        ("JPY", 1_234_567, "JPY 1,234,567"),
        ("KWD", 12_500, "KWD 12.500"),
        ("USD", i64::MIN, "USD -92,233,720,368,547,758.08"),
    ];
    for (code, minor, said) in cases {
        assert_eq!(Money { minor, currency: currency(code) }.to_string(), said);
    }
    for text in ["EUR 12,000.50", "12.000,50 eur", "EUR12000.50", " 12000.50EUR "] {
        assert_eq!(text.parse(), Ok(Money { minor: 1_200_050, currency: currency("EUR") }), "{text}");
    }
}

#[test]
fn currencies_are_those_of_iso_4217() {
    let digits = [("EUR", 2), ("JPY", 0), ("KRW", 0), ("ISK", 0), ("KWD", 3), ("TND", 3), ("CHF", 2), ("HUF", 2)];
    for (code, want) in digits {
        assert_eq!(currency(code).digits(), want, "{code}");
    }
    assert_eq!(currency(" usd "), currency("USD"));
    for code in ["", "EU", "EURO", "XXX", "ABC", "€", "éu", "E\u{0}R"] {
        assert_eq!(code.parse::<Currency>(), Err(MoneyError::NoCurrency(code.to_owned())));
    }
    assert_eq!(serde_json::to_string(&currency("EUR")).unwrap(), "\"EUR\"");
    assert!(serde_json::from_str::<Currency>("\"EEE\"").is_err());
    let euro = |minor| Money { minor, currency: currency("EUR") };
    assert_eq!(euro(1).checked_add(euro(2)), Some(euro(3)));
    assert_eq!(euro(1).checked_add(Money { minor: 2, currency: currency("USD") }), None);
    assert_eq!(euro(i64::MAX).checked_add(euro(1)), None);
}

proptest! {
    #[test]
    fn money_comes_back(minor in any::<i64>(), code in prop::sample::select(vec!["EUR", "JPY", "KWD", "USD"])) {
        let money = Money { minor, currency: currency(code) };
        prop_assert_eq!(money.to_string().parse::<Money>(), Ok(money));
        prop_assert_eq!(Money::of_decimal(money.to_decimal(), money.currency), Ok(money));
    }

    #[test]
    fn no_text_breaks_the_reader(text in "[-0-9., 'A-Z€]{0,24}") {
        let _ = text.parse::<Money>();
        let _ = Money::parse_amount(&text, currency("EUR"));
    }
}
