//! The rules by which labels are transferred, by name, so that a test can switch each off and see that it is missed.
//!
//! The switch is there in builds for tests, which have debug assertions. In a release every rule is on, always: there the switch is a
//! constant, and nothing of it is left in the program.

use crate::flow::lab::{Bits, Lab};

/// A transfer rule of the analysis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transfer {
    /// What is done under a condition depends on it.
    Branch,
    /// A case of a `switch` depends on what it looks at.
    Switch,
    /// What stands behind `&&`, `||` or `??` depends on what stands before it.
    ShortCircuit,
    /// What stands behind a way out depends on whether it was taken.
    Left,
    /// Later turns of a loop depend on whether an earlier one left it.
    LeftLoop,
    /// What catches a failure depends on it.
    Thrown,
    /// What may fail on a metric decides on the rest of the run.
    Fails,
    /// A member of nothing fails the run.
    FailsOnNothing,
    /// A run leaves all of its effects or none.
    Aborted,
    /// The body of a loop depends on its condition.
    WhileCondition,
    /// What a turn writes into a variable has gathered the loop.
    LoopGathers,
    /// The counter of a `for` loop tells how many came before.
    LoopCounter,
    /// The value of a loop depends on what decided that it is left.
    BreakValue,
    /// The value of a function depends on what decided where it returns.
    ReturnValue,
    /// What is written under a condition depends on it.
    Written,
    /// A recursion gathers what it goes over.
    RecursionGathers,
    /// What a recursion is handed grows with every call.
    RecursionArguments,
    /// What a function gives depends on what chose the function.
    CallChoice,
    /// A method may change what it is called on.
    ThisWritten,
    /// A closure may change what it captured.
    Captured,
    /// A function called with each element may change it.
    EachWritten,
    /// Traces compared with a person are selected by whose they are.
    Selected,
    /// Comparing the instants of traces orders them.
    Ordered,
    /// The difference of two instants of traces is how long somebody took.
    Duration,
    /// The time since a push or a request is how long somebody is waited for.
    Waited,
    /// How many there are is a measure.
    Counted,
    /// Whether there are any is a measure.
    Presence,
    /// Whether one could be taken tells whether there are any.
    TakenPresence,
    /// Person by person, what is missing at their customers is what they left undone.
    SubjectPresence,
    /// A text that grows in a loop lists what the loop goes over.
    TextListed,
    /// A list of traces that is shown as a whole tells how many there are.
    ListShown,
    /// A list with a mark for each trace counts them.
    Marks,
    /// What is written at a place of a list may have gathered the loop.
    Placed,
    /// What a map holds depends on its keys.
    Keys,
    /// A person is a key once there is one trace of theirs.
    KeyPresence,
    /// What is left of equal names is that there was one.
    Deduplicated,
    /// What stands at a place depends on how the place was found.
    Chosen,
    /// What is left of a list depends on the condition.
    Filtered,
    /// An order depends on what it is made by.
    Sorted,
    /// People in an order by a metric are ranked.
    Ranked,
    /// The greatest of many measures is a measure of all.
    Extreme,
    /// A sum is a measure.
    Summed,
    /// A tally by person is that person's figure.
    TallyByPerson,
    /// A query depends on whom it is narrowed to.
    NarrowedBy,
    /// A member carries the label of the table.
    Member,
    /// That a record is there carries the label of the table.
    Root,
    /// Being called by an act is a trace.
    Fired,
    /// A field carries what scripts wrote into it.
    FieldRead,
    /// A query narrowed by a field depends on the field.
    FieldNarrowed,
    /// A field whose new value depends on its old one counts runs.
    FieldGrows,
    /// A field that depends on what the same act stored counts acts.
    Latched,
    /// Cards that scripts write carry why they were written.
    CardsWritten,
    /// A lead that a script enters for an act would count acts.
    Entered,
    /// That a lead is shown carries why it was shown.
    Highlighted,
    /// A stored sample of who is at work is a trace.
    DutyStored,
    /// Asking a rotation over a group made by hand tells one person's load.
    HandMadeGroup,
    /// Whom an effect reaches may have been chosen by a measure.
    Receiver,
    /// An effect depends on what decided that it happens.
    Reached,
    /// An effect in a loop that does not show the element counts the turns.
    Repeated,
    /// What is sanctioned for a person's own list is sanctioned towards that person alone.
    OwnOnly,
    /// A message that depends on whether a person has any shows one.
    OwnMessage,
    /// A running number that says more than the loop is a measure.
    NumbersOnly,
    /// Who and a trace together may not leave.
    Leaves,
    /// A measure over traces may not be stored.
    StoredMeasure,
    /// What is read in a coaching script stays there.
    Coaching,
    /// The acts of a coaching period stay there.
    Acts,
    /// A member of something unknown may be that of any record.
    UnknownMember,
    /// Measures of several subjects put together are no subject's own.
    Across,
    /// A measure that depends on who is a metric.
    Attributed,
    /// A fixed place beyond the end of a person's list stops the run.
    Beyond,
    /// Who is picked from a list made of traces was put there by them.
    Picked,
    /// How often one lead was offered to one person is a measure.
    OffersCounted,
    /// A comparison with what may be nothing tells whether there is anything.
    ComparedNothing,
    /// Whether a person's list is empty may not end the run.
    FailsOnPresence,
    /// A member of what was taken and not asked about ends the run.
    MissingFails,
    /// The person of another turn or place is another person.
    OtherPerson,
    /// The moment of a run that an act fired is stored as the instant of the act.
    NowStored,
    /// A coaching note measures nobody but the person of its period.
    NotedOthers,
    /// A group from which people are left out one by one is made by hand.
    LeftOut,
    /// A figure that a great number makes too great ends the run.
    Overflows,
    /// What may fail behind a metric decides on the rest of the run.
    FailsBehind,
    /// A text that lists one subject's traces tells how many there are once it is looked at.
    LookedAt,
    /// People named in the order of their customers' measures are ranked.
    NamedInOrder,
    /// That a field holds anything tells what decided that it was written.
    FieldThere,
    /// What is written over a list because of what it held depends on what it held.
    Overwritten,
    /// A text or number by which a script picks people one by one makes a group by hand.
    PickedByField,
}

#[cfg(debug_assertions)]
static OFF: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(usize::MAX);

/// Switches one rule off, and all others on.
#[cfg(debug_assertions)]
pub fn switch_off(rule: Option<Transfer>) {
    OFF.store(rule.map_or(usize::MAX, |rule| rule as usize), std::sync::atomic::Ordering::SeqCst);
}

impl Transfer {
    /// Every rule.
    pub const ALL: [Self; 86] = [
        Self::Branch,
        Self::Switch,
        Self::ShortCircuit,
        Self::Left,
        Self::LeftLoop,
        Self::Thrown,
        Self::Fails,
        Self::FailsOnNothing,
        Self::Aborted,
        Self::WhileCondition,
        Self::LoopGathers,
        Self::LoopCounter,
        Self::BreakValue,
        Self::ReturnValue,
        Self::Written,
        Self::RecursionGathers,
        Self::RecursionArguments,
        Self::CallChoice,
        Self::ThisWritten,
        Self::Captured,
        Self::EachWritten,
        Self::Selected,
        Self::Ordered,
        Self::Duration,
        Self::Waited,
        Self::Counted,
        Self::Presence,
        Self::TakenPresence,
        Self::SubjectPresence,
        Self::TextListed,
        Self::ListShown,
        Self::Marks,
        Self::Placed,
        Self::Keys,
        Self::KeyPresence,
        Self::Deduplicated,
        Self::Chosen,
        Self::Filtered,
        Self::Sorted,
        Self::Ranked,
        Self::Extreme,
        Self::Summed,
        Self::TallyByPerson,
        Self::NarrowedBy,
        Self::Member,
        Self::Root,
        Self::Fired,
        Self::FieldRead,
        Self::FieldNarrowed,
        Self::FieldGrows,
        Self::Latched,
        Self::CardsWritten,
        Self::Entered,
        Self::Highlighted,
        Self::DutyStored,
        Self::HandMadeGroup,
        Self::Receiver,
        Self::Reached,
        Self::Repeated,
        Self::OwnOnly,
        Self::OwnMessage,
        Self::NumbersOnly,
        Self::Leaves,
        Self::StoredMeasure,
        Self::Coaching,
        Self::Acts,
        Self::UnknownMember,
        Self::Across,
        Self::Attributed,
        Self::Beyond,
        Self::Picked,
        Self::OffersCounted,
        Self::ComparedNothing,
        Self::FailsOnPresence,
        Self::MissingFails,
        Self::OtherPerson,
        Self::NowStored,
        Self::NotedOthers,
        Self::LeftOut,
        Self::Overflows,
        Self::FailsBehind,
        Self::LookedAt,
        Self::NamedInOrder,
        Self::FieldThere,
        Self::Overwritten,
        Self::PickedByField,
    ];

    #[cfg(debug_assertions)]
    pub(crate) fn on(self) -> bool {
        OFF.load(std::sync::atomic::Ordering::SeqCst) != self as usize
    }

    /// Whether the rule holds: always, but in the test that switches it off.
    #[cfg(not(debug_assertions))]
    pub(crate) const fn on(self) -> bool {
        let _ = self;
        true
    }

    /// A label that this rule transfers.
    pub(crate) fn keep(self, lab: Lab) -> Lab {
        if self.on() { lab } else { Lab::NONE }
    }

    /// Label parts that this rule raises.
    pub(crate) fn bits(self, bits: Bits) -> Bits {
        if self.on() { bits } else { Bits::NONE }
    }
}
