//! The conformance kit of [`Store`](crate::Store): what every implementation must do, case by case. A backend runs it
//! with one line, `tessera_ports::store_conformance!(crate::tests::open);`, where `async fn open() -> Option<(Arc<dyn
//! Store>, Guard)>` gives a fresh, empty store and whatever must live as long (`None`: skipped). Each case becomes a test
//! of its own.
//!
//! To add a case: write the function in the file it belongs to and name it in `for_each_store_case!`.

mod audit;
mod batches;
mod conflicts;
mod fill;
mod given;
mod leases;
mod lists;
mod make;
mod outbox;
mod races;
mod round_trip;

use crate::store::Store;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

pub use fill::{fill, fill_audit, numbered};

type Running = Pin<Box<dyn Future<Output = ()> + Send>>;

/// One case: panics when the store does not do what it must.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    pub name: &'static str,
    pub run: fn(Arc<dyn Store>) -> Running,
}

/// Calls the macro given with every case, by file.
#[doc(hidden)]
#[macro_export]
macro_rules! for_each_store_case {
    ($with:ident $extra:tt) => {
        $with! { $extra
            round_trip {
                teams assets contracts registrations dependencies proposals drifts scans observations artifacts keys
                waivers settings audit_events messages big_documents long_names ready
            }
            lists {
                teams_and_assets_that_live assets_are_filtered search_takes_wildcards_by_the_letter
                pages_and_their_totals contracts_by_version registrations_and_dependencies proposals_are_filtered
                drifts_and_scans_newest_first outbox_by_state audit_is_filtered
            }
            conflicts {
                one_living_team_per_name one_living_asset_per_key one_active_contract
                contract_status_must_be_as_expected one_registration_per_team one_dependency_per_pair
                one_pending_proposal proposal_revisions one_open_drift one_scan_per_slot
            }
            batches {
                all_or_nothing writes_in_order known_messages_are_ignored nothing_is_fine many_observations
                the_last_observation_counts deletes
            }
            outbox {
                due_in_order order_within_a_thread threads_are_independent leases_expire only_the_holder_settles
                retries_and_death references
            }
            leases { taken_renewed_released expiry names_are_independent fence zombies_are_fenced }
            audit { numbered_without_gaps failed_batches_leave_no_gap }
            races {
                one_winner_per_revision one_active_contract one_pending_proposal one_leader claims_do_not_overlap
                audit_is_one_line messages_once batches_are_seen_whole
            }
        }
    };
}

macro_rules! list {
    (() $($file:ident { $($case:ident)* })*) => {
        /// Every case.
        pub const CASES: &[Case] = &[$($(Case {
            name: concat!(stringify!($file), "::", stringify!($case)),
            run: |store| Box::pin(async move { $file::$case(&*store).await }),
        },)*)*];
    };
}
for_each_store_case!(list());

/// Runs one case by name.
pub async fn run(name: &str, store: Arc<dyn Store>) {
    let case = CASES.iter().find(|case| case.name == name).expect("a case of this name");
    (case.run)(store).await;
}

/// A test for each case, against stores from the function at this path.
#[macro_export]
macro_rules! store_conformance {
    ($($open:ident)::+) => {
        use $crate::store_conformance_tests;
        $crate::for_each_store_case! { store_conformance_tests ($($open)::+) }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! store_conformance_tests {
    ($open:tt $($file:ident { $($case:ident)* })*) => {
        $(mod $file {
            $($crate::store_conformance_test! { $open $file $case })*
        })*
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! store_conformance_test {
    (($($open:ident)::+) $file:ident $case:ident) => {
        #[tokio::test]
        async fn $case() {
            if let Some((store, _guard)) = $($open)::+().await {
                let name = concat!(stringify!($file), "::", stringify!($case));
                $crate::testkit::store::run(name, store).await;
            }
        }
    };
}
