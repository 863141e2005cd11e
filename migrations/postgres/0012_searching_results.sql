-- What searches for results ask of each, where they find it without reading the result. Its twin for SQLite has the same file name in the
-- folder beside this one; the conventions are those of the first file.

-- A search whose results are all old goes past all others on its way: it reads them here, not the rows with the logs.
-- Ascending, and read backwards: results come in the order of their time, and what is added at the end leaves full pages behind.
CREATE INDEX ix_test_result_created_at_id_covering
    ON test_result (created_at, id, test_execution_id, test_case_id, status);
DROP INDEX ix_test_result_created_at;

-- Words and an execution's family, environment and so on: what has the words is judged by its execution without being looked up.
-- SQLite's own kind of index has no place for it.
DROP INDEX ix_test_result_words_words;
ALTER TABLE test_result_words ADD COLUMN test_execution_id BIGINT;
UPDATE test_result_words SET test_execution_id = result.test_execution_id
    FROM test_result AS result WHERE result.id = test_result_words.test_result_id;
ALTER TABLE test_result_words ALTER COLUMN test_execution_id SET NOT NULL;
CREATE INDEX ix_test_result_words_words ON test_result_words USING gin (words);

-- The counts of 0006: nothing moves a result to another execution, or a review to another build. SQLite's triggers would not follow that, as
-- they look at changes of the status and of the decision only. Whoever writes such a change counts anew on both sides of it, and moves
-- the words along.
