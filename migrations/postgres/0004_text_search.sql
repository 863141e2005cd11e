-- The words of results, for searching texts. Its twin for SQLite has the same file name in the folder beside this one; the
-- conventions are those of the first file.

-- Of each result that failed or was skipped, the different words of its test's name, its comment and its log; written by the program, which
-- splits texts alike for both databases. Neither the texts nor the places of words in them are kept a second time.
CREATE TABLE test_result_words (
    test_result_id BIGINT PRIMARY KEY REFERENCES test_result (id) ON DELETE CASCADE,
    words TSVECTOR NOT NULL
);
CREATE INDEX ix_test_result_words_words ON test_result_words USING gin (words);
