//! Runs against the mock in memory: an unbroken endpoint has no findings, a broken one has the right one.

use std::sync::Arc;

use scim_core::vendor::Profile;

use super::{Run, Target};
use crate::{
    provider::{Defect, Provider, World},
    report::Report,
    serve::ProviderService,
};

fn run(profile: &str, defect: Option<Defect>) -> Report {
    let profile = Profile::builtin(profile).unwrap();
    let vendor = profile.clone();
    let mut provider = Provider::new(profile, World::deterministic());
    if let Some(defect) = defect {
        provider = provider.with_defect(defect);
    }
    let target = Target::service("http://localhost/scim/v2", ProviderService(Arc::new(provider)));
    let mut run = Run::new(target).seed(1);
    if !vendor.grants.is_empty() {
        run = run.vendor(vendor);
    }
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(run.run())
}

#[test]
fn interop_is_clean() {
    let report = run("interop", None);
    report.assert_clean();
    assert_eq!(report.findings, []);
    assert_eq!(report.leftovers, []);
}

#[test]
fn dump() {
    for name in std::env::var("DUMP").unwrap_or_default().split(',').filter(|n| !n.is_empty()) {
        let report = match Defect::from_id(name) {
            Some(defect) => run("interop", Some(defect)),
            None => run(name, None),
        };
        println!("=== {name}\n{}", crate::report::human::render(&report, false, 120));
    }
    if std::env::var("ALL").is_ok() {
        for defect in Defect::ALL {
            let report = run("interop", Some(*defect));
            let ids: Vec<String> = report.findings.iter().map(|f| format!("{}[{}]", f.id, f.idps.join("+"))).collect();
            println!("{:40} {} err={:?}", defect.id(), ids.join(" "), report.error);
        }
    }
}
