# dayi: build, run, test. `make help` lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
WEB := dashboards/web
TARGET := $(or $(CARGO_TARGET_DIR),target)
APT := chromium curl fonts-noto-cjk mosquitto mosquitto-clients postgresql python3-venv victoria-metrics
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

.PHONY: help
help: ## List the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(WEB)/node_modules/.installed: $(WEB)/package-lock.json
	cd $(WEB) && npm ci --ignore-scripts --no-audit --no-fund
	touch $@

tests/oidc/node_modules/.installed: tests/oidc/package-lock.json
	cd tests/oidc && npm ci --ignore-scripts --no-audit --no-fund
	touch $@

.PHONY: ui
ui: $(WEB)/node_modules/.installed ## Build the web page
	cd $(WEB) && npm run build

.PHONY: build
build: ui ## Build the page, the server and dayi-loadtest
	cargo build --release --locked --workspace

.PHONY: run
run: build ## Build everything and start the demo at http://127.0.0.1:8080
	$(TARGET)/release/dayi demo

.PHONY: tools
tools: tests/oidc/node_modules/.installed ## Install what the tests need (Debian packages, cargo-nextest, an OpenID Connect provider)
	@missing=$$(for p in $(APT); do dpkg -s $$p >/dev/null 2>&1 || echo $$p; done); \
	if [ -n "$$missing" ]; then $(SUDO) apt-get update -qq && DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq $$missing; fi
	@cargo nextest --version >/dev/null 2>&1 || cargo install --locked cargo-nextest

.PHONY: openapi
openapi: $(WEB)/node_modules/.installed ## After a change of the API or the metrics: write openapi.json, the page's client and docs/metrics.md anew
	DAYI_UPDATE_OPENAPI=1 cargo nextest run --locked --test it -E 'test(openapi) or test(metrics)'
	cd $(WEB) && npm run api

.PHONY: check
check: ui ## Formatting, lints, types
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	@if ! cargo deny --version >/dev/null 2>&1; then echo "cargo-deny is not installed: its checks are left out"; \
	else cargo deny check bans licenses sources; \
		if cargo deny fetch db >/dev/null 2>&1; then cargo deny check advisories; \
		else echo "the advisories cannot be fetched: their check is left out"; fi; fi
	cd $(WEB) && npm run lint

.PHONY: test-rust
test-rust: ui ## Unit and integration tests
	cargo nextest run --workspace --locked

.PHONY: test-postgres
test-postgres: ui ## The integration tests with PostgreSQL instead of SQLite
	tests/postgres/run

.PHONY: test-web
test-web: $(WEB)/node_modules/.installed ## Tests of the page's logic
	cd $(WEB) && npm test

.PHONY: e2e
e2e: ui ## The page in a real browser against a real server
	cargo build --locked
	tests/e2e/run

.PHONY: guide
guide: build ## Make the user guide's pictures anew (needs the Debian packages faketime and pngquant)
	docs/user-guide/make

.PHONY: fuzz-api
fuzz-api: ui ## Whatever is sent to the API, nothing answers with a server error (Schemathesis)
	cargo build --locked
	tests/schemathesis/run

FUZZ_SECONDS ?= 30
FUZZ_TARGETS = $(shell sed -n '/^\[\[bin\]\]/,/^path/s/^name = "\(.*\)"/\1/p' fuzz/Cargo.toml)

.PHONY: fuzz
fuzz: ## Fuzz the MQTT front and every dialect, FUZZ_SECONDS=30 each
	@cargo fuzz --version >/dev/null 2>&1 || cargo install --locked cargo-fuzz
	@# The flags of libFuzzer's coverage are not stable; the sanitizers, which need nightly's standard library, are left out.
	@cp Cargo.lock fuzz/Cargo.lock
	@for target in $(FUZZ_TARGETS); do echo "== $$target"; mkdir -p fuzz/corpus/$$target; \
		RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer none $$target fuzz/corpus/$$target fuzz/seeds/$$target -- \
			-max_total_time=$(FUZZ_SECONDS) -max_len=4096 -timeout=5 -rss_limit_mb=1024 -verbosity=0 -print_final_stats=1 2>&1 \
			| grep -vE '^(warning|\s*Compiling|\s*Finished|\s*Running)' ; done

.PHONY: fuzz-seeds
fuzz-seeds: ## Write the seeds of the dialects' fuzz targets anew, from the payloads of their tests
	DAYI_FUZZ_SEEDS=$(CURDIR)/fuzz/seeds cargo nextest run --locked -p dayi --lib ingest::dialect

.PHONY: bench-models
bench-models: ## Training and inference of the state models against scikit-learn
	cargo bench --locked -p dayi-models --bench speed -- all $(CURDIR)/target/bench-models
	@if command -v python3 >/dev/null; then python3 benches/models.py target/bench-models; \
	else echo "SKIPPED scikit-learn's side: python3 is not installed"; fi

.PHONY: bench-history
bench-history: ## Hours of 60 days of 10,000 instruments, charts, and what the history takes in a second
	cargo bench --locked -p dayi --bench history -- hours
	cargo bench --locked -p dayi --bench history -- recorder
	cargo bench --locked -p dayi --bench history -- ingest
	cargo bench --locked -p dayi --bench history -- charts

.PHONY: bench-influx
bench-influx: tools ## Readings into VictoriaMetrics: points a second, and catching up after an outage
	cargo bench --locked -p dayi --bench influx

.PHONY: conformance
conformance: ## The Eclipse Paho MQTT suite against a server: PAHO_TESTING=/path/to/paho.mqtt.testing
	cargo build --locked
	tests/conformance/run

# What is passed on to dayi-loadtest, such as: make bench BENCH="--full", make bench BENCH="--only steady --steady 120".
BENCH ?=
CRASH ?= --rounds 50

.PHONY: bench
bench: tools build ## The standard set against dayi and Mosquitto, with a report (BENCH="--help")
	$(TARGET)/release/dayi-loadtest bench --server $(TARGET)/release/dayi $(BENCH)

.PHONY: crash-test
crash-test: build ## Kill the server again and again under load (CRASH="--help")
	$(TARGET)/release/dayi-loadtest crash --server $(TARGET)/release/dayi $(CRASH)

.PHONY: test
test: tools check test-rust test-postgres test-web fuzz-api e2e ## Install what tests need and run everything
