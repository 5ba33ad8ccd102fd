# Every target sets up what it needs by itself; the second time that takes no time.
PY ?= python3
BIN := .venv/bin
CORE := .venv/.core
DEV := .venv/.dev
EXTRAS = $(shell sed -n '/^\[project.optional/,/^\[project.scripts/s/^\([a-z]*\) = .*/\1/p' pyproject.toml | paste -sd, -)

.DEFAULT_GOAL := demo
.PHONY: demo install test test-fast lint coverage check setup counterparts bench

# What people run. The demo needs no more than this. With uv the versions are those of uv.lock.
$(CORE): pyproject.toml uv.lock
	@if command -v uv >/dev/null 2>&1; then \
	  uv sync --quiet --frozen --inexact --no-default-groups --python $(PY); \
	else \
	  $(PY) -m venv .venv && \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check -e .; \
	fi
	@touch $@

# What developers run besides: linters, test tools, a PostgreSQL to test against.
$(DEV): $(CORE)
	@if command -v uv >/dev/null 2>&1; then \
	  uv sync --quiet --frozen --inexact --all-extras --python $(PY); \
	else \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1' && \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[$(EXTRAS)]' --group dev; \
	fi
	@touch $@

setup: $(DEV)

# What an operator needs and no more: `make install CHANNELS=slack,email`, then `.venv/bin/sudi init`.
CHANNELS ?= slack,discord,email
install:
	@$(PY) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check '.[$(CHANNELS)]'
	@echo "next: $(BIN)/sudi init"

demo: $(CORE)
	@$(BIN)/sudi demo

# In several processes, each with servers of its own; ARGS are for pytest.
test: $(DEV)
	@$(BIN)/python -m pytest -n auto --dist worksteal $(ARGS)

# What needs no server of its own: on SQLite, without kills and histories.
test-fast: $(DEV)
	@$(BIN)/python -m pytest -n auto --dist worksteal -q -k "not postgresql" --ignore tests/scenarios \
	  --ignore tests/channels/slack --ignore tests/channels/email --ignore tests/store/test_history.py $(ARGS)

lint: $(DEV)
	$(BIN)/ruff check bot tests
	$(BIN)/ruff format --check bot tests
	$(BIN)/mypy
	$(BIN)/lint-imports

# The same tests, and how many of the lines and branches of bot/ they reach: what is less than the floor fails.
coverage: $(DEV)
	@$(BIN)/python -m pytest -n auto --dist worksteal -q --cov --cov-report=term:skip-covered $(ARGS)

# Everything that must hold of a change.
check: lint coverage

# The servers that the tests talk to. aiosmtpd and PostgreSQL come with the packages of `setup`;
# local-slack is put into var/, and postfix comes from Debian.
counterparts: $(DEV)
	@$(BIN)/python -m tests.counterparts

bench: $(DEV)
	@$(BIN)/python -m tests.bench
