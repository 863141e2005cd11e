-- What searches for results ask of each, where they find it without reading the result. Its twin for PostgreSQL has the same file name in the
-- folder beside this one; the conventions are those of the first file.

-- A search whose results are all old goes past all others on its way: it reads them here, not the rows with the logs.
-- Ascending, and read backwards: results come in the order of their time, and what is added at the end leaves full pages behind.
CREATE INDEX ix_test_result_created_at_id_covering
    ON test_result (created_at, id, test_execution_id, test_case_id, status);
DROP INDEX ix_test_result_created_at;

-- The counts of 0006: nothing moves a result to another execution, or a review to another build. SQLite's triggers would not follow that, as
-- they look at changes of the status and of the decision only. Whoever writes such a change counts anew on both sides of it.
