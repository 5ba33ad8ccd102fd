# Every target sets up what it needs by itself; the second time that takes no time.
PY ?= python3
BIN := .venv/bin
STAMP := .venv/.stamp

.DEFAULT_GOAL := demo
.PHONY: demo test setup check counterparts bench

$(STAMP): pyproject.toml
	@if command -v uv >/dev/null 2>&1; then \
	  uv venv --quiet --allow-existing --python $(PY) .venv && \
	  uv pip install --quiet --python $(BIN)/python -e '.[postgres]' --group dev; \
	else \
	  $(PY) -m venv .venv && \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1' && \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[postgres]' --group dev; \
	fi
	@touch $@

setup: $(STAMP)

demo: $(STAMP)
	@$(BIN)/sudi demo

test: $(STAMP)
	@$(BIN)/python -m pytest

check: $(STAMP)
	$(BIN)/ruff check bot tests
	$(BIN)/ruff format --check bot tests
	$(BIN)/mypy
	$(BIN)/lint-imports

# The servers that the tests talk to. aiosmtpd and PostgreSQL come with the packages of `setup`.
counterparts: $(STAMP)
	@$(BIN)/python -m tests.counterparts

bench: $(STAMP)
	@$(BIN)/python -m tests.bench
