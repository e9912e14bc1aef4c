//! What scripts can say: the page of the reference, and the definitions for editors, made from the interface table.
//!
//! Each entry of the table comes with an example. An example is judged by the linter and run by the real host, over the small company of
//! `world.toml`, and the page shows what came of it; so an example that is wrong, refused or missing makes no page. `pact script reference`
//! writes the page, the repository keeps it as `scripts/README.md`, a test holds it against what would be written now, and the server
//! serves it at `/docs/scripts`.

mod definitions;
mod example;
mod page;

use pact_script::pool::Pool;

pub use self::definitions::definitions;
use self::example::Bench;
use self::page::Page;

/// The page as the repository has it.
pub const PAGE: &str = include_str!("../../../../scripts/README.md");

/// Writes the page: what it says about recipes and modules comes from the folder of scripts.
///
/// # Errors
/// Examples that are missing, refused or fail, all of them; or scripts that cannot be read.
pub async fn page(pool: &Pool, scripts: &std::path::Path) -> anyhow::Result<String> {
    let mut page = Page::new(Bench::new(pool)?);
    page.write(scripts).await?;
    page.finished()
}
