//! Outgoing webhooks: Standard Webhooks signatures behind an SSRF guard.
