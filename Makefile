# Everything a person or a machine does with this repository. `make help` lists it.

PROGRAM := target/release/memory-lane
DEBUG_PROGRAM := target/debug/memory-lane
DEMO := $(CURDIR)/.demo
TEST := $(CURDIR)/.test
MODEL := models/all-MiniLM-L6-v2/encoder.f32
CLIENT := $(TEST)/client/node_modules/@anthropic-ai/claude-code-linux-x64/claude
AGENTS := $(TEST)/agents/node_modules/.package-lock.json
MEMORY_LANE_SHARED ?= ../shared

export MEMORY_LANE_SHARED

.DEFAULT_GOAL := help
.PHONY: help demo test ci unit lint bench bench-ingest fuzz eval ablate calibrate train-triggers eval-memories run-hook doc clean FORCE

help: ## show this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(PROGRAM) $(DEMO)/home/$(MODEL) ## the main job, end to end, in a home of its own
	@sh examples/demo.sh $(PROGRAM) $(DEMO)

test: lint $(TEST)/home/$(MODEL) $(CLIENT) $(AGENTS) ## every test, with all that it needs
	cargo test --locked

ci: test ## the same as test

unit: ## the fast tests only: no model, no client
	cargo test --locked --lib

lint: ## formatting and lints
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings

bench: $(PROGRAM) $(TEST)/home/$(MODEL) ## the hook as a whole process, with references measured in the same run
	cargo bench --locked

eval: $(PROGRAM) $(TEST)/home/$(MODEL) ## recall on our judged sets and those under $MEMORY_LANE_SHARED, with what others publish
	@sh evals/run.sh $(PROGRAM) $(TEST)/home

ablate: $(PROGRAM) $(TEST)/home/$(MODEL) ## the same without each signal, to see what it is worth
	@sh evals/ablate.sh $(PROGRAM) $(TEST)/home

calibrate: $(PROGRAM) $(TEST)/home/$(MODEL) ## fit recall's floors and probabilities to the judged sets under $MEMORY_LANE_SHARED
	MEMORY_LANE_HOME=$(TEST)/home python3 evals/calibrate.py $(PROGRAM) src/recall/calibration.json $(MEMORY_LANE_SHARED)/bench

# TRIGGER_LABELS may name further files of the same form. Needs Python with numpy.
train-triggers: $(DEBUG_PROGRAM) $(TEST)/home/$(MODEL) ## fit the catcher's model to the labels under $MEMORY_LANE_SHARED, with a cross-validated report
	MEMORY_LANE_HOME=$(TEST)/home python3 evals/train_triggers.py $(DEBUG_PROGRAM) evals/prototypes.txt \
		src/catcher/judge/weights.json $(MEMORY_LANE_SHARED)/bench/data/triggers/labels.jsonl $(TRIGGER_LABELS)

# SESSIONS is a directory of transcripts, for example an unpacked archive of $MEMORY_LANE_SHARED/traces/sessions.
eval-memories: $(PROGRAM) $(TEST)/home/$(MODEL) ## what the catcher keeps of the SESSIONS: per session, near-duplicates, a sample to read
	MEMORY_LANE_HOME=$(TEST)/home python3 evals/memories.py $(PROGRAM) $(SESSIONS) --sample 50

run-hook: $(PROGRAM) ## answer the hook event on standard input, in your own home
	@$(PROGRAM) hook

doc: ## the library's documentation
	cargo doc --locked --no-deps --open

clean: ## remove what demo and test have set up
	rm -rf $(DEMO) $(TEST)

# To standard error: what the program writes to standard output may be read by another one.
$(PROGRAM): FORCE
	@test -x $@ || echo "building $@ for release without further output: 5 to 10 minutes on two cores, once" >&2
	@cargo build --locked --release --quiet

# With the tests, not alone: their dependencies turn on further features, and everything would be built twice.
$(DEBUG_PROGRAM): FORCE
	@cargo test --locked --no-run --quiet

$(DEMO)/home/$(MODEL): $(PROGRAM)
	MEMORY_LANE_HOME=$(DEMO)/home $(PROGRAM) model add
	@touch $@

$(TEST)/home/$(MODEL): | $(DEBUG_PROGRAM)
	MEMORY_LANE_HOME=$(TEST)/home $(DEBUG_PROGRAM) model add

# The real client, pinned by version and hash in tests/client/package-lock.json; installed, never kept here.
$(CLIENT): tests/client/package.json tests/client/package-lock.json
	mkdir -p $(TEST)/client
	cp tests/client/package.json tests/client/package-lock.json $(TEST)/client/
	npm ci --prefix $(TEST)/client --no-fund --no-audit
	@touch $@

# The agents whose files the readers are tested on, pinned in the same way: 0.5 GB to fetch, 1.3 GB installed. They need
# no scripts and none of their optional parts.
$(AGENTS): tests/agents/package.json tests/agents/package-lock.json
	mkdir -p $(TEST)/agents
	cp tests/agents/package.json tests/agents/package-lock.json $(TEST)/agents/
	npm ci --prefix $(TEST)/agents --omit=optional --ignore-scripts --no-fund --no-audit --loglevel=error
	@touch $@

fuzz: ## let the readers read nonsense, SECONDS each (default 60), or only TARGET; needs no nightly compiler
	@sh fuzz/run.sh $(or $(SECONDS),60) $(TARGET)

bench-ingest: $(PROGRAM) ## taking in a directory of transcripts, DIR, beside wc and jq on the same files
	@sh benches/ingest.sh $(PROGRAM) $(DIR)
