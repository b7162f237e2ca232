-- Ids are UUIDs in their hyphenated form, times microseconds since 1970 in UTC, `doc` the whole record as JSON; the
-- other columns repeat what is looked up, ordered by or constrained.

CREATE TABLE team (
    id         TEXT NOT NULL PRIMARY KEY,
    name_key   TEXT NOT NULL,
    deleted_at INTEGER,
    doc        TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX team_name ON team (name_key) WHERE deleted_at IS NULL;

CREATE TABLE asset (
    id          TEXT NOT NULL PRIMARY KEY,
    fqn_key     TEXT NOT NULL,
    fqn_search  TEXT NOT NULL,
    table_key   TEXT NOT NULL,
    environment TEXT NOT NULL,
    owner       TEXT,
    project     TEXT,
    warehouse   TEXT,
    deleted_at  INTEGER,
    doc         TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX asset_name ON asset (table_key, environment) WHERE deleted_at IS NULL;
CREATE INDEX asset_by_fqn ON asset (fqn_key);
CREATE INDEX asset_by_owner ON asset (owner);

CREATE TABLE contract (
    id          TEXT NOT NULL PRIMARY KEY,
    asset       TEXT NOT NULL REFERENCES asset (id),
    version_key TEXT NOT NULL,
    status      TEXT NOT NULL,
    doc         TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX contract_active ON contract (asset) WHERE status = 'active';
CREATE INDEX contract_by_asset ON contract (asset, version_key);

CREATE TABLE registration (
    id    TEXT NOT NULL PRIMARY KEY,
    asset TEXT NOT NULL REFERENCES asset (id),
    team  TEXT NOT NULL REFERENCES team (id),
    doc   TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX registration_pair ON registration (asset, team);
CREATE INDEX registration_by_team ON registration (team);

CREATE TABLE dependency (
    id         TEXT NOT NULL PRIMARY KEY,
    dependent  TEXT NOT NULL REFERENCES asset (id),
    dependency TEXT NOT NULL REFERENCES asset (id),
    doc        TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX dependency_pair ON dependency (dependent, dependency);
CREATE INDEX dependency_by_dependency ON dependency (dependency);

CREATE TABLE proposal (
    id          TEXT NOT NULL PRIMARY KEY,
    asset       TEXT NOT NULL REFERENCES asset (id),
    revision    INTEGER NOT NULL,
    status      TEXT NOT NULL,
    proposed_by TEXT,
    change_set  TEXT,
    doc         TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX proposal_pending ON proposal (asset) WHERE status = 'pending';
CREATE INDEX proposal_by_asset ON proposal (asset);
CREATE INDEX proposal_by_status ON proposal (status);
CREATE INDEX proposal_by_change_set ON proposal (change_set);

-- The teams a proposal requires.
CREATE TABLE proposal_team (
    proposal TEXT NOT NULL REFERENCES proposal (id),
    team     TEXT NOT NULL,
    PRIMARY KEY (proposal, team)
) STRICT, WITHOUT ROWID;
CREATE INDEX proposal_team_by_team ON proposal_team (team);

CREATE TABLE drift (
    id          TEXT NOT NULL PRIMARY KEY,
    asset       TEXT NOT NULL REFERENCES asset (id),
    fingerprint TEXT NOT NULL,
    status      TEXT NOT NULL,
    warehouse   TEXT NOT NULL,
    doc         TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX drift_open ON drift (asset, fingerprint) WHERE status IN ('open', 'held');
CREATE INDEX drift_by_status ON drift (status);
CREATE INDEX drift_by_asset ON drift (asset);

CREATE TABLE scan (
    id        TEXT NOT NULL PRIMARY KEY,
    warehouse TEXT NOT NULL,
    slot      INTEGER,
    doc       TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX scan_slot ON scan (warehouse, slot) WHERE slot IS NOT NULL;
CREATE INDEX scan_by_warehouse ON scan (warehouse, id);

CREATE TABLE observation (
    warehouse TEXT NOT NULL,
    table_key TEXT NOT NULL,
    doc       TEXT NOT NULL,
    PRIMARY KEY (warehouse, table_key)
) STRICT;

-- `bytes` is gzip.
CREATE TABLE artifact (
    project       TEXT NOT NULL,
    kind          TEXT NOT NULL,
    environment   TEXT NOT NULL,
    id            TEXT NOT NULL,
    hash          TEXT NOT NULL,
    invocation_id TEXT,
    generated_at  INTEGER,
    received_at   INTEGER NOT NULL,
    bytes         BLOB NOT NULL,
    PRIMARY KEY (project, kind, environment)
) STRICT;

CREATE TABLE api_key (
    id  TEXT NOT NULL PRIMARY KEY,
    doc TEXT NOT NULL
) STRICT;

CREATE TABLE waiver (
    id    TEXT NOT NULL PRIMARY KEY,
    asset TEXT NOT NULL REFERENCES asset (id),
    doc   TEXT NOT NULL
) STRICT;
CREATE INDEX waiver_by_asset ON waiver (asset);

CREATE TABLE setting (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- Append-only. `hash` chains over the previous row's and every other column.
CREATE TABLE audit (
    seq       INTEGER NOT NULL PRIMARY KEY,
    id        TEXT NOT NULL UNIQUE,
    at        INTEGER NOT NULL,
    entity    TEXT NOT NULL,
    entity_id TEXT NOT NULL,
    action    TEXT NOT NULL,
    actor     TEXT NOT NULL,
    payload   TEXT NOT NULL,
    hash      TEXT NOT NULL
) STRICT;
CREATE INDEX audit_by_entity ON audit (entity, seq);
CREATE INDEX audit_by_entity_id ON audit (entity_id, seq);

-- One row: the end of the chain. Updating it is what puts appends in a row.
CREATE TABLE audit_head (
    id   INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    seq  INTEGER NOT NULL,
    hash TEXT NOT NULL
) STRICT;
INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, '');

-- `thread` is the hash of (subject, notifier, target): within one, messages leave in the order of their ids.
CREATE TABLE outbox (
    id           TEXT NOT NULL PRIMARY KEY,
    dedupe_key   TEXT NOT NULL,
    thread       TEXT NOT NULL,
    notifier     TEXT NOT NULL,
    target       TEXT NOT NULL,
    subject      TEXT NOT NULL,
    notice       TEXT NOT NULL,
    state        TEXT NOT NULL,
    attempts     INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    next_attempt INTEGER NOT NULL,
    lease_by     TEXT,
    lease_until  INTEGER,
    last_error   TEXT,
    delivered_at INTEGER,
    reference    TEXT
) STRICT;
CREATE UNIQUE INDEX outbox_dedupe ON outbox (dedupe_key);
CREATE INDEX outbox_due ON outbox (next_attempt) WHERE state = 'waiting';
CREATE INDEX outbox_thread ON outbox (thread, id);

CREATE TABLE lease (
    name   TEXT NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    epoch  INTEGER NOT NULL,
    until  INTEGER NOT NULL
) STRICT;
