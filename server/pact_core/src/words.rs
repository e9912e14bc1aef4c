//! Closed sets of words: enums whose cases have one name in the store, on the wire and in scripts.

/// A text that is none of a closed set of words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{given}\" is no {what}. Choose one of: {known}.")]
pub struct UnknownWord {
    /// What was wanted, such as "stage".
    pub what: &'static str,
    /// What was given.
    pub given: String,
    /// The words that there are.
    pub known: String,
}

/// Makes an enum with its words: `ALL`, `as_str`, `Display`, `FromStr` and serde as the word.
macro_rules! words {
    (
        $(#[$doc:meta])*
        pub enum $name:ident, $what:literal {
            $($(#[$case_doc:meta])* $case:ident = $word:literal,)+
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$case_doc])* #[serde(rename = $word)] $case,)+
        }

        impl $name {
            /// Every case, in order.
            pub const ALL: &'static [Self] = &[$(Self::$case),+];

            /// The word for it in the store, on the wire and in scripts.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$case => $word,)+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::words::UnknownWord;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($word => Ok(Self::$case),)+
                    _ => Err($crate::words::UnknownWord {
                        what: $what,
                        given: text.to_owned(),
                        known: [$($word),+].join(", "),
                    }),
                }
            }
        }
    };
}

pub(crate) use words;
