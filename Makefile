# Two commands do everything: `make run` and `make test`. Each sets up what it needs.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3.13
export API_PORT ?= 8080
export SES_PORT ?= 8025
export SAM_CLI_TELEMETRY := 0
export PYTHONDONTWRITEBYTECODE := 1

DEV := .venv/bin
LOCAL := .venv-local/bin
LINT := .venv-lint/bin
SAM := .venv-sam/bin/sam
OPS := PYTHONPATH=src $(DEV)/python -m ops --stack="$$OPS_STACK"
FAST := tests/unit tests/property tests/integration tests/hostile tests/architecture
# Python would compile every module of moto and botocore again in each process, which takes longer
# than many a suite. The tests of the deployed stack go without: its functions have their own.
WITH_BYTECODE := PYTHONDONTWRITEBYTECODE=
# What each suite proves, from the table in CONTRIBUTING.md.
about = awk -F ' *[|] *' -v suites="$(1)" '$$2 ~ /^`tests/ { gsub(/`/, "", $$2); if (index(suites " ", $$2 " ")) \
	print $$2 ": " $$4 }' CONTRIBUTING.md

.PHONY: help run invoke start-api doctor smoke test test-fast bench mutants check format build deploy validate lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  ./mailctl --help  shows what an operator does to a stack"

run: .venv-local/.ready ## Start the whole stack on this machine, without AWS and without Docker
	@$(LOCAL)/python -m local

invoke: .venv-local/.ready .venv-sam/.ready ## Hand events/EVENT.json to its function, in Docker: EVENT=... [MESSAGE_ID=...]
	@$(LOCAL)/python -m local.sam invoke "$(EVENT)" "$(MESSAGE_ID)"

start-api: .venv-local/.ready .venv-sam/.ready ## Serve the API from functions in Docker, on top of `make run`: [PORT=3000]
	@$(LOCAL)/python -m local.sam start-api $(PORT)

# What an operator writes reaches the commands as it is, through the environment, past the shell. make expands what it
# exports, even of its own accord what stands on its command line: so `value`, and names that are exported by us alone.
VARIABLES := PYTHON API_PORT SES_PORT SMTP_URL UPGRADE DEV LOCAL LINT SAM
VARIABLES_invoke := EVENT MESSAGE_ID
VARIABLES_start-api := PORT
VARIABLES_deploy := SENDER_DOMAIN STACK SANDBOX ALARM_ADDRESS PARAMETERS
VARIABLES_doctor := STACK MAIL DNS
VARIABLES_smoke := STACK
VARIABLES_test := HYPOTHESIS_EXAMPLES TEST_EVERY SCHEMATHESIS_EXAMPLES FUZZ_REQUESTS CHAOS_MAILS
VARIABLES_test-fast := $(VARIABLES_test)
VARIABLES_bench := QUICK COST
VARIABLES_mutants := MODULE SAMPLE NEAREST
# A mistyped name would change nothing, and nobody would hear of that. Only the command line is meant, not the environment;
# and only that of the first make: SAM CLI calls another, which inherits what `make deploy` was given.
read := $(foreach goal,$(MAKECMDGOALS),$(VARIABLES_$(goal)))
given := $(foreach name,$(.VARIABLES),$(if $(findstring command line,$(origin $(name))),$(name)))
unread := $(filter-out $(VARIABLES) $(read),$(given))
$(if $(filter 0,$(MAKELEVEL)),$(if $(unread),$(error Nobody reads $(unread) here. `make $(or $(MAKECMDGOALS),help)` reads: $(or $(read),nothing)$(if \
	$(filter deploy,$(MAKECMDGOALS)),; parameters of template.yaml go into PARAMETERS='NAME=value'))))

unexport STACK DNS MAIL SENDER_DOMAIN ALARM_ADDRESS SANDBOX PARAMETERS
deploy doctor smoke: export OPS_STACK := $(value STACK)
doctor: export OPS_DNS := $(value DNS)
deploy: export OPS_SENDER_DOMAIN := $(value SENDER_DOMAIN)
deploy: export OPS_ALARM_ADDRESS := $(value ALARM_ADDRESS)
deploy: export OPS_SANDBOX := $(value SANDBOX)
deploy: export OPS_PARAMETERS := $(value PARAMETERS)

# Many shells have a MAIL of their own, the path of a mailbox: from the environment only a 0 is meant.
is_mail_given = $(findstring command line,$(origin MAIL))$(filter 0,$(MAIL))
$(if $(and $(filter doctor,$(MAKECMDGOALS)),$(is_mail_given),$(filter-out 0 1,$(value MAIL))),$(error MAIL must be 0 (send no mail) \
	or 1 (send one, as without MAIL)))

# The whole tool is ./mailctl; here is what one does at a new stack.
doctor: .venv/.ready ## Look what works, and what mends the rest: [STACK=...] [MAIL=0] [DNS=address:port]
	@$(OPS) doctor $(if $(filter 0,$(value MAIL)),--no-mail) $(if $(value DNS),--dns="$$OPS_DNS")

smoke: .venv/.ready ## Try a stack from outside, with mails to SES's mailbox simulator: docs/first-day-on-aws.md [STACK=...]
	@$(OPS) smoke

test: .venv/.ready .venv-local/.ready .venv-sam/.ready ## Every test, the deployed stack included (minutes)
	@$(call about,$(FAST))
	$(WITH_BYTECODE) $(DEV)/pytest -n 2 $(FAST)
	@$(call about,tests/e2e tests/sam)
	$(DEV)/pytest --add-figures tests/e2e tests/sam

test-fast: .venv/.ready ## The tests that need no deployed stack, without the long proofs (about a minute and a half on two cores)
	@$(call about,$(FAST))
	$(WITH_BYTECODE) HYPOTHESIS_EXAMPLES=$${HYPOTHESIS_EXAMPLES:-20} TEST_EVERY=$${TEST_EVERY:-10} \
		$(DEV)/pytest -n 2 -m "not slow" $(FAST)

bench: .venv/.ready .venv-bench/.ready .venv-sam/.ready ## Cost beside the least possible and the usual: benchmarks/README.md [QUICK=1] [COST=1]
	@PYTHONPATH=src $(DEV)/python -m benchmarks $(if $(QUICK),--quick) $(if $(COST),--cost)

mutants: .venv-mutants/.ready ## Spoil the code on purpose and see the tests fail: [MODULE=...] [SAMPLE=...] [NEAREST=1]
	@PYTHONPATH=tests .venv-mutants/bin/python -m mutation $(if $(MODULE),--module "$(MODULE)") $(if $(SAMPLE),--sample $(SAMPLE)) $(if $(NEAREST),--nearest)

check: .venv/.ready .venv-lint/.ready .venv-sam/.ready ## Formatting, linters, types, import rules, security, template
	$(DEV)/ruff format --check .
	$(DEV)/ruff check .
	$(DEV)/mypy
	PYTHONPATH=src $(DEV)/lint-imports
	$(LINT)/bandit -q -c pyproject.toml -r src build local ops tooling
	$(LINT)/cfn-lint --config-file .lint/cfn-lint.yaml
	$(LINT)/checkov --config-file .lint/checkov.yaml
	@$(MAKE) -s validate

validate: .venv-sam/.ready ## Let SAM look at the template
	AWS_DEFAULT_REGION=eu-central-1 $(SAM) validate --lint

build: .tools/.ready .venv-sam/.ready ## Build what would be deployed
	$(SAM) build
	@echo "Package: $$(sha256sum < .build/package.zip | cut -c 1-64)"

build-%: .tools/.ready # `sam build` asks for it, for each function
	@$(PYTHON) -m build.package "$(ARTIFACTS_DIR)"

deploy: .venv/.ready .tools/.ready .venv-sam/.ready ## Deploy: SENDER_DOMAIN=... [STACK=mail] [SANDBOX=1 or 0] [ALARM_ADDRESS=...] [PARAMETERS=...]
	@PYTHONPATH=src $(DEV)/python -m ops.deploy

format: .venv/.ready ## Put the code into its one format
	$(DEV)/ruff format .
	$(DEV)/ruff check --fix .

lock: .tools/.ready ## Resolve requirements/*.in again
	@for name in uv dev lint local sam bench mutants; do $(call compile,requirements/$$name.in,requirements/$$name.txt); done
	@$(call compile,requirements/runtime.in,src/requirements.txt)
	@for name in floor typical; do $(call compile,benchmarks/subjects/$$name/requirements.in,benchmarks/subjects/$$name/requirements.txt); done

clean: ## Remove everything that the other commands made
	rm -rf .aws-sam .build .tools .venv .venv-lint .venv-local .venv-sam .venv-bench .venv-mutants .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache

# ---- environments: one each, because MiniStack and SAM CLI pin versions that the service must not have

compile = .tools/bin/uv pip compile -q --universal --python-version 3.13 --generate-hashes \
	--no-emit-index-url --no-header $(UPGRADE) $(1) -o $(2)

.tools/.ready: requirements/uv.txt
	@command -v $(PYTHON) >/dev/null || { echo "This needs Python 3.13: '$(PYTHON)' is not on PATH."; exit 1; }
	@$(PYTHON) -m venv .tools && .tools/bin/python -m pip install -q --require-hashes -r $<
	@touch $@

.venv/.ready: requirements/dev.txt .tools/.ready
.venv-lint/.ready: requirements/lint.txt .tools/.ready
.venv-local/.ready: requirements/local.txt .tools/.ready
.venv-sam/.ready: requirements/sam.txt .tools/.ready
.venv-bench/.ready: requirements/bench.txt .tools/.ready
.venv-mutants/.ready: requirements/mutants.txt .tools/.ready
.venv/.ready .venv-lint/.ready .venv-local/.ready .venv-sam/.ready .venv-bench/.ready .venv-mutants/.ready:
	@echo "Setting up $(@D) ..."
	@[ -d $(@D) ] || .tools/bin/uv venv -q --python $(PYTHON) $(@D)
	@.tools/bin/uv pip sync -q --python $(@D)/bin/python --require-hashes $<
	@touch $@
