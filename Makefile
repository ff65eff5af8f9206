# Two commands: `make run` and `make test`. Everything they need they install into .venv.
PYTHON ?= python3
BIN := .venv/bin
# Where the environment forbids compiled modules, each of dozens of processes would compile all that it imports.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: run setup test check check-infra format benchmark chaos load fuzz clean

run:             ## start everything, analyse the demo song, stay up until Ctrl-C
	@$(PYTHON) scripts/install.py run
	@$(BIN)/ripieno up

setup:           ## install everything that run and test need
	@$(PYTHON) scripts/install.py test

test: setup check ## every check and every test
	@$(BIN)/pytest

check: setup     ## format, lint, types, import rules, dependencies, secrets
	@$(BIN)/ruff format --check --quiet . && $(BIN)/ruff check --quiet .
	@$(BIN)/basedpyright --level error
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/deptry .
	@$(BIN)/python scripts/scan_secrets.py

check-infra: setup ## Bicep, app settings, Kubernetes, images, workflows and dashboards, by the tools that know them
	@$(PYTHON) scripts/install.py infra
	@$(BIN)/python -m infra.checks

format: setup    ## write every file as `check` wants it
	@$(BIN)/python scripts/unasync.py
	@$(BIN)/ruff format --quiet . && $(BIN)/ruff check --fix --quiet .

benchmark: setup ## accuracy and speed beside librosa, essentia and madmom, of separation, generation, the engine and the API (two hours)
	@$(PYTHON) scripts/install.py benchmark
	@$(BIN)/python -m benchmarks.analysis --plots docs
	@$(BIN)/python -m benchmarks.separation
	@$(BIN)/python -m benchmarks.generation
	@$(BIN)/python -m benchmarks.production
	@$(BIN)/python -m benchmarks.voices
	@$(BIN)/python -m benchmarks.composition --docs docs
	@$(BIN)/python -m benchmarks.durable
	@$(BIN)/python -m benchmarks.api
	@$(BIN)/python -m benchmarks.host_memory

chaos: setup     ## 500 faults of every kind, while people are at work; the invariants after each twenty (two hours)
	@$(BIN)/python -m tests.chaos --faults 500

load: setup      ## 100 songs at once, 1,000 through the pipeline, 10,000 in the library, endpoints, every part killed (hours)
	@$(BIN)/python -m tests.load all

fuzz: setup      ## 1,000 calls made of the API's description and 1,000 mutated recordings: no 500, no crash, no growth
	@$(BIN)/python -m tests.fuzz

clean:           ## forget the local library and its logs; the installed tools stay
	rm -rf .ripieno/azurite .ripieno/host .ripieno/logs .ripieno/demo
