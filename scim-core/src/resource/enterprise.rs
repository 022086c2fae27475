//! The enterprise extension of `User` (RFC 7643 §4.3).

use super::{Extension, object};
use crate::urn;

object! {
    /// What an employer knows of a user (RFC 7643 §4.3).
    #[derive(Default)]
    pub struct EnterpriseUser {
        /// Identifier within the organization.
        employee_number: Option<String> = "employeeNumber",
        /// Cost center.
        cost_center: Option<String> = "costCenter",
        /// Organization.
        organization: Option<String> = "organization",
        /// Division.
        division: Option<String> = "division",
        /// Department.
        department: Option<String> = "department",
        /// The user's manager.
        manager: Option<Manager> = "manager",
    }
}

impl Extension for EnterpriseUser {
    const URN: &'static str = urn::ENTERPRISE_USER;
}

object! {
    /// A user's manager (RFC 7643 §4.3, `manager`).
    #[derive(Default)]
    pub struct Manager {
        /// `id` of the manager's user resource.
        value: Option<String> = "value",
        /// URI of it (`$ref`).
        reference: Option<String> = "$ref",
        /// Name of the manager; read-only.
        display_name: Option<String> = "displayName",
    }
}

impl Manager {
    /// The manager by the `id` of the user resource.
    pub fn new(id: impl Into<String>) -> Self {
        Self { value: Some(id.into()), ..Self::default() }
    }
}
