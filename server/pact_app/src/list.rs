//! The orders in which people, teams and their like are listed.

/// Writes down the orders of one kind of rows, all by columns that every row has. The first is the default.
macro_rules! sorts {
    ($(#[$about:meta])* $name:ident of $entity:ident { $first:ident = $first_word:literal, $($by:ident = $word:literal,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[expect(missing_docs, reason = "each is the column of its name")]
        pub enum $name { #[default] $first, $($by,)* }

        impl pact_store::SortBy for $name {
            type Entity = pact_store::entity::$entity::Entity;
            const ALL: &'static [Self] = &[Self::$first, $(Self::$by,)*];

            fn name(self) -> &'static str {
                match self { Self::$first => $first_word, $(Self::$by => $word,)* }
            }

            fn column(self) -> pact_store::entity::$entity::Column {
                match self {
                    Self::$first => pact_store::entity::$entity::Column::$first,
                    $(Self::$by => pact_store::entity::$entity::Column::$by,)*
                }
            }

            fn nullable(self) -> bool {
                false
            }
        }
    };
}
pub(crate) use sorts;
