SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

VENV := .venv
LINT_VENV := .cache/lint
PYTHON := $(VENV)/bin/python
LINT := $(LINT_VENV)/bin
RUN := @$(PYTHON) -m scripts

# A target with an explanation after ## is a verb, and no file.
.PHONY: help $(shell sed -n 's/^\([a-z-]*\):.* \#\# .*/\1/p' $(MAKEFILE_LIST))

# A verb cannot do without this variable: an empty one would mean this folder, or nothing.
need = $(if $($(1)),,$(error $(1)=… is missing: `make` shows the variables of each verb))

# An argument that no shell reads, whatever is in it.
quoted = '$(subst ','\'',$(1))'

# Options: what follows --name when the variable is given; a flag; and the options that several verbs share.
option = $(if $($(2)),--$(1) $(call quoted,$($(2))))
flag = $(if $($(2)),--$(1))
ENVIRONMENT = $(call option,env,ENV)
DEPLOYMENT = $(ENVIRONMENT) $(call option,stack,STACK)

help:
	@awk -F ':.*## ' '/^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@printf '\n%s\n' 'STACK is notifications where it is not given. More on a verb: .venv/bin/infra-events VERB --help.'

##@ Run it, on this machine or on a deployment

demo: setup ## Everything, on this machine: build, deploy to a local AWS, play six scenarios, show the mails
	$(RUN) demo

up: setup ## Leave the deployed local AWS running, to play with
	$(RUN) up

down: setup ## Stop what `make up` started
	$(RUN) down

drill: setup ## Send a drill event: STATE=stopped NAME=web-1 [ENV=production]
	$(call need,STATE)$(call need,NAME)
	$(RUN) drill $(call option,state,STATE) $(call option,name,NAME) $(ENVIRONMENT)

publish: setup ## Put custom events on a bus: EVENTS=<folder, file or -> [BUS=OrgInfrastructure] [ENV=production]
	$(call need,EVENTS)
	$(RUN) publish $(call option,bus,BUS) $(ENVIRONMENT) -- $(call quoted,$(EVENTS))

replay: setup ## Put archived events on their bus again: FROM=<time> TO=<time> [BUS=OrgInfrastructure] [ENV=production]
	$(call need,FROM)$(call need,TO)
	$(RUN) replay $(call option,from,FROM) $(call option,to,TO) $(call option,bus,BUS) $(ENVIRONMENT)

redrive: setup ## List the DLQs, or what one would send back: [QUEUE=<name> [LIMIT=10]] [ENV=production]; APPLY=1 sends it
	$(RUN) redrive $(call flag,apply,APPLY) $(call option,limit,LIMIT) $(ENVIRONMENT)$(if $(QUEUE), -- $(call quoted,$(QUEUE)))

##@ Look, without changing anything

explain: setup ## Who would receive events, why, and what they would read: EVENT=<file or -> [ROUTING=<file> | ENV=production] [TAGS="Owner=pay …" | TAGS=none | TAGS_FILE=<file>] [AT=<time>] [JSON=1]
	$(call need,EVENT)
	$(RUN) explain $(call option,event,EVENT) $(call option,routing,ROUTING) $(ENVIRONMENT) $(call option,at,AT) $(call flag,json,JSON) \
	  $(call option,tags-file,TAGS_FILE) $(if $(filter none,$(TAGS)),--no-tags,$(foreach tag,$(TAGS),--tag $(call quoted,$(tag))))

backtest: setup ## What an archive of events becomes: EVENTS=<folder or file> [OUT=report.jsonl] [ENV=production | SERVICES=ec2,rds] [ROUTING=<file>] [TAGS_FILE=<file>]
	$(call need,EVENTS)
	$(RUN) backtest $(call option,jsonl,OUT) $(ENVIRONMENT) $(call option,services,SERVICES) $(call option,routing,ROUTING) \
	  $(call option,tags-file,$(if $(TAGS_FILE),TAGS_FILE,TAGS)) -- $(call quoted,$(EVENTS))

catalogue: setup ## Check the catalogue, or list the types of a service's events: [SERVICE=ec2]
	$(RUN) catalogue $(if $(SERVICE),-- $(call quoted,$(SERVICE)))

routing-check: setup ## Check, test and compile the routing files: [ENV=production | FILE=any.routing.yaml]
	$(RUN) routing-check $(ENVIRONMENT) $(call option,file,FILE)

doctor: setup ## What would keep mail from arriving: [ENV=production] [JSON=1]
	$(RUN) doctor $(ENVIRONMENT) $(call flag,json,JSON)

##@ Deploy, to a real account

package: setup ## Build dist/: a zip per function, the tools for other machines, manifest.json
	$(RUN) package

plan: setup ## Show what would change: ENV=production [STACK=notifications]
	$(call need,ENV)
	$(RUN) plan $(DEPLOYMENT)

apply: setup ## Deploy what was planned: ENV=production [STACK=notifications]
	$(call need,ENV)
	$(RUN) apply $(DEPLOYMENT)

drift: setup ## Fail if the deployment is not as this checkout describes it: ENV=production [STACK=notifications]
	$(call need,ENV)
	$(RUN) drift $(DEPLOYMENT)

destroy: setup ## Remove all of it, after a question: ENV=production [STACK=notifications]
	$(call need,ENV)
	$(RUN) destroy $(DEPLOYMENT)

##@ Develop

setup: $(VENV)/.ready ## Prepare .venv (the other verbs do it themselves)

test-fast: package ## The unit and contract tests, in less than a minute
	@$(PYTHON) -m pytest -n logical tests/unit tests/contract

test: package ## All tests, several at a time: unit, contract, infra, integration, e2e; and what they cover
	@$(PYTHON) -m pytest -n auto --cov --cov-report=

lint: setup $(LINT_VENV)/.ready ## ruff, mypy, terraform fmt and validate, word list, generated tables, checkov, actionlint, zizmor
	$(LINT)/ruff check
	$(LINT)/ruff format --check
	$(LINT)/mypy --python-executable $(PYTHON)
	$(PYTHON) -m scripts lint-terraform
	$(PYTHON) -m scripts lint-language
	$(PYTHON) -m scripts lint-docs
	$(LINT)/checkov --config-file .checkov.yaml
	$(LINT)/actionlint
	$(LINT)/zizmor --offline --quiet .github

lint-terraform: setup ## Only Terraform: its format, and each stack, example and module valid
	$(RUN) lint-terraform

lint-language: setup ## Only the word list
	$(RUN) lint-language

lint-docs: setup ## Only the generated tables of Terraform's READMEs; WRITE=1 writes them
	$(RUN) lint-docs $(call flag,write,WRITE)

audit: $(LINT_VENV)/.ready ## Fail if a pinned package has a known vulnerability (asks the package index)
	$(LINT)/pip-audit --disable-pip --require-hashes $(patsubst %,--requirement %,$(wildcard requirements/*.txt))

clean: ## Remove everything that make made
	@if [ -x $(PYTHON) ]; then $(PYTHON) -m scripts down; fi
	rm -rf $(VENV) .cache dist .mypy_cache .pytest_cache .ruff_cache

$(VENV)/.ready: requirements/dev.txt
	@bash scripts/setup.sh $(VENV) $< scripts/infra-events

$(LINT_VENV)/.ready: requirements/lint.txt
	@bash scripts/setup.sh $(LINT_VENV) $<
