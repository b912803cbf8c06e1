SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

VENV := .venv
LINT_VENV := .cache/lint
PYTHON := $(VENV)/bin/python
LINT := $(LINT_VENV)/bin

.PHONY: help setup demo up down drill publish replay package routing-check backtest test lint audit plan apply drift destroy doctor \
	redrive clean

# What a verb cannot do without: an empty one would mean this folder, or nothing.
need = $(if $($(1)),,$(error say $(1)=…; `make` alone shows how))

help:
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.ready ## Prepare .venv (the other verbs do it themselves)

demo: setup ## Everything, on this machine: build, deploy to a local AWS, play six scenarios, show the mails
	@$(PYTHON) -m scripts.demo.run

up: setup ## Leave the deployed local AWS running, to play with
	@$(PYTHON) -m scripts.local.stack up

down: setup ## Stop what `make up` started
	@$(PYTHON) -m scripts.local.stack down

drill: setup ## Send a drill event: STATE=stopped NAME=web-1 [ENV=production]
	$(call need,STATE)
	$(call need,NAME)
	@$(PYTHON) -m scripts.operate.drill --state '$(STATE)' --name '$(NAME)' $(if $(ENV),--env '$(ENV)')

publish: setup ## Put events of your own on a bus: EVENTS=<folder, file or -> [BUS=OrgInfrastructure] [ENV=production]
	$(call need,EVENTS)
	@$(PYTHON) -m scripts.operate.publish '$(EVENTS)' $(if $(BUS),--bus '$(BUS)') $(if $(ENV),--env '$(ENV)')

replay: setup ## Tell again what came over a bus: FROM=<time> TO=<time> [BUS=OrgInfrastructure] [ENV=production]
	@$(PYTHON) -m scripts.operate.replay --from '$(FROM)' --to '$(TO)' $(if $(BUS),--bus '$(BUS)') $(if $(ENV),--env '$(ENV)')

package: setup ## Build dist/: a zip per function, the SNMP tool, manifest.json
	@$(PYTHON) -m scripts.build.package

test: package ## All tests: unit, contract, infra, integration, e2e
	@$(PYTHON) -m pytest

lint: setup $(LINT_VENV)/.ready ## ruff, mypy, terraform fmt and validate, checkov, actionlint, zizmor
	$(LINT)/ruff check
	$(LINT)/ruff format --check
	$(LINT)/mypy --python-executable $(PYTHON)
	$(PYTHON) -m scripts.stacks.working_copy
	$(LINT)/checkov --config-file .checkov.yaml
	$(LINT)/actionlint
	$(LINT)/zizmor --offline --quiet .github

audit: $(LINT_VENV)/.ready ## Fail if a pinned package has a known vulnerability (asks the package index)
	$(LINT)/pip-audit --disable-pip --require-hashes $(patsubst %,--requirement %,$(wildcard requirements/*.txt))

routing-check: setup ## Check, test and compile who hears of what: [ENV=production | FILE=any.routing.yaml]
	@$(PYTHON) -m scripts routing-check $(if $(ENV),--env '$(ENV)') $(if $(FILE),--file '$(FILE)')

backtest: setup ## What your own events become: EVENTS=<folder or file> [OUT=report.jsonl] [ROUTING=any.routing.yaml]
	$(call need,EVENTS)
	@$(PYTHON) -m scripts.analyse.backtest '$(EVENTS)' $(if $(OUT),--jsonl '$(OUT)') $(if $(ROUTING),--routing '$(ROUTING)')

plan: package ## Show what would change: ENV=production
	@$(PYTHON) -m scripts.stacks.deploy plan '$(ENV)'

drift: package ## Fail if the deployment is not what is written here: ENV=production
	@$(PYTHON) -m scripts.stacks.deploy drift '$(ENV)'

apply: package ## Deploy: ENV=production
	@$(PYTHON) -m scripts.stacks.deploy apply '$(ENV)'

destroy: package ## Remove all of it, after a question: ENV=production
	@$(PYTHON) -m scripts.stacks.deploy destroy '$(ENV)'

doctor: setup ## What would keep mail from arriving: ENV=production; ENV=local for what `make up` left running
	@$(PYTHON) -m scripts.operate.doctor.report '$(ENV)'

redrive: setup ## Show what a DLQ would send back: QUEUE=OrgResourceEventsMessagingDLQ; APPLY=1 sends it [ENV=production]
	$(call need,QUEUE)
	@$(PYTHON) -m scripts.operate.redrive '$(QUEUE)' $(if $(APPLY),--apply) $(if $(ENV),--env '$(ENV)')

clean: ## Remove everything that make made
	@if [ -x $(PYTHON) ]; then $(PYTHON) -m scripts.local.stack down; fi
	rm -rf $(VENV) .cache dist .mypy_cache .pytest_cache .ruff_cache

$(VENV)/.ready: requirements/dev.txt
	@bash scripts/setup.sh $(VENV) $<

$(LINT_VENV)/.ready: requirements/lint.txt
	@bash scripts/setup.sh $(LINT_VENV) $<
