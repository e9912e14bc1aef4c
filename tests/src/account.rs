//! Servers of others, such as PostgreSQL and Exim, that refuse to run as root: then they run as nobody.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;
use std::process::Command;

/// The account that runs a server: our own, or `nobody` when we are root.
pub(crate) struct Account(Option<(u32, u32)>);

impl Account {
    /// The account.
    pub(crate) fn of_server() -> Self {
        if our_user() != 0 {
            return Self(None);
        }
        let accounts = fs::read_to_string("/etc/passwd").expect("the list of accounts");
        let nobody = accounts.lines().find(|line| line.starts_with("nobody:")).expect("an account named nobody");
        let mut ids = nobody.split(':').skip(2).map(|id| id.parse().expect("a number"));
        Self(ids.next().zip(ids.next()))
    }

    /// Makes a folder private to it.
    pub(crate) fn give(&self, folder: &Path) {
        if let Some((user, group)) = self.0 {
            chown(folder, Some(user), Some(group)).expect("root may give folders away");
        }
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).expect("a private folder");
    }

    /// A program that runs as this account.
    pub(crate) fn command(&self, program: &Path) -> Command {
        match self.0 {
            None => Command::new(program),
            Some((user, group)) => {
                let mut command = Command::new("setpriv");
                command.args([format!("--reuid={user}"), format!("--regid={group}"), "--clear-groups".to_owned()]).arg(program);
                command
            }
        }
    }

    /// Its user and group, by number.
    pub(crate) fn ids(&self) -> (u32, u32) {
        let own = fs::metadata("/proc/self").expect("this is Linux");
        self.0.unwrap_or((own.uid(), own.gid()))
    }
}

/// The number of the user who runs the tests.
pub(crate) fn our_user() -> u32 {
    fs::metadata("/proc/self").expect("this is Linux").uid()
}
