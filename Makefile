# `make` says what there is; the work is in scripts/.
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help setup build run demo dev test bench soak vitals screenshots package openapi deny fmt clean

help: ## Say what the targets do
	@sed -n 's/^\([a-z]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 13

setup: ## Install what building and testing needs, as far as it is missing
	@scripts/setup build test

build: ## Build target/release/test-observer and its site, target/site
	@scripts/setup build
	@scripts/build

run: build ## Build and start on http://127.0.0.1:30000, with the database data/test-observer.db
	@mkdir -p data
	@export LOCAL_ACCOUNTS=$${LOCAL_ACCOUNTS-true} SESSIONS_HTTPS_ONLY=$${SESSIONS_HTTPS_ONLY-false} \
	  FRONTEND_URL=$${FRONTEND_URL-http://127.0.0.1:30000}; exec target/release/test-observer serve --listen 127.0.0.1:30000 --db sqlite:data/test-observer.db

demo: build ## Build and start on http://127.0.0.1:30000 with demo data, in data/demo.db; prints a link to sign in by
	@mkdir -p data
	@test -e data/demo.db || { rm -f data/demo.new.db*; target/release/test-observer seed --db sqlite:data/demo.new.db \
	  --frontend-url http://127.0.0.1:30000 >/dev/null && mv data/demo.new.db data/demo.db; }
	@target/release/test-observer user link casey.morgan@example.com --frontend-url http://127.0.0.1:30000 --db sqlite:data/demo.db
	@export DISABLE_PERIODIC_TASKS=$${DISABLE_PERIODIC_TASKS-true} LOCAL_ACCOUNTS=$${LOCAL_ACCOUNTS-true} SESSIONS_HTTPS_ONLY=$${SESSIONS_HTTPS_ONLY-false} \
	  FRONTEND_URL=$${FRONTEND_URL-http://127.0.0.1:30000}; exec target/release/test-observer serve --listen 127.0.0.1:30000 --db sqlite:data/demo.db

dev: ## Build and start, and again after every change of the source
	@scripts/setup build
	@mkdir -p data
	@scripts/dev

test: ## Check format and lints, run all tests on both databases and in the browser
	@scripts/setup build test
	@scripts/test

bench: ## Measure the API on both databases
	@scripts/setup build test
	@scripts/bench

soak: ## Lay load on a server for MINUTES (10) on each database: it must neither fail nor grow
	@scripts/setup build test
	@scripts/soak $(MINUTES)

package: ## Build target/package/test-observer, which has the site in it; KIND=deb makes a Debian package, too
	@scripts/setup build $(filter deb,$(KIND))
	@scripts/package $(KIND)

vitals: ## Measure the dashboard in the browser; `scripts/vitals --strict` fails where a limit is missed
	@scripts/setup build test
	@scripts/build
	@scripts/vitals

screenshots: ## Take the pictures in docs/screenshots anew
	@scripts/setup build test
	@scripts/build
	@scripts/screenshots

openapi: ## Write the committed openapi.json anew from the code
	@scripts/setup build
	@scripts/openapi

deny: ## Check licences, sources, duplicates and advisories of the dependencies
	@scripts/setup build deny
	@scripts/deny

fmt: ## Format the Rust source
	@cargo fmt --all

clean: ## Remove what was built, the cache of this checkout included; data/ stays
	@scripts/clean
