//! What is odd about a vendor, in sentences made from the keys of its profile.

use super::{
    profile::Profile,
    rules::{AttrRule, RateWindow},
    value::{
        Change, ConfigPath, Deactivate, Delete, Discovery, DomainCheck, EditElsewhere, Existing, Fallback,
        Foreign, Format, Grade, GrantMatch, GroupMeaning, GroupNames, IdForm, InactiveMembers, Instead,
        ListScope, MembersRead, Need, OnCreate, Operation, OverMax, PerPage, Permission, ProjectionOf,
        RateScope, Reactivate, Removal, Rename, Rotation, ScimTypes, SeatBy, Shown, StatusForm,
        UnauthorizedBody, Unhandled, UnknownMember, Unsupported, Wire, WriteBody,
    },
};

/// One thing in which a vendor departs from the RFC, or that the RFC leaves open.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Oddity {
    /// The key that says it, such as `life.deactivate`.
    pub key: String,
    /// The sentence.
    pub text: String,
    /// How far to trust it.
    pub grade: Grade,
    /// Where it was read, if that is known.
    pub source: Option<String>,
}

impl Profile {
    /// What is odd about the vendor, in the order of the vocabulary.
    #[must_use]
    pub fn oddities(&self) -> Vec<Oddity> {
        let told = self.stated().iter().filter_map(|key| {
            let text = self.sentence(key)?;
            let source = self.source(key).map(str::to_owned);
            Some(Oddity { key: key.clone(), text, grade: self.grade(key), source })
        });
        told.collect()
    }

    /// What a key says, as a sentence; `None` for what is as the RFC has it.
    #[must_use]
    pub fn sentence(&self, key: &str) -> Option<String> {
        let (table, _) = key.split_once('.')?;
        let text = match table {
            "profile" | "service" | "auth" => self.of_service(key)?,
            "user" => self.of_user(key)?,
            "group" => self.of_group(key)?,
            "attr" | "custom" => self.of_attrs(key)?,
            "seat" | "jit" => self.of_people(key)?,
            "filter" | "page" | "bulk" => self.of_lists(key)?,
            "patch" | "put" => self.of_changes(key)?,
            "life" => self.of_life(key)?,
            "grant" => self.of_grants(key)?,
            _ => self.of_rest(key)?,
        };
        Some(text)
    }

    fn of_service(&self, key: &str) -> Option<String> {
        let (identity, service) = (&self.profile, &self.service);
        Some(match key {
            "profile.wire" if identity.wire == Wire::None => "there is no SCIM: nothing to test on the wire".into(),
            "profile.instead" => match identity.instead {
                Instead::Jit => "the first single sign-on makes the account; nothing tells the vendor that somebody left, so access ends only because single sign-on does, and the account stays".into(),
                Instead::Proprietary => "an interface of the vendor's own takes the place of SCIM: offboarding depends on a connector that was written for it".into(),
                Instead::Nothing => return None,
            },
            "service.base" => format!("the base URL is {}", service.base),
            "service.discovery" => match service.discovery {
                Discovery::Absent => "there are no discovery documents: all three answer 404".into(),
                Discovery::Public => "the discovery documents need no credentials".into(),
                Discovery::Standard => return None,
            },
            "service.need_headers" => format!("a request without {} gets 400", list(&service.need_headers)),
            "service.config_path" => match service.config_path {
                ConfigPath::Both => "the configuration is at /ServiceProviderConfig and at /ServiceProviderConfigs".into(),
                ConfigPath::Plural => "the configuration is at /ServiceProviderConfigs, as in SCIM 1.1".into(),
                ConfigPath::Standard => return None,
            },
            "service.told_max_results" if service.told_max_results > 0 => format!(
                "the configuration says that a filter finds at most {}, and pages have up to {}",
                service.told_max_results, self.page.max
            ),
            "service.media_type" if !service.media_type.is_empty() => {
                format!("answers have the media type {}", service.media_type)
            }
            "auth.rotate" => match self.auth.rotate {
                Rotation::KillsOld => "a new token makes the old one useless at once".into(),
                Rotation::Overlap => "the old token stays good beside a new one".into(),
            },
            _ => return None,
        })
    }

    fn of_people(&self, key: &str) -> Option<String> {
        let (seat, jit) = (&self.seat, &self.jit);
        Some(match key {
            "seat.by" => match seat.by {
                SeatBy::Nobody => "SCIM cannot assign a paid seat".into(),
                SeatBy::Role => "a paid seat comes with the role, where the role has one".into(),
            },
            "jit.supported" if jit.supported => "whoever signs in first gets an account then".into(),
            "jit.supported" => "a sign-in makes no account".into(),
            "jit.attributes" => format!("a sign-in may set {}", list(&jit.attributes)),
            "jit.required" => format!("a sign-in without {} makes no account", list(&jit.required)),
            "jit.role" if !jit.role.is_empty() => format!("whoever signs in first becomes {}", jit.role),
            "jit.group" if !jit.group.is_empty() => {
                format!("whoever signs in first comes into the group {}", jit.group)
            }
            _ => return None,
        })
    }

    fn of_user(&self, key: &str) -> Option<String> {
        let user = &self.user;
        Some(match key {
            "user.ops" => missing("users", &user.ops)?,
            "user.id" => match user.id {
                IdForm::Number => "ids of users are digits".into(),
                IdForm::Email => "the id of a user is the e-mail address".into(),
                IdForm::ExternalId => "the id of a user is the externalId that the client gave".into(),
                IdForm::Uuid => return None,
            },
            "user.list_scope" if user.list_scope == ListScope::ScimManaged => {
                "only users that SCIM made or took over are shown".into()
            }
            "user.patch_status" if user.patch_status == 204 => {
                "PATCH of a user answers 204 without a body".into()
            }
            "user.write_body" => match user.write_body {
                WriteBody::Echo => "a write answers with what was sent, whatever was stored".into(),
                WriteBody::None => "a write answers without a body".into(),
                WriteBody::Resource => return None,
            },
            "user.edit_elsewhere" if user.edit_elsewhere == EditElsewhere::Locked => {
                "whom SCIM manages, the vendor's own screens cannot edit".into()
            }
            _ => return None,
        })
    }

    fn of_group(&self, key: &str) -> Option<String> {
        let group = &self.group;
        Some(match key {
            "group.ops" if group.ops.is_empty() => "there are no groups".into(),
            "group.ops" => missing("groups", &group.ops)?,
            "group.id" if group.id != IdForm::Uuid => "ids of groups are digits".into(),
            "group.create_status" if group.create_status == 200 => {
                "a new group is answered with 200, not 201".into()
            }
            "group.patch_status" if group.patch_status == 204 => {
                "PATCH of a group answers 204 without a body".into()
            }
            "group.means" => match group.means {
                GroupMeaning::Team => "a group is a team".into(),
                GroupMeaning::Role => "a group is a role".into(),
                GroupMeaning::PermissionSet => "a group is a set of permissions".into(),
                GroupMeaning::Group => return None,
            },
            "group.members_read" if group.members_read == MembersRead::Never => {
                "members of a group cannot be read".into()
            }
            "group.members_on_create" if group.members_on_create == OnCreate::Drop => {
                "members that a new group is sent with are dropped".into()
            }
            "group.members_max" => format!("one PATCH changes at most {} members", group.members_max),
            "group.replace_members" if group.replace_members == Permission::Reject => {
                "members cannot be replaced in one go: add and remove them".into()
            }
            "group.remove_all" if group.remove_all == Permission::Reject => {
                "all members cannot be removed in one go: name each".into()
            }
            "group.rename" if group.rename == Rename::Ignore => "a new name of a group is not taken".into(),
            "group.nested" if group.nested == Permission::Reject => {
                "a group cannot be a member of a group".into()
            }
            "group.unknown_member" => match group.unknown_member {
                UnknownMember::Skip => "a member that does not exist is left out without a word".into(),
                UnknownMember::Reject404 => "a member that does not exist gets 404".into(),
                UnknownMember::CreateUser => {
                    "a member that does not exist is created, with the least permissions, and invited".into()
                }
                UnknownMember::Reject400 => return None,
            },
            "group.names" if group.names == GroupNames::Slug => {
                "the name of a group is stored as a slug: `Team One` becomes `team-one`".into()
            }
            "group.inactive_members" if group.inactive_members == InactiveMembers::Hide => {
                "a group hides members who are inactive".into()
            }
            "group.unique" if group.unique != ["displayName"] => {
                format!("two groups cannot have the same {}", list(&group.unique))
            }
            _ => return None,
        })
    }

    fn of_attrs(&self, key: &str) -> Option<String> {
        let told = |rule: &AttrRule| -> Option<String> {
            let path = &rule.path;
            Some(match key {
                "attr.need" => match rule.need {
                    Need::Required => format!("{path} is required"),
                    Need::Ignored => format!("{path} is dropped"),
                    Need::Rejected => format!("{path} is refused"),
                    Need::Optional => return None,
                },
                "attr.mut" => match rule.mutability {
                    Change::CreateOnly => format!("{path} keeps the value of the create"),
                    Change::Refused => format!("{path} cannot change: 400"),
                    Change::ReadOnly => {
                        format!("{path} is set by the vendor and written back to the identity provider")
                    }
                    Change::ReadWrite => return None,
                },
                "attr.format" => match rule.format {
                    Format::Email => format!("{path} must be an e-mail address"),
                    Format::NoAt => format!("{path} must not have an @"),
                    Format::Any => return None,
                },
                "attr.max_len" if rule.max_len > 0 => {
                    format!("{path} has at most {} characters", rule.max_len)
                }
                "attr.max_items" if rule.max_items > 0 => {
                    format!("{path} has at most {} value(s)", rule.max_items)
                }
                "attr.shown" if rule.shown == Shown::Never => format!("{path} is not shown"),
                "attr.default_from" if !rule.default_from.is_empty() => {
                    format!("{path} is {} where the create leaves it out", rule.default_from)
                }
                _ => return None,
            })
        };
        if key == "custom.path" {
            let names: Vec<String> = self.customs.iter().map(|custom| custom.path.clone()).collect();
            return Some(format!("users also have {}, as /Schemas tells", list(&names)));
        }
        let all: Vec<String> = self.attrs.iter().filter_map(told).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }

    fn of_lists(&self, key: &str) -> Option<String> {
        let (filter, page, bulk) = (&self.filter, &self.page, &self.bulk);
        let joined = if filter.and { ", joined with `and`" } else { ", one comparison at a time" };
        Some(match key {
            "filter.user" => {
                format!("users can be filtered by {} with `eq` only{joined}", list(&filter.user))
            }
            "filter.group" => {
                format!("groups can be filtered by {} with `eq` only{joined}", list(&filter.group))
            }
            "filter.unsupported" => match filter.unsupported {
                Unsupported::Empty => "any other filter finds nothing, without an error".into(),
                Unsupported::Plain => "any other filter gets 400 without a scimType".into(),
                Unsupported::Invalid => "any other filter gets 400 invalidFilter".into(),
            },
            "page.default" => {
                format!("a page has {} resources unless the request says otherwise", page.default)
            }
            "page.max" => format!("a page has at most {} resources", page.max),
            "page.over_max" if page.over_max == OverMax::Reject => "a larger count gets 400".into(),
            "page.count_param" if page.count_param != "count" => {
                format!("the size of a page is asked for with `{}`, not `count`", page.count_param)
            }
            "page.start_ignored" if page.start_ignored => "startIndex is left out of account".into(),
            "page.per_page_echo" if page.per_page_echo == PerPage::Requested => {
                "itemsPerPage repeats what was asked for, not what was returned".into()
            }
            "page.projection" if page.projection == ProjectionOf::None => {
                "`attributes` and `excludedAttributes` are left out of account".into()
            }
            "page.cursor_total" if page.cursor && !page.cursor_total => {
                "a page by cursor has no totalResults".into()
            }
            "page.cursor" if page.cursor => "lists can be read by cursor (RFC 9865)".into(),
            "bulk.supported" if bulk.supported => {
                format!("bulk requests work, with {} operations at most", bulk.max_operations)
            }
            _ => return None,
        })
    }

    fn of_changes(&self, key: &str) -> Option<String> {
        let (patch, put) = (&self.patch, &self.put);
        Some(match key {
            "patch.tolerances" => {
                format!("PATCH is read more generously than the RFC asks, in {} ways", patch.tolerances.len())
            }
            "patch.user_paths" => format!("PATCH of a user changes only {}", list(&patch.user_paths)),
            "patch.group_paths" => format!("PATCH of a group changes only {}", list(&patch.group_paths)),
            "patch.unhandled" if patch.unhandled == Unhandled::Noop => {
                "a PATCH of anything else answers with success and changes nothing".into()
            }
            "patch.remove_form" if patch.remove_form == Removal::ValueList => {
                "a member is removed by a list of values, not by a value path".into()
            }
            "put.required" => format!("PUT of a user without {} gets 400", list(&put.required)),
            "put.only" => format!("PUT of a user changes only {}", list(&put.only)),
            _ => return None,
        })
    }

    fn of_life(&self, key: &str) -> Option<String> {
        let life = &self.life;
        Some(match key {
            "life.deactivate" => match life.deactivate {
                Deactivate::Suspend => "active false suspends: the account stays and can come back".into(),
                Deactivate::Delete => "active false deletes the account".into(),
                Deactivate::Unlink => {
                    "active false takes away what SCIM knows of the person: it finds them no more, and their account stays"
                        .into()
                }
            },
            "life.reactivate" => match life.reactivate {
                Reactivate::Restore => "active true brings the account back".into(),
                Reactivate::Reject => "active true gets 400: a new account is needed".into(),
            },
            "life.delete" => match life.delete {
                Delete::Hard => "DELETE deletes the account".into(),
                Delete::Soft => "DELETE does not delete: the user stays, inactive".into(),
                Delete::Unlink => "DELETE takes the person out of the tenant; their account survives".into(),
                Delete::Tombstone => "DELETE is for good: what the account was cannot come back".into(),
                Delete::Refused => "DELETE gets 405".into(),
            },
            "life.create_inactive" if life.create_inactive == Permission::Reject => {
                "nobody can be created inactive".into()
            }
            "life.states" => {
                let way = format!("an account goes {}", life.states.join(" > "));
                let off = if life.off_state.is_empty() { "inactive" } else { &life.off_state };
                match life.deactivate {
                    Deactivate::Suspend => format!("{way}; active false makes it {off}"),
                    Deactivate::Delete | Deactivate::Unlink => way,
                }
            }
            "life.mangle" => format!("deactivation overwrites {}", list(&life.mangle)),
            _ => return None,
        })
    }

    fn of_grants(&self, key: &str) -> Option<String> {
        let grant = self.grants.first()?;
        // Which role is the least is the affair of the tenant: no page says it.
        let named = grant.minimal.as_deref().filter(|_| self.grade(key) == Grade::Inferred);
        let minimal = named.unwrap_or("the least role");
        let falls = |fallback: Fallback| match fallback {
            Fallback::Minimal => format!("gives {minimal}"),
            Fallback::Ignore => "gives no role".to_owned(),
            Fallback::Reject400 => "gets 400".to_owned(),
        };
        Some(match key {
            "grant.from" if grant.by_setting() => {
                let name = grant.from.trim_start_matches("setting:").replace('_', " ");
                format!("the role of a new user is a setting of the vendor ({name}); SCIM does not choose it")
            }
            "grant.from" => format!("`{}` decides the role", grant.from),
            // A setting has the last word, whatever is sent.
            "grant.match" | "grant.none" | "grant.unknown" if grant.by_setting() => return None,
            "grant.match" if grant.matching == GrantMatch::ExactCi => {
                "the role must be spelled as the vendor has it, in any letter case".into()
            }
            "grant.match" => "the role must be spelled exactly as the vendor has it".into(),
            "grant.none" => format!("no value {}", falls(grant.none)),
            "grant.unknown" => format!("a value that is no role {}", falls(grant.unknown)),
            _ => return None,
        })
    }

    fn of_rest(&self, key: &str) -> Option<String> {
        let window = |it: &RateWindow| {
            let what = match it.of {
                RateScope::All => "requests",
                RateScope::Reads => "reads",
                RateScope::Writes => "writes",
            };
            format!("{} {what} in {} seconds", it.operations, it.seconds)
        };
        Some(match key {
            "conflict.on" if self.conflict.on != ["userName"] => {
                format!("two users cannot have the same {}", list(&self.conflict.on))
            }
            "conflict.existing" if self.conflict.existing == Existing::AdoptUnmanaged => {
                "an account that exists already and is not managed by SCIM is taken over".into()
            }
            "conflict.foreign" => match self.conflict.foreign {
                Foreign::Reject => {
                    "an account with the same e-mail outside of the organization is in the way of a create"
                        .into()
                }
                Foreign::RejectUserName => {
                    "an account with the same user name outside of the organization is in the way of a create"
                        .into()
                }
                Foreign::Ignore => return None,
            },
            "domain.verified" if self.domain.verified == DomainCheck::Create => {
                "the domain of a new user must be verified".into()
            }
            "rate.window" => {
                let windows: Vec<String> = self.rate.windows.iter().map(window).collect();
                format!("at most {}", windows.join("; "))
            }
            "rate.throttle" => {
                let marks: Vec<String> =
                    self.rate.throttle.iter().map(|it| format!("{} with {:?}", it.status, it.text)).collect();
                format!("{} means slow down", marks.join(" or "))
            }
            "error.status_as" if self.error.status_as == StatusForm::Int => {
                "`status` in an error body is a number".into()
            }
            "error.scim_type" if self.error.scim_type == ScimTypes::Never => "errors have no scimType".into(),
            "error.unauthorized" => match self.error.unauthorized {
                UnauthorizedBody::Errors => "401 has `Errors` as its body, which is no error of SCIM".into(),
                UnauthorizedBody::Detail => "401 has `detail` as its body, which is no error of SCIM".into(),
                UnauthorizedBody::Empty => "401 has no body".into(),
                UnauthorizedBody::Scim => return None,
            },
            "error.extra" => format!("error bodies also have {}", list(&self.error.extra)),
            _ => return None,
        })
    }
}

fn missing(what: &str, ops: &[Operation]) -> Option<String> {
    let name = |op: &Operation| match op {
        Operation::Create => "create",
        Operation::Get => "get",
        Operation::List => "list",
        Operation::Search => "search",
        Operation::Replace => "PUT",
        Operation::Patch => "PATCH",
        Operation::Delete => "DELETE",
    };
    let missing: Vec<&str> = Operation::ALL.iter().filter(|op| !ops.contains(op)).map(name).collect();
    (!missing.is_empty()).then(|| format!("{what} have no {}", missing.join(", ")))
}

fn list(words: &[String]) -> String {
    words.join(", ")
}
