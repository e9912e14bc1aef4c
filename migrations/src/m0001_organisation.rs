//! The organisation: its teams, territories, persons, absences and holidays.

use sea_orm_migration::prelude::*;

use crate::shape::Shape;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Shape::new("organisation")
            .text("name")
            .text("country")
            .text("language")
            .text("time_zone")
            .int("k")
            .int("version")
            .create(manager)
            .await?;
        // `manager_id` has no foreign key: teams and persons point at each other.
        Shape::record("teams")
            .text("name")
            .maybe_text("region")
            .maybe_uuid("manager_id")
            .unique(["name"])
            .create(manager)
            .await?;
        Shape::record("territories")
            .text("name")
            .maybe_link("parent_id", "territories")
            .int("priority")
            .text("rules")
            .unique(["name"])
            .create(manager)
            .await?;
        persons(manager).await?;
        Shape::new("absences")
            .part_of("person_id", "persons")
            .text("from_on")
            .text("until_on")
            .text("kind")
            .maybe_link("stand_in_id", "persons")
            .index(["person_id", "until_on"])
            .create(manager)
            .await?;
        Shape::new("holidays").text("country").maybe_text("region").text("on_day").text("name").create(manager).await?;
        // A plain unique index takes two empty regions for different ones.
        let once = "CREATE UNIQUE INDEX IF NOT EXISTS holidays_once ON holidays (country, COALESCE(region, ''), on_day)";
        manager.get_connection().execute_unprepared(once).await.map(|_| ())
    }
}

async fn persons(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    Shape::record("persons")
        .text("name")
        .text("email")
        .text("role")
        .text("jobs")
        .maybe_link("team_id", "teams")
        .maybe_link("territory_id", "territories")
        .maybe_link("manager_id", "persons")
        .text("skills")
        .text("languages")
        .text("time_zone")
        .text("country")
        .maybe_text("region")
        .maybe_int("capacity")
        .maybe_text("working_hours")
        .yes_no("active")
        .maybe_text("password_hash")
        .int("created_at")
        .unique(["email"])
        .index(["name", "id"])
        .index(["team_id"])
        .index(["territory_id"])
        .create(manager)
        .await
}
