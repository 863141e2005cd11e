-- The words of results, for searching texts. Its twin for PostgreSQL has the same file name in the folder beside this one; the
-- conventions are those of the first file.

-- Of each result that failed or was skipped, the different words of its test's name, its comment and its log; written by the program, which
-- splits texts alike for both databases. Neither the texts nor the places of words in them are kept a second time.
CREATE VIRTUAL TABLE test_result_words USING fts5 (
    words, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii'
);
CREATE TRIGGER test_result_words_removed AFTER DELETE ON test_result WHEN OLD.status <> 'PASSED' BEGIN
    DELETE FROM test_result_words WHERE rowid = OLD.id;
END;
