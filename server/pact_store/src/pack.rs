//! Packs: what a plan can take along.

use sea_orm::sea_query::{Expr, ExprTrait, Func};
use sea_orm::{ColumnTrait, Condition, QueryFilter, Select};
use uuid::Uuid;

use crate::entity::pack::{Column, Entity, Model};
use crate::list::{Listed, narrow, sorts};
use crate::scope::Scope;

/// Which packs.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// For this product.
    pub product: Option<String>,
    /// On this theme.
    pub theme: Option<String>,
    /// For customers of this segment: those that name it, and those that name none.
    pub segment: Option<String>,
    /// With these ids (what a search found).
    pub ids: Option<Vec<Uuid>>,
}

sorts! {
    /// The orders in which packs are listed.
    By of pack {
        CreatedAt = "created_at",
        Title = "title",
    }
}

impl Listed for Model {
    type Filter = Filter;
    type By = By;
    const ID: Column = Column::Id;

    fn within(select: Select<Entity>, scope: &Scope) -> Select<Entity> {
        match scope {
            Scope::Staff(_) | Scope::System => select,
            Scope::Partner(_) => select.filter(Column::Id.is_null()),
        }
    }

    fn narrow(mut select: Select<Entity>, _: &Scope, filter: &Filter) -> Select<Entity> {
        narrow!(select, filter, pack: product => Product.eq, ids => Id.is_in);
        if let Some(theme) = &filter.theme {
            select = select.filter(holds(Column::Themes, theme));
        }
        if let Some(segment) = &filter.segment {
            select = select.filter(Condition::any().add(holds(Column::Segments, segment)).add(Column::Segments.eq("[]")));
        }
        select
    }
}

/// The list of words in `column` holds `word`. Lists are JSON in text, and a word stands in it as JSON writes it; `replace` exists on both databases,
/// where functions that look for a text have different names.
fn holds(column: Column, word: &str) -> Expr {
    let written = serde_json::Value::from(word).to_string();
    let without = Func::cust("replace").arg(Expr::col(column)).arg(written).arg("");
    Expr::col(column).ne(without)
}
