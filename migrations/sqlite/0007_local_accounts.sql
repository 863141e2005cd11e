-- People who sign in here and not at an identity provider. Its twin for PostgreSQL has the same file name in the folder beside
-- this one; the conventions are those of the first file.

-- A user who has a password.
CREATE TABLE local_account (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    user_id INTEGER NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
    -- As argon2 writes it, with its parameters and salt.
    password_hash TEXT NOT NULL
);
CREATE UNIQUE INDEX uq_local_account_user_id ON local_account (user_id);

-- A link that signs a user in, once.
CREATE TABLE sign_in_link (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    -- SHA-256 of the token in the link, in unpadded URL-safe base64: the token is random through and through.
    token_hash TEXT NOT NULL,
    user_id INTEGER NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
    expires_at TEXT NOT NULL,
    -- NULL until somebody used it.
    used_at TEXT
);
CREATE UNIQUE INDEX uq_sign_in_link_token_hash ON sign_in_link (token_hash);
CREATE INDEX ix_sign_in_link_user_id ON sign_in_link (user_id);

-- Sessions that are over are looked for every few minutes.
CREATE INDEX ix_user_session_expires_at ON user_session (expires_at);
