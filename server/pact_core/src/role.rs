//! Roles, what each may do, and the scopes that narrow an API key.

use crate::words::words;

words! {
    /// What a person is in PACT; it decides what they may do.
    pub enum Role, "role" {
        /// Sells: owns leads, writes cards, announces plans.
        Rep = "rep",
        /// A rep who also leads others: pushes, transfers and escalates their leads.
        Manager = "manager",
        /// Shapes PACT: people, territories, plugins, fields, imports.
        Admin = "admin",
        /// Sees the evidence: lint verdicts, script versions, runs and the audit log.
        Auditor = "auditor",
        /// A person outside the company who sees only what is asked of them.
        Partner = "partner",
    }
}

words! {
    /// One thing that a person may be allowed to do.
    pub enum Right, "right" {
        /// Read leads, their pushes and their history.
        ReadLeads = "read leads",
        /// Enter leads and change what they say.
        EnterLeads = "enter leads",
        /// Be pushed a lead, answer the push, own the lead and bring it to its end.
        OwnLeads = "own leads",
        /// Push, withdraw, transfer, escalate, highlight, reopen and close leads that others own.
        ManageLeads = "manage leads",
        /// Bring in leads in bulk.
        ImportLeads = "import leads",
        /// Read customers and contacts.
        ReadCustomers = "read customers",
        /// Enter and change customers and contacts.
        WriteCustomers = "write customers",
        /// Merge two leads or two customers into one.
        MergeRecords = "merge records",
        /// Read cards.
        ReadCards = "read cards",
        /// Write cards.
        WriteCards = "write cards",
        /// Read plans.
        ReadPlans = "read plans",
        /// Announce plans.
        AnnouncePlans = "announce plans",
        /// Read the requests of all; those that one asks or is asked need no right.
        ReadRequests = "read requests",
        /// Ask requests.
        AskRequests = "ask requests",
        /// Answer the requests that one is asked.
        AnswerRequests = "answer requests",
        /// Read planning packs.
        ReadPacks = "read packs",
        /// Write planning packs.
        WritePacks = "write packs",
        /// Read goals.
        ReadGoals = "read goals",
        /// Set goals.
        WriteGoals = "write goals",
        /// Read people, teams, territories, absences and calendars.
        ReadOrganisation = "read the organisation",
        /// Change people, teams, territories, holidays and working hours.
        ManageOrganisation = "manage the organisation",
        /// Announce one's own absences and name a stand-in.
        AnnounceAbsence = "announce own absences",
        /// Read what saved views show whom, and subscribe to them.
        ReadViews = "read views",
        /// Save views and reports.
        WriteViews = "write views",
        /// Read plugins, their scripts, versions and custom fields.
        ReadPlugins = "read plugins",
        /// Install, change, switch and dry-run plugins and scripts, and define custom fields.
        ManagePlugins = "manage plugins",
        /// Read what runs did.
        ReadRuns = "read runs",
        /// Make the keys of public web forms.
        ManageForms = "manage web forms",
        /// See and release what waits to leave, and name the webhooks to which it goes.
        ManageOutbox = "manage what leaves",
        /// Read the tamper-evident log.
        ReadAuditLog = "read the audit log",
        /// Ask for somebody's security records for a security reason, and agree to it: an admin and an auditor together.
        OpenSecurityRecords = "open security records",
        /// Make API keys that act as oneself.
        ManageOwnKeys = "manage own API keys",
    }
}

words! {
    /// What an API key is good for; it never gives more than its person's role does.
    pub enum Scope, "scope" {
        /// Read leads.
        LeadsRead = "leads_read",
        /// Enter leads, answer pushes, work on leads.
        LeadsWrite = "leads_write",
        /// Bring in leads in bulk.
        ImportsWrite = "imports_write",
        /// Read customers and contacts.
        CustomersRead = "customers_read",
        /// Change customers and contacts.
        CustomersWrite = "customers_write",
        /// Read cards.
        CardsRead = "cards_read",
        /// Write cards.
        CardsWrite = "cards_write",
        /// Read plans.
        PlansRead = "plans_read",
        /// Announce plans.
        PlansWrite = "plans_write",
        /// Read requests.
        RequestsRead = "requests_read",
        /// Ask and answer requests.
        RequestsWrite = "requests_write",
        /// Read packs.
        PacksRead = "packs_read",
        /// Write packs.
        PacksWrite = "packs_write",
        /// Read goals.
        GoalsRead = "goals_read",
        /// Set goals.
        GoalsWrite = "goals_write",
        /// Read people, teams and territories.
        OrganisationRead = "organisation_read",
        /// Change people, teams and territories.
        OrganisationWrite = "organisation_write",
        /// Read saved views.
        ViewsRead = "views_read",
        /// Save views.
        ViewsWrite = "views_write",
        /// Read plugins and runs.
        PluginsRead = "plugins_read",
        /// Change plugins and fields.
        PluginsWrite = "plugins_write",
        /// See and release what leaves, and manage webhooks.
        OutboxWrite = "outbox_write",
        /// Read the audit log.
        AuditRead = "audit_read",
        /// Everything that the person's role may do.
        Admin = "admin",
    }
}

impl Role {
    /// Whether a person with this role has the right.
    pub const fn may(self, right: Right) -> bool {
        let [rep, manager, admin, auditor, partner] = row(right);
        match self {
            Self::Rep => rep,
            Self::Manager => manager,
            Self::Admin => admin,
            Self::Auditor => auditor,
            Self::Partner => partner,
        }
    }
}

/// The table of rights: whether a rep, a manager, an admin, an auditor, a partner has it.
const fn row(right: Right) -> [bool; 5] {
    const YES: bool = true;
    const NO: bool = false;
    match right {
        Right::ReadLeads => [YES, YES, YES, NO, NO],
        Right::EnterLeads => [YES, YES, YES, NO, NO],
        Right::OwnLeads => [YES, YES, NO, NO, NO],
        Right::ManageLeads => [NO, YES, YES, NO, NO],
        Right::ImportLeads => [NO, YES, YES, NO, NO],
        Right::ReadCustomers => [YES, YES, YES, NO, NO],
        Right::WriteCustomers => [YES, YES, YES, NO, NO],
        Right::MergeRecords => [NO, YES, YES, NO, NO],
        Right::ReadCards => [YES, YES, YES, NO, NO],
        Right::WriteCards => [YES, YES, YES, NO, NO],
        Right::ReadPlans => [YES, YES, YES, NO, NO],
        Right::AnnouncePlans => [YES, YES, NO, NO, NO],
        Right::ReadRequests => [YES, YES, YES, NO, NO],
        Right::AskRequests => [YES, YES, YES, NO, NO],
        Right::AnswerRequests => [YES, YES, YES, YES, YES],
        Right::ReadPacks => [YES, YES, YES, YES, NO],
        Right::WritePacks => [NO, YES, YES, NO, NO],
        Right::ReadGoals => [YES, YES, YES, YES, NO],
        Right::WriteGoals => [NO, YES, YES, NO, NO],
        Right::ReadOrganisation => [YES, YES, YES, YES, NO],
        Right::ManageOrganisation => [NO, NO, YES, NO, NO],
        Right::AnnounceAbsence => [YES, YES, YES, YES, NO],
        // Auditors read what views ask; running one takes the right to read its rows, too.
        Right::ReadViews => [YES, YES, YES, YES, NO],
        Right::WriteViews => [YES, YES, YES, NO, NO],
        // The pact is open: everybody inside may read the scripts that move their leads.
        Right::ReadPlugins => [YES, YES, YES, YES, NO],
        Right::ManagePlugins => [NO, NO, YES, NO, NO],
        Right::ReadRuns => [NO, NO, YES, YES, NO],
        Right::ManageForms => [NO, NO, YES, NO, NO],
        Right::ManageOutbox => [NO, NO, YES, NO, NO],
        Right::ReadAuditLog => [NO, NO, NO, YES, NO],
        // Neither can alone: whoever asks is of one of the two roles, and whoever agrees is of the other.
        Right::OpenSecurityRecords => [NO, NO, YES, YES, NO],
        Right::ManageOwnKeys => [YES, YES, YES, YES, NO],
    }
}

impl Scope {
    /// Whether a key with this scope may use the right, if its person has it.
    pub const fn grants(self, right: Right) -> bool {
        match self {
            Self::LeadsRead => matches!(right, Right::ReadLeads),
            Self::LeadsWrite => matches!(right, Right::EnterLeads | Right::OwnLeads | Right::ManageLeads | Right::MergeRecords),
            Self::ImportsWrite => matches!(right, Right::ImportLeads),
            Self::CustomersRead => matches!(right, Right::ReadCustomers),
            Self::CustomersWrite => matches!(right, Right::WriteCustomers | Right::MergeRecords),
            Self::CardsRead => matches!(right, Right::ReadCards),
            Self::CardsWrite => matches!(right, Right::WriteCards),
            Self::PlansRead => matches!(right, Right::ReadPlans),
            Self::PlansWrite => matches!(right, Right::AnnouncePlans),
            Self::RequestsRead => matches!(right, Right::ReadRequests),
            Self::RequestsWrite => matches!(right, Right::AskRequests | Right::AnswerRequests),
            Self::PacksRead => matches!(right, Right::ReadPacks),
            Self::PacksWrite => matches!(right, Right::WritePacks),
            Self::GoalsRead => matches!(right, Right::ReadGoals),
            Self::GoalsWrite => matches!(right, Right::WriteGoals),
            Self::OrganisationRead => matches!(right, Right::ReadOrganisation),
            Self::OrganisationWrite => matches!(right, Right::ManageOrganisation | Right::AnnounceAbsence),
            Self::ViewsRead => matches!(right, Right::ReadViews),
            Self::ViewsWrite => matches!(right, Right::WriteViews),
            Self::PluginsRead => matches!(right, Right::ReadPlugins | Right::ReadRuns),
            Self::PluginsWrite => matches!(right, Right::ManagePlugins | Right::ManageForms),
            Self::OutboxWrite => matches!(right, Right::ManageOutbox),
            Self::AuditRead => matches!(right, Right::ReadAuditLog),
            Self::Admin => true,
        }
    }
}
