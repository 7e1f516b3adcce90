# Everything that a person or CI runs. Needs Go and make; the rest is set up by the targets themselves.

GO      ?= go
ARGS    ?=
FAULT   ?= kill
TIMEOUT ?= 20m
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)

BUILD = $(GO) build -trimpath -ldflags '-s -w -X main.version=$(VERSION)'
TOOL  = $(GO) tool -modfile=tools/go.mod

.DEFAULT_GOAL := help
.PHONY: help dev build test lint fmt ci golden bench faults vuln

help: ## print this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Standard output belongs to the program: with ARGS=--once it is one JSON line.
dev: ## run everything in one process: Temporal, PostgreSQL, demo shop, dashboard (ARGS=--once: until active, one JSON line)
	@echo 'Building koppel-dev: minutes the first time, seconds afterwards.' >&2
	@$(GO) run ./cmd/koppel-dev $(ARGS)

build: ## put koppel and koppel-dev into bin/
	$(BUILD) -o bin/koppel ./cmd/koppel
	$(BUILD) -o bin/koppel-dev ./cmd/koppel-dev

test: ## run every test, against real PostgreSQL and Temporal (ARGS=-race, ARGS='-run Name', …)
	$(GO) test -timeout=$(TIMEOUT) $(ARGS) ./...

lint: ## check formatting, vet, staticcheck, workflowcheck, go.mod and the rules of the house
	@files=$$("$$($(GO) env GOROOT)/bin/gofmt" -l .) && if [ -n "$$files" ]; then \
		echo "not formatted, run make fmt:" >&2; echo "$$files" >&2; exit 1; fi
	$(GO) mod tidy -diff
	$(GO) -C tools mod tidy -diff
	$(GO) test -run '^Test(House|Rules)$$' .
	$(GO) vet ./...
	$(TOOL) staticcheck ./...
	$(TOOL) workflowcheck ./workflows/...

fmt: ## format every Go file
	"$$($(GO) env GOROOT)/bin/gofmt" -w .

ci: ## what CI runs: lint, then test
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory test

# Golden files belong to the packages whose tests define the flag -update.
golden: ## rewrite the golden files from what the code does now; read the diff before committing
	@dirs=$$(grep -rlE --include='*_test.go' '(Bool|BoolVar)\(.*"update"' . | xargs -r -n1 dirname | sort -u); \
	if [ -z "$$dirs" ]; then echo 'no package has golden files' >&2; exit 1; fi; \
	set -x; $(GO) test -timeout=$(TIMEOUT) $$dirs -args -update

bench: ## run the speed board, one JSON line per benchmark (ARGS passes flags)
	@$(GO) run ./bench $(ARGS)

faults: ## run the fault board, one JSON line (FAULT=kill, push, deletes, race, refresh or webhooks, ARGS passes flags)
	@$(GO) run ./faults -fault=$(FAULT) $(ARGS)

vuln: ## look for known vulnerabilities; needs internet for the vulnerability database
	$(TOOL) govulncheck ./...
