# `make demo` and `make test` do all their own set-up.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
# Most tests wait for something: three for each processor.
WORKERS ?= $(shell echo $$(( $$(nproc) * 3 )))

# With byte code kept, each process of a run starts with a third of the work.
export PYTHONDONTWRITEBYTECODE :=
PYTEST := -m pytest -n $(WORKERS) --dist loadgroup --no-loadscope-reorder --durations 20

.PHONY: demo test test-all coverage coverage-report zoo zoo-seeds zoo-chance lint format lock schemas docs clean

demo: .venv/ready
	$(BIN)/python -m demo --again

test: .venv/ready .venv/browser
	$(BIN)/python $(PYTEST) $(OPTIONS)

# Everything: both sandboxes, every merged connector, every planted defect, kills; and how much of our code it runs.
test-all: .venv/ready .venv/browser
	$(BIN)/coverage erase
	$(BIN)/coverage run $(PYTEST) --tier all --store-durations
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

# How much of our code the default tests run. It adds up: `make coverage TESTS="tests/venue tests/gateway"` is a piece.
coverage: .venv/ready .venv/browser
	$(BIN)/coverage run $(PYTEST) $(TESTS)

coverage-report: .venv/ready
	$(BIN)/coverage combine --append --quiet
	$(BIN)/coverage report

# How well the checks tell good from bad: every defect in several connectors. Two hours; it goes on where it was stopped.
zoo: .venv/ready
	$(BIN)/python -m tests.zoo $$(( $$(nproc) * 2 ))

# Whether a verdict on an untouched connector depends on the seed: all of them with twenty seeds, for nights. It goes on
# where it was stopped; `make zoo-seeds SEEDS="--minutes 9 --hours 2"` does a piece.
zoo-seeds: .venv/ready
	$(BIN)/python -m tests.zoo.seeds $(SEEDS)

# How often each planted defect is found, over twenty seeds; for nights, too, and in pieces:
# `make zoo-chance CHANCE="--defects histories --minutes 9"`.
zoo-chance: .venv/ready
	$(BIN)/python -m tests.zoo.chance $(CHANCE)

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy tests

format: .venv/ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Everything that is generated from the code and the catalogue; the tests fail when it drifts.
docs schemas: .venv/ready
	$(BIN)/harness generate
	$(BIN)/python -m tests.hostile.table
	$(BIN)/python -m tests.dialects.table
	$(BIN)/python -m tests.dialects.described

# Pins every dependency, with hashes, for the oldest Python supported.
lock: .venv/ready
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-annotate --extra dev -o requirements.lock pyproject.toml

.venv/ready: requirements.lock pyproject.toml scripts/system-packages
	./scripts/system-packages $(PYTHON)
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

# Pages are tested in Chromium.
.venv/browser: .venv/ready scripts/system-packages
	./scripts/system-packages $(PYTHON) browser
	@touch $@

clean:
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache
