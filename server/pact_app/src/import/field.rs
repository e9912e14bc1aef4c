//! What a column can say about a lead.

use std::fmt;
use std::str::FromStr;

use pact_core::words::UnknownWord;
use serde::{Deserialize, Serialize};

macro_rules! fields {
    ($($(#[$doc:meta])* $case:ident = $word:literal,)+) => {
        /// What a column says: a field of the lead, of its customer or of its contact.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Field {
            $($(#[$doc])* #[serde(rename = $word)] $case,)+
        }

        impl Field {
            /// Every field.
            pub const ALL: &'static [Self] = &[$(Self::$case),+];

            /// Its word in mappings, the same as in the body of `POST /leads`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$case => $word,)+ }
            }
        }

        impl FromStr for Field {
            type Err = UnknownWord;

            fn from_str(text: &str) -> Result<Self, UnknownWord> {
                match text {
                    $($word => Ok(Self::$case),)+
                    _ => Err(UnknownWord { what: "field", given: text.to_owned(), known: [$($word),+].join(", ") }),
                }
            }
        }
    };
}

fields! {
    /// What the lead is about.
    Title = "title",
    /// Where it comes from.
    Source = "source",
    /// The product that the customer asks about.
    Product = "product",
    /// What the customer wrote; several columns are put one under the other.
    Message = "message",
    /// What the sale may be worth.
    Value = "value",
    /// The currency of the value.
    Currency = "currency",
    /// The day on which the sale is expected.
    ExpectedOn = "expected_on",
    /// The key of another system; a row with a key that was imported before is attached to that lead.
    ExternalKey = "external_key",
    /// The customer's name.
    CustomerName = "customer.name",
    /// The customer's web address.
    CustomerWebsite = "customer.website",
    /// The customer's telephone number.
    CustomerPhone = "customer.phone",
    /// Street and number; several columns are put one behind the other.
    CustomerStreet = "customer.street",
    /// Postcode.
    CustomerPostcode = "customer.postcode",
    /// City.
    CustomerCity = "customer.city",
    /// Country: its name in one of seven languages, or its code.
    CustomerCountry = "customer.country",
    /// Segment.
    CustomerSegment = "customer.segment",
    /// Industry.
    CustomerIndustry = "customer.industry",
    /// Employees of the customer.
    CustomerEmployees = "customer.employees",
    /// The contact's whole name.
    ContactName = "contact.name",
    /// The contact's first name.
    ContactFirstName = "contact.first_name",
    /// The contact's last name.
    ContactLastName = "contact.last_name",
    /// What the contact does at the customer.
    ContactTitle = "contact.title",
    /// The contact's e-mail address.
    ContactEmail = "contact.email",
    /// The contact's telephone number.
    ContactPhone = "contact.phone",
    /// The contact's language: its name in one of seven languages, or its code.
    ContactLanguage = "contact.language",
}

impl Field {
    /// Whether it says who asks, so that a row without any of these is nobody's.
    pub const fn says_who(self) -> bool {
        matches!(
            self,
            Self::CustomerName | Self::CustomerWebsite | Self::ContactName | Self::ContactLastName | Self::ContactEmail
        )
    }

    /// What stands between the cells of several columns with this field; `None`: the first cell that says something counts.
    pub const fn joined_by(self) -> Option<&'static str> {
        match self {
            Self::Message => Some("\n"),
            Self::CustomerStreet => Some(" "),
            Self::Title
            | Self::Source
            | Self::Product
            | Self::Value
            | Self::Currency
            | Self::ExpectedOn
            | Self::ExternalKey
            | Self::CustomerName
            | Self::CustomerWebsite
            | Self::CustomerPhone
            | Self::CustomerPostcode
            | Self::CustomerCity
            | Self::CustomerCountry
            | Self::CustomerSegment
            | Self::CustomerIndustry
            | Self::CustomerEmployees
            | Self::ContactName
            | Self::ContactFirstName
            | Self::ContactLastName
            | Self::ContactTitle
            | Self::ContactEmail
            | Self::ContactPhone
            | Self::ContactLanguage => None,
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
