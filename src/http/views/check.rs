//! The answer of a check, for the API document. The model's own report is written out unchanged, because it is the same
//! document as `tessera check --output json`; a test holds the two together.

use crate::compat::SdkShape;
use crate::views::change::StepDoc;
use crate::views::impact::ProposalRefView;
use crate::views::reader::{CoverageView, FindingView};
use crate::views::words;
use serde::Serialize;
use serde_json::Value;
use tessera_model::report::CheckReport;
use utoipa::ToSchema;

/// What the change in a manifest would break.
#[derive(Debug, ToSchema)]
#[schema(as = CheckReport)]
#[expect(dead_code, reason = "describes the model's report in the API document")]
pub(crate) struct CheckDoc {
    schema_version: u32,
    verdict: words::Verdict,
    /// What the command line exits with: 0 safe or acknowledged, 1 unacknowledged breaking change, 2 undecided.
    exit: u8,
    coverage: CoverageView,
    changes: Vec<CheckChangeDoc>,
    findings: Vec<FindingView>,
}

#[derive(Debug, ToSchema)]
#[schema(as = CheckChange)]
#[expect(dead_code, reason = "describes the model's report in the API document")]
pub(crate) struct CheckChangeDoc {
    asset: String,
    node: Option<String>,
    column: Option<String>,
    rule: String,
    breaking: bool,
    before: Value,
    after: Value,
    message: String,
    reads: words::Judgment,
    writes: words::Judgment,
    suggestion: Option<String>,
    /// How to get there without breaking anyone, in order.
    steps: Option<Vec<StepDoc>>,
    /// What a waiver of this change is bound to.
    fingerprint: String,
    file: Option<String>,
    line: Option<u32>,
    /// Whose asset it is.
    team: Option<String>,
    readers: Vec<CheckReaderDoc>,
    acknowledged: bool,
    proposal: Option<String>,
    caused_by: Option<Vec<String>>,
}

/// A reader, where empty lists and absent values are left out.
#[derive(Debug, ToSchema)]
#[schema(as = CheckReader)]
#[expect(dead_code, reason = "describes the model's report in the API document")]
pub(crate) struct CheckReaderDoc {
    name: String,
    kind: words::ReaderKind,
    team: Option<String>,
    effect: words::Effect,
    columns: Vec<String>,
    #[schema(rename = "use")]
    uses: Vec<words::UseKind>,
    evidence: Value,
    via: Option<Vec<String>>,
    reason: Option<String>,
}

/// A check, and the proposals that were opened for it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProposedView {
    #[schema(value_type = CheckDoc)]
    pub(crate) report: CheckReport,
    pub(crate) proposals: Vec<ProposalRefView>,
}

impl SdkShape for ProposedView {}
