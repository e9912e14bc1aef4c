//! Who may do what.

use pact_core::actor::Actor;
use pact_core::event::EventName;
use pact_core::lead::{EnteredBy, LeadState, PushAnswer, Stage};
use pact_core::role::{Right, Role, Scope};

use crate::id;

/// Every right of every role, as the documentation shows it; a change here is a change of the pact.
const RIGHTS: &str = "
read leads              rep manager admin
enter leads             rep manager admin
own leads               rep manager
manage leads            manager admin
import leads            manager admin
read customers          rep manager admin
write customers         rep manager admin
merge records           manager admin
read cards              rep manager admin
write cards             rep manager admin
read plans              rep manager admin
announce plans          rep manager
read requests           rep manager admin
ask requests            rep manager admin
answer requests         rep manager admin auditor partner
read packs              rep manager admin auditor
write packs             manager admin
read goals              rep manager admin auditor
write goals             manager admin
read the organisation   rep manager admin auditor
manage the organisation admin
announce own absences   rep manager admin auditor
read views              rep manager admin auditor
write views             rep manager admin
read plugins            rep manager admin auditor
manage plugins          admin
read runs               admin auditor
manage web forms        admin
manage what leaves      admin
read the audit log      auditor
open security records   admin auditor
manage own API keys     rep manager admin auditor
";

#[test]
fn each_role_has_its_rights() {
    let table: Vec<String> = Right::ALL
        .iter()
        .map(|right| {
            let roles: Vec<&str> = Role::ALL.iter().filter(|role| role.may(*right)).map(|role| role.as_str()).collect();
            format!("{:<23} {}", right.as_str(), roles.join(" "))
        })
        .collect();
    assert_eq!(table.join("\n"), RIGHTS.trim());
}

#[test]
fn every_right_is_granted_by_a_scope_of_its_own_kind() {
    for right in Right::ALL {
        assert!(Scope::Admin.grants(*right));
        let scopes: Vec<&Scope> = Scope::ALL.iter().filter(|scope| **scope != Scope::Admin && scope.grants(*right)).collect();
        match right {
            // A key must not make further keys, and no program opens security records.
            Right::ManageOwnKeys | Right::OpenSecurityRecords => assert!(scopes.is_empty()),
            _ => assert!(!scopes.is_empty(), "{right}"),
        }
        for scope in scopes {
            let reads = scope.as_str().ends_with("_read");
            assert_eq!(reads, right.as_str().starts_with("read"), "{scope} grants {right}");
        }
    }
}

#[test]
fn words_come_back_and_others_are_refused() {
    macro_rules! comes_back {
        ($($type:ty),+) => {$(
            for word in <$type>::ALL {
                assert_eq!(word.as_str().parse::<$type>().unwrap(), *word);
                assert_eq!(word.to_string(), word.as_str());
                assert_eq!(serde_json::to_string(word).unwrap(), format!("\"{word}\""));
                assert_eq!(serde_json::from_str::<$type>(&format!("\"{word}\"")).unwrap(), *word);
            }
            assert!("nonsense".parse::<$type>().is_err());
        )+};
    }
    comes_back!(Role, Right, Scope, LeadState, Stage, PushAnswer, EnteredBy, EventName);
    let refusal = "boss".parse::<Role>().unwrap_err().to_string();
    assert_eq!(refusal, "\"boss\" is no role. Choose one of: rep, manager, admin, auditor, partner.");
}

#[test]
fn an_actor_is_written_with_its_kind() {
    let cases = [
        (
            Actor::Person { id: id(1), role: Role::Rep },
            r#"{"kind":"person","id":"00000000-0000-0000-0000-000000000001","role":"rep"}"#,
        ),
        (Actor::Plugin { id: "lead-push".to_owned() }, r#"{"kind":"plugin","id":"lead-push"}"#),
        (Actor::System, r#"{"kind":"system"}"#),
    ];
    for (actor, json) in cases {
        assert_eq!(serde_json::to_string(&actor).unwrap(), json);
        assert_eq!(serde_json::from_str::<Actor>(json).unwrap(), actor);
    }
    assert_eq!(Actor::Form.person(), None);
    assert_eq!(Actor::Plugin { id: "x".to_owned() }.plugin(), Some("x"));
    assert!(!Actor::Form.may(Right::ManageLeads) && Actor::Form.may(Right::EnterLeads));
    assert!(!Actor::Plugin { id: "x".to_owned() }.may(Right::ManagePlugins));
}
