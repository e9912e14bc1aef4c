//! Whether a customer, contact or lead that enters is one that we know.
//!
//! Names, addresses and numbers are first brought into one form ([`name_key`], [`email`], [`phone`]); then the evidence decides:
//! the same thing is attached, what looks like it is offered for merging, the rest is new. Whoever asks brings a short list of
//! known records (same key, domain or number, or a similar name); these functions judge each of them.

mod address;
mod contact;
mod customer;
mod fold;
mod lead;
mod legal;
mod name;
mod number;
mod score;

use uuid::Uuid;

pub use address::{company_domain, email, is_free_mail, website_domain};
pub use contact::{CandidateContact, KnownContact, match_contact};
pub use customer::{
    CandidateCustomer, KnownCustomer, NEAR_SCORE, NEAR_SCORE_IN_PLACE, SAME_SCORE_IN_PLACE, SUPPORTED_SCORE, match_customer,
    names_may_match,
};
pub use fold::fold_accents;
pub use lead::{CandidateLead, KnownLead, match_open_lead};
pub use name::{name_key, person_key};
pub use number::phone;
pub use score::name_score;

/// What a candidate is, compared with what is known.
#[derive(Clone, Debug, PartialEq)]
pub enum Match {
    /// It is this one: attach to it.
    Same {
        /// The known record.
        id: Uuid,
        /// Why, in words for the lead's history: "same e-mail domain globex.com".
        because: String,
    },
    /// It looks like this one: offer them for merging.
    Near {
        /// The known record.
        id: Uuid,
        /// How alike they are, from 0 to 1.
        score: f64,
        /// Why, in words.
        because: String,
    },
    /// Nothing like it is known.
    New,
}

impl Match {
    /// The record that it is the same as, if it is.
    pub const fn same(&self) -> Option<Uuid> {
        match self {
            Self::Same { id, .. } => Some(*id),
            Self::Near { .. } | Self::New => None,
        }
    }

    /// The record that it looks like, if it does.
    pub const fn near(&self) -> Option<Uuid> {
        match self {
            Self::Near { id, .. } => Some(*id),
            Self::Same { .. } | Self::New => None,
        }
    }
}

/// The verdict on one known record, before it is compared with those on the others.
#[derive(Clone, Debug, PartialEq)]
struct Verdict {
    id: Uuid,
    same: bool,
    score: f64,
    because: String,
}

/// The best of the verdicts. Two records that are equally good as "the same" leave a doubt, so that people decide.
fn decide(mut verdicts: Vec<Verdict>) -> Match {
    verdicts.sort_by(|one, other| other.same.cmp(&one.same).then(other.score.total_cmp(&one.score)).then(one.id.cmp(&other.id)));
    let mut verdicts = verdicts.into_iter();
    match (verdicts.next(), verdicts.next()) {
        (None, _) => Match::New,
        (Some(best), Some(second)) if best.same && second.same && best.score <= second.score => {
            Match::Near { id: best.id, score: best.score, because: format!("{}, but it is not the only one", best.because) }
        }
        (Some(best), _) if best.same => Match::Same { id: best.id, because: best.because },
        (Some(best), _) => Match::Near { id: best.id, score: best.score, because: best.because },
    }
}
