//! Two services of the same full name: rpcs by name.

use super::compare::Walk;
use super::found::found;
use super::model::{Method, Service};

pub(super) fn compare(walk: &mut Walk<'_>, name: &str, old: &Service, new: &Service) {
    let file = new.place.file.as_str();
    for (rpc, before) in &old.methods {
        if !walk.visit() {
            return;
        }
        let path = format!("{name}.{rpc}");
        match new.methods.get(rpc) {
            Some(after) => pair(walk, &path, file, before, after),
            None => {
                let made = found("rpc-removed", path.as_str()).seen_by("RPC_NO_DELETE", file);
                walk.push(made.values(path.as_str(), ()).says(format!("rpc `{path}` was removed")));
            }
        }
    }
    for (rpc, _) in new.methods.iter().filter(|(rpc, _)| !old.methods.contains_key(*rpc)) {
        let path = format!("{name}.{rpc}");
        walk.push(found("rpc-added", path.as_str()).values((), path.as_str()).says(format!("rpc `{path}` was added")));
    }
}

fn pair(walk: &mut Walk<'_>, path: &str, file: &str, old: &Method, new: &Method) {
    let streams = |yes: bool| if yes { "a stream" } else { "one message" };
    let parts = [
        ("rpc-request-type-changed", "RPC_SAME_REQUEST_TYPE", "takes", old.input.as_str(), new.input.as_str()),
        ("rpc-response-type-changed", "RPC_SAME_RESPONSE_TYPE", "returns", &old.output, &new.output),
        (
            "rpc-client-streaming-changed",
            "RPC_SAME_CLIENT_STREAMING",
            "is sent",
            streams(old.client_streaming),
            streams(new.client_streaming),
        ),
        (
            "rpc-server-streaming-changed",
            "RPC_SAME_SERVER_STREAMING",
            "answers with",
            streams(old.server_streaming),
            streams(new.server_streaming),
        ),
        ("rpc-idempotency-changed", "RPC_SAME_IDEMPOTENCY_LEVEL", "is now", &old.idempotency, &new.idempotency),
    ];
    for (rule, source, verb, was, is) in parts {
        if was != is {
            let said = format!("rpc `{path}` {verb} {is}, no longer {was}");
            walk.push(found(rule, path).seen_by(source, file).values(was, is).says(said));
        }
    }
}
