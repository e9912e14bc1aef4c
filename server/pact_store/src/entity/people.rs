//! The organisation and its people.

entity! {
    /// The one row that says who we are. `version` goes up with every change of persons, teams, territories, absences, holidays or working hours.
    organisation = "organisation" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub name: String,
        pub country: String,
        pub language: String,
        pub time_zone: String,
        pub k: i64,
        pub version: i64,
    }
}

entity! {
    /// A team of persons.
    team = "teams" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub revision: String,
        pub name: String,
        pub region: Option<String>,
        pub manager_id: Option<Uuid>,
        /// When its people work who have no hours of their own.
        pub working_hours: Option<Json>,
    }
}

entity! {
    /// A territory: a part of the market, inside another one or on top. `rules` is a list of what belongs to it.
    territory = "territories" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub revision: String,
        pub name: String,
        pub parent_id: Option<Uuid>,
        pub priority: i64,
        pub rules: Json,
    }
}

entity! {
    /// A member of staff, or a partner outside, with an account.
    person = "persons" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub revision: String,
        pub name: String,
        /// Lower-cased, unique.
        pub email: String,
        pub role: String,
        pub jobs: Words,
        pub team_id: Option<Uuid>,
        pub territory_id: Option<Uuid>,
        pub manager_id: Option<Uuid>,
        pub skills: Words,
        pub languages: Words,
        pub time_zone: String,
        pub country: String,
        pub region: Option<String>,
        /// How many open leads they can carry.
        pub capacity: Option<i64>,
        /// None: their team's hours, else the usual ones.
        pub working_hours: Option<Json>,
        pub active: bool,
        pub password_hash: Option<Secret>,
        pub created_at: i64,
    }
}

entity! {
    /// Days on which a person is away, both ends included.
    absence = "absences" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub person_id: Uuid,
        pub from_on: String,
        pub until_on: String,
        pub kind: String,
        pub stand_in_id: Option<Uuid>,
    }
}

entity! {
    /// A public holiday of a country, or of one region of it.
    holiday = "holidays" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub country: String,
        pub region: Option<String>,
        pub on_day: String,
        pub name: String,
    }
}
