# One command each, on a fresh machine with Python 3.11, make, git, node and npm.
#   make run     a sample lecture becomes a stream, broadcast streams, discs and files in ./library
#   make test    lint, types, and every test
#   make serve   the service with sample data: three doors at http://127.0.0.1:8080/
#   make bench   speed and size against peers, printed as ratios
#   make check   lint, format and types alone

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
HLS    := manifests/site/vendor/hls.min.js
SAMPLE := build/sample.mp4
WEB    := farm/web/static/vendor
VENDOR := $(HLS) $(WEB)/hls.min.js $(WEB)/htmx.min.js $(WEB)/sse.min.js $(WEB)/tus.min.js \
          $(WEB)/chart.umd.min.js

ALONE    := tests/test_imports.py tests/test_repository.py tests/test_deploy.py tests/manifests tests/farm \
            tests/encoders tests/hostile tests/tools tests/web
TOGETHER := tests/workers tests/browser tests/benchmarks tests/run

.PHONY: run serve test bench check setup setup-test watch clean
.DELETE_ON_ERROR:

setup: build/.runtime build/.apt-runtime $(VENDOR)

setup-test: build/.dev build/.apt-runtime build/.apt-test $(VENDOR)

run: setup
	@test -f $(SAMPLE) || $(BIN)/python -m encoders.sample $(SAMPLE)
	@$(BIN)/farm run $(SAMPLE) --store ./library --base sample \
	    --title "温室番茄的滴灌 · Drip irrigation of greenhouse tomatoes" --category agriculture \
	    --course "设施农业" --number 3 \
	    --profile hls --profile broadcast --profile dvd --profile datadisc
	@echo
	@echo "In ./library now, from one decode: a stream down to 192 kb/s lines, transport streams for"
	@echo "satellite, a DVD with menus, a disc for computers, an MP4, and MP3, M4A and Opus."
	@echo "  watch and download:   $(BIN)/farm watch"
	@echo "  discs of its course:  $(BIN)/farm disc 设施农业"
	@echo "  is everything there:  $(BIN)/farm verify --deep"
	@echo "  with your recording:  $(BIN)/farm run RECORDING --category agriculture"

serve: setup
	@test -f $(SAMPLE) || $(BIN)/python -m encoders.sample $(SAMPLE)
	@$(BIN)/farm serve --sample $(SAMPLE)

watch: setup
	$(BIN)/farm watch ./library

check: build/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# What needs one core a test runs two at once; what starts workers, browsers and stores does not.
test: setup-test check
	$(BIN)/pytest -n 2 $(ALONE)
	$(BIN)/pytest $(TOGETHER)

bench: setup-test
	$(BIN)/python -m benchmarks

# --- what the targets above stand on -------------------------------------------------------------

build/.runtime: requirements.lock pyproject.toml
	@if test -f build/.dev; then $(MAKE) --no-print-directory --silent build/.dev; \
	else $(MAKE) --no-print-directory build/.venv LOCK=requirements.lock; fi
	@mkdir -p build && touch $@

build/.dev: requirements-dev.lock pyproject.toml
	@$(MAKE) --no-print-directory build/.venv LOCK=requirements-dev.lock
	@touch $@

# Hashes are required of every package; the farm itself is linked in place.
.PHONY: build/.venv
build/.venv:
	@mkdir -p build
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(LOCK)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .

node_modules/.installed: package.json package-lock.json
	npm ci --no-audit --no-fund --loglevel=error
	@touch $@

# What browsers get of npm packages is copied as it is: there is no build step.
%/vendor/hls.min.js: node_modules/.installed
	@mkdir -p $(@D)
	cp node_modules/hls.js/dist/hls.min.js $@

$(WEB)/htmx.min.js: node_modules/.installed
	@mkdir -p $(@D)
	cp node_modules/htmx.org/dist/htmx.min.js $@

$(WEB)/sse.min.js: node_modules/.installed
	@mkdir -p $(@D)
	cp node_modules/htmx-ext-sse/dist/sse.min.js $@

$(WEB)/tus.min.js: node_modules/.installed
	@mkdir -p $(@D)
	cp node_modules/tus-js-client/dist/tus.min.js $@

$(WEB)/chart.umd.min.js: node_modules/.installed
	@mkdir -p $(@D)
	cp node_modules/chart.js/dist/chart.umd.min.js $@

# Debian packages, where they are missing and may be installed; told again until they are there.
build/.apt-%: packages/apt-%.txt
	@mkdir -p build
	@missing=$$(for name in $$(grep -v '^#' $<); do \
	    dpkg-query -W -f='$${Status}' $$name 2>/dev/null | grep -q 'ok installed' || echo $$name; done); \
	if [ -z "$$missing" ]; then touch $@; \
	elif [ "$$(id -u)" = 0 ]; then \
	    apt-get update -qq && \
	    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null && \
	    touch $@; \
	else echo "Please install:  sudo apt-get install" $$missing; fi

clean:
	rm -rf build library service node_modules $(VENV) $(VENDOR)
