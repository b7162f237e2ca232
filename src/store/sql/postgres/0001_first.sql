-- The same tables as SQLite's. `doc` is TEXT, not JSONB: it is never queried inside, and JSONB would reorder keys and
-- refuse some strings. COLLATE "C" orders as SQLite does, whatever the database's locale. Only what PostgreSQL-compatible
-- distributed engines accept: no triggers, sequences, exclusion or deferred constraints.

CREATE TABLE team (
    id         UUID NOT NULL PRIMARY KEY,
    name_key   TEXT COLLATE "C" NOT NULL,
    deleted_at BIGINT,
    doc        TEXT NOT NULL
);
CREATE UNIQUE INDEX team_name ON team (name_key) WHERE deleted_at IS NULL;

CREATE TABLE asset (
    id          UUID NOT NULL PRIMARY KEY,
    fqn_key     TEXT COLLATE "C" NOT NULL,
    fqn_search  TEXT COLLATE "C" NOT NULL,
    table_key   TEXT COLLATE "C" NOT NULL,
    environment TEXT COLLATE "C" NOT NULL,
    owner       UUID,
    project     TEXT COLLATE "C",
    warehouse   TEXT COLLATE "C",
    deleted_at  BIGINT,
    doc         TEXT NOT NULL
);
CREATE UNIQUE INDEX asset_name ON asset (table_key, environment) WHERE deleted_at IS NULL;
CREATE INDEX asset_by_fqn ON asset (fqn_key);
CREATE INDEX asset_by_owner ON asset (owner);

CREATE TABLE contract (
    id          UUID NOT NULL PRIMARY KEY,
    asset       UUID NOT NULL REFERENCES asset (id),
    version_key TEXT COLLATE "C" NOT NULL,
    status      TEXT COLLATE "C" NOT NULL,
    doc         TEXT NOT NULL
);
CREATE UNIQUE INDEX contract_active ON contract (asset) WHERE status = 'active';
CREATE INDEX contract_by_asset ON contract (asset, version_key);

CREATE TABLE registration (
    id    UUID NOT NULL PRIMARY KEY,
    asset UUID NOT NULL REFERENCES asset (id),
    team  UUID NOT NULL REFERENCES team (id),
    doc   TEXT NOT NULL
);
CREATE UNIQUE INDEX registration_pair ON registration (asset, team);
CREATE INDEX registration_by_team ON registration (team);

CREATE TABLE dependency (
    id         UUID NOT NULL PRIMARY KEY,
    dependent  UUID NOT NULL REFERENCES asset (id),
    dependency UUID NOT NULL REFERENCES asset (id),
    doc        TEXT NOT NULL
);
CREATE UNIQUE INDEX dependency_pair ON dependency (dependent, dependency);
CREATE INDEX dependency_by_dependency ON dependency (dependency);

CREATE TABLE proposal (
    id          UUID NOT NULL PRIMARY KEY,
    asset       UUID NOT NULL REFERENCES asset (id),
    revision    BIGINT NOT NULL,
    status      TEXT COLLATE "C" NOT NULL,
    proposed_by UUID,
    change_set  TEXT COLLATE "C",
    doc         TEXT NOT NULL
);
CREATE UNIQUE INDEX proposal_pending ON proposal (asset) WHERE status = 'pending';
CREATE INDEX proposal_by_asset ON proposal (asset);
CREATE INDEX proposal_by_status ON proposal (status);
CREATE INDEX proposal_by_change_set ON proposal (change_set);

-- The teams a proposal requires.
CREATE TABLE proposal_team (
    proposal UUID NOT NULL REFERENCES proposal (id),
    team     UUID NOT NULL,
    PRIMARY KEY (proposal, team)
);
CREATE INDEX proposal_team_by_team ON proposal_team (team);

CREATE TABLE drift (
    id          UUID NOT NULL PRIMARY KEY,
    asset       UUID NOT NULL REFERENCES asset (id),
    fingerprint TEXT COLLATE "C" NOT NULL,
    status      TEXT COLLATE "C" NOT NULL,
    warehouse   TEXT COLLATE "C" NOT NULL,
    doc         TEXT NOT NULL
);
CREATE UNIQUE INDEX drift_open ON drift (asset, fingerprint) WHERE status IN ('open', 'held');
CREATE INDEX drift_by_status ON drift (status);
CREATE INDEX drift_by_asset ON drift (asset);

CREATE TABLE scan (
    id        UUID NOT NULL PRIMARY KEY,
    warehouse TEXT COLLATE "C" NOT NULL,
    slot      BIGINT,
    doc       TEXT NOT NULL
);
CREATE UNIQUE INDEX scan_slot ON scan (warehouse, slot) WHERE slot IS NOT NULL;
CREATE INDEX scan_by_warehouse ON scan (warehouse, id);

CREATE TABLE observation (
    warehouse TEXT COLLATE "C" NOT NULL,
    table_key TEXT COLLATE "C" NOT NULL,
    doc       TEXT NOT NULL,
    PRIMARY KEY (warehouse, table_key)
);

-- `bytes` is gzip.
CREATE TABLE artifact (
    project       TEXT COLLATE "C" NOT NULL,
    kind          TEXT COLLATE "C" NOT NULL,
    environment   TEXT COLLATE "C" NOT NULL,
    id            UUID NOT NULL,
    hash          TEXT COLLATE "C" NOT NULL,
    invocation_id TEXT COLLATE "C",
    generated_at  BIGINT,
    received_at   BIGINT NOT NULL,
    bytes         BYTEA NOT NULL,
    PRIMARY KEY (project, kind, environment)
);

CREATE TABLE api_key (
    id  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    doc TEXT NOT NULL
);

CREATE TABLE waiver (
    id    UUID NOT NULL PRIMARY KEY,
    asset UUID NOT NULL REFERENCES asset (id),
    doc   TEXT NOT NULL
);
CREATE INDEX waiver_by_asset ON waiver (asset);

CREATE TABLE setting (
    name  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value TEXT COLLATE "C" NOT NULL
);

-- Append-only. `hash` chains over the previous row's and every other column.
CREATE TABLE audit (
    seq       BIGINT NOT NULL PRIMARY KEY,
    id        UUID NOT NULL UNIQUE,
    at        BIGINT NOT NULL,
    entity    TEXT COLLATE "C" NOT NULL,
    entity_id TEXT COLLATE "C" NOT NULL,
    action    TEXT COLLATE "C" NOT NULL,
    actor     TEXT NOT NULL,
    payload   TEXT NOT NULL,
    hash      TEXT COLLATE "C" NOT NULL
);
CREATE INDEX audit_by_entity ON audit (entity, seq);
CREATE INDEX audit_by_entity_id ON audit (entity_id, seq);

-- One row: the end of the chain. Updating it is what puts appends in a row.
CREATE TABLE audit_head (
    id   BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    seq  BIGINT NOT NULL,
    hash TEXT COLLATE "C" NOT NULL
);
INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, '');

-- `thread` is the hash of (subject, notifier, target): within one, messages leave in the order of their ids.
CREATE TABLE outbox (
    id           UUID NOT NULL PRIMARY KEY,
    dedupe_key   TEXT COLLATE "C" NOT NULL,
    thread       TEXT COLLATE "C" NOT NULL,
    notifier     TEXT COLLATE "C" NOT NULL,
    target       TEXT COLLATE "C" NOT NULL,
    subject      TEXT COLLATE "C" NOT NULL,
    notice       TEXT NOT NULL,
    state        TEXT COLLATE "C" NOT NULL,
    attempts     BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    next_attempt BIGINT NOT NULL,
    lease_by     TEXT COLLATE "C",
    lease_until  BIGINT,
    last_error   TEXT,
    delivered_at BIGINT,
    reference    TEXT COLLATE "C"
);
CREATE UNIQUE INDEX outbox_dedupe ON outbox (dedupe_key);
CREATE INDEX outbox_due ON outbox (next_attempt) WHERE state = 'waiting';
CREATE INDEX outbox_thread ON outbox (thread, id);

CREATE TABLE lease (
    name   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    holder TEXT COLLATE "C" NOT NULL,
    epoch  BIGINT NOT NULL,
    until  BIGINT NOT NULL
);
