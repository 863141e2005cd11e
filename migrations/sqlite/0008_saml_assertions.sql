-- Assertions of a SAML identity provider that somebody has signed in with. Its twin for PostgreSQL has the same file name in
-- the folder beside this one; the conventions are those of the first file.

-- Every server on this database looks here, so an assertion is good for one session on all of them together.
CREATE TABLE saml_assertion (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    -- What the identity provider calls itself, and what it calls the assertion.
    issuer TEXT NOT NULL,
    assertion_id TEXT NOT NULL,
    -- From then on nobody believes it again anyway.
    expires_at TEXT NOT NULL
);
CREATE UNIQUE INDEX uq_saml_assertion_issuer_assertion_id ON saml_assertion (issuer, assertion_id);
CREATE INDEX ix_saml_assertion_expires_at ON saml_assertion (expires_at);
