# Two commands do everything on a fresh Debian 12 with Rust and Node: `make run` and `make test`.
.DEFAULT_GOAL := help
export CARGO_TARGET_DIR ?= $(HOME)/.cache/patchbay/target

.PHONY: help run test check bench fuzz web api release fmt deps-run deps-test

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

run: deps-run web release ## build and start the whole platform with simulated gateways, then print where to click
	@$(CARGO_TARGET_DIR)/release/patchbay serve --demo

test: ## everything CI runs: house rules, unit, integration and browser tests
	@infra/scripts/test.sh

check: ## house rules only: floors, sizes, banned calls, formatting, lints
	cargo fmt --all --check
	cargo xtask check
	cargo clippy --workspace --all-targets --quiet -- -D warnings

bench: ## every figure of the goals as a ratio to a peer in the same run
	cargo xtask bench

fuzz: ## ten minutes, shared by all parsers
	cargo xtask fuzz --seconds 600

web: ## build the web app into web/dist
	@infra/scripts/web.sh

api: ## write the OpenAPI document and the web app's types anew from the code
	@infra/scripts/programs.sh
	@$(CARGO_TARGET_DIR)/debug/patchbay openapi > web/src/api/openapi.json
	@npm --prefix web run --silent gen

release: ## build the release binary with the web app inside
	@echo "==> building the release binary (the first time takes some minutes)"
	@cargo build --release --quiet --package patchbay-node

fmt: ## format everything
	cargo fmt --all

deps-run:
	@infra/scripts/deps.sh run

deps-test:
	@infra/scripts/deps.sh test
