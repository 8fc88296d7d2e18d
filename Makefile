# make run   sets everything up and serves on http://127.0.0.1:$(PORT)
# make test  sets everything up and passes the tests, but those of
# make test-machines, which need more machines than this one, or real time
PORT ?= 8000
export PORT

UV = scripts/uv
# Resolved for the older Python: what it needs beyond the newer one's harms nothing there.
COMPILE = $(UV) pip compile --quiet --generate-hashes --no-emit-index-url --no-header --python-version 3.11
PY = .venv/bin/python
# Where Python may not keep what it compiled, each process of a test would compile all libraries anew (5 s).
KEEP_COMPILED = env -u PYTHONDONTWRITEBYTECODE

.PHONY: run test test-machines smoke wheels check audit advisories sbom bench failover train lock clean

run: .venv/.compiled
	@ASSISTANT_MODE=demo WELCOME=yes .venv/bin/assistant serve

test: .tested-with
	@# They wait for processes and browsers a third of the time: four at once keep two cores busy.
	$(KEEP_COMPILED) $(PY) -m pytest -m "not machines" -n 4 --dist loadfile --no-loadscope-reorder --durations 20

# PgBouncer before the database, a standby, machines whose cable is pulled, copies of the database and the way back,
# alerts in Prometheus, telephones that ring. They wait for most of the time; .ci/run has them pass before `make test`.
test-machines: .tested-with
	$(KEEP_COMPILED) $(PY) -m pytest -m machines -n 3 --dist loadfile --no-loadscope-reorder --durations 10

.PHONY: .tested-with
.tested-with: .venv/.installed-dev .venv/.compiled .tools/checks/.installed
	scripts/need-packages
	@# Once, before tests that run beside each other each train their own.
	$(KEEP_COMPILED) .venv/bin/assistant train

# A part of the tests that needs no browser: whether this machine can run them at all.
smoke: .venv/.installed-dev
	$(PY) -m pytest tests/identifiers tests/deploy/test_embedded.py tests/security/test_wheels.py tests/rasa/test_slim_boot.py

check: .venv/.installed-dev .tools/checks/.installed
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/assistant content check
	$(PY) -m supply.wheels

# Known vulnerabilities of what we ship, by the index or by the dated copy; RELEASE=yes: what is too old fails, too.
audit: .venv/.installed-dev
	$(PY) -m supply.audit $(if $(RELEASE),--release)

# The dated copy. CLONE: a clone of PyPA's advisory database, for what the index does not answer for.
advisories: .venv/.installed-dev
	$(PY) -m supply.advisories $(CLONE)

.tools/checks/.installed: supply/tools.lock
	$(UV) venv --quiet --allow-existing .tools/checks
	$(UV) pip install --quiet --require-hashes --python .tools/checks -r supply/tools.lock
	@touch $@

# Patroni, for the machine's own Python: PostgreSQL's user must reach it, and not our home.
.tools/patroni/.installed: supply/patroni.lock
	$(UV) venv --quiet --allow-existing --python "$$(PATH=/usr/bin:/bin command -v python3)" .tools/patroni
	$(UV) pip install --quiet --require-hashes --python .tools/patroni -r supply/patroni.lock
	@touch $@

# Three machines with a database each, lost in every way (docs/high-availability.md): a quarter of an hour, as root.
failover: .venv/.installed-dev .tools/patroni/.installed
	$(PY) -m bench.failover

sbom: .venv/.installed-dev
	$(PY) -m supply.sbom > sbom.cdx.json

bench: .venv/.installed-dev .venv/.compiled
	$(PY) -m bench.run

train: .venv/.installed
	.venv/bin/assistant train

.venv/.python:
	@python=$$(scripts/find-python) && $(UV) venv --quiet --allow-existing --python "$$python" .venv
	@touch $@

.venv/.installed: requirements.lock pyproject.toml | .venv/.python
	@# What the tests added stays; the locks agree on everything they share.
	@$(PY) scripts/install_packages.py requirements.lock
	@$(UV) pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

# Compiling at each start what Python was not allowed to keep would take longer than everything else (4 s).
.venv/.compiled: .venv/.installed
	@$(KEEP_COMPILED) $(PY) -c "import assistant.app.server, assistant.app.engine_process"
	@touch $@

.venv/.installed-dev: requirements-dev.lock .venv/.installed
	@$(PY) scripts/install_packages.py requirements-dev.lock
	@$(KEEP_COMPILED) $(PY) -m pytest --collect-only tests/kit >/dev/null
	@touch $@

# What a machine without a network needs (docs/install.md), for one with a processor like this one's and either Python.
wheels:
	for python in 3.11 3.12; do \
	  $(UV) tool run --quiet pip download --quiet --dest wheels --require-hashes --only-binary :all: --no-deps \
	    --ignore-requires-python --python-version $$python -r requirements.lock || exit 1; \
	done
	$(UV) tool run --quiet pip download --quiet --dest wheels --only-binary :all: --no-deps uv

lock:
	$(COMPILE) pyproject.toml -o requirements.lock
	$(COMPILE) pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
	sed -i "s/^atheris==[^ ]*/& ; platform_machine == 'x86_64'/" requirements-dev.lock  # uv leaves markers out
	$(COMPILE) supply/tools.in -o supply/tools.lock
	$(COMPILE) supply/patroni.in -o supply/patroni.lock
	$(MAKE) advisories

clean:
	rm -rf .venv .tools models
