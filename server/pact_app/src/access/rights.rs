//! Whether a caller may do something: their role must have the right, and an API key one of the scopes that grant it.

use pact_core::role::{Right, Role, Scope};

use crate::{Caller, Refusal};

/// Whether the caller has the right.
pub fn may(caller: &Caller, right: Right) -> bool {
    allow(caller, right).is_ok()
}

/// Refuses a caller who does not have the right.
///
/// # Errors
/// [`Refusal::Forbidden`], with who may do it, or which scope the key lacks.
pub fn allow(caller: &Caller, right: Right) -> Result<(), Refusal> {
    let role = caller.role;
    if !role.may(right) {
        let roles: Vec<&str> = Role::ALL.iter().filter(|role| role.may(right)).map(|role| role.as_str()).collect();
        let roles = roles.join(" or ");
        return Err(Refusal::forbidden(format!(
            "Your role, {role}, may not {right}. It takes the role {roles}: ask somebody who has it."
        )));
    }
    match &caller.scopes {
        Some(scopes) if !scopes.iter().any(|scope| scope.grants(right)) => {
            let scopes: Vec<&str> = Scope::ALL.iter().filter(|scope| scope.grants(right)).map(|scope| scope.as_str()).collect();
            Err(Refusal::forbidden(format!("This API key may not {right}. Make a key with the scope {}.", scopes.join(" or "))))
        }
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_gives_no_more_than_its_scopes_and_its_persons_role() {
        let caller = |role, scopes: Option<&[Scope]>| Caller {
            person_id: uuid::Uuid::nil(),
            name: "Ann".into(),
            role,
            scopes: scopes.map(<[Scope]>::to_vec),
        };
        let cases = [
            (Role::Rep, None, Right::ReadLeads, true),
            (Role::Rep, None, Right::ManageOrganisation, false),
            (Role::Rep, Some(&[Scope::LeadsRead][..]), Right::ReadLeads, true),
            (Role::Rep, Some(&[Scope::LeadsRead][..]), Right::EnterLeads, false),
            (Role::Rep, Some(&[Scope::Admin][..]), Right::ManageOrganisation, false),
            (Role::Admin, Some(&[Scope::Admin][..]), Right::ManageOrganisation, true),
            (Role::Admin, Some(&[][..]), Right::ReadLeads, false),
        ];
        for (role, scopes, right, wanted) in cases {
            assert_eq!(may(&caller(role, scopes), right), wanted, "{role} {scopes:?} {right}");
        }
    }
}
