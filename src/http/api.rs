//! The JSON operations, one file per resource. A handler reads the request, calls one use case, and answers with a view.

mod answers;
mod assets;
mod audit;
mod contracts;
mod dbt;
mod dependencies;
mod drift;
mod impact;
mod inbox;
mod keys;
mod lineage;
mod objections;
mod proposals;
mod publish;
mod registrations;
mod scans;
mod teams;
mod waivers;

use crate::app::App;
use utoipa_axum::router::OpenApiRouter;

pub(crate) use objections::of as objections_of;
pub(crate) use proposals::views as proposal_views;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(teams::router())
        .merge(assets::router())
        .merge(publish::router())
        .merge(contracts::router())
        .merge(impact::router())
        .merge(registrations::router())
        .merge(dependencies::router())
        .merge(proposals::router())
        .merge(answers::router())
        .merge(objections::router())
        .merge(inbox::router())
        .merge(drift::router())
        .merge(scans::router())
        .merge(lineage::router())
        .merge(dbt::router())
        .merge(keys::router())
        .merge(waivers::router())
        .merge(audit::router())
}
