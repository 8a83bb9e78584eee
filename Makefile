# `make serve` and `make test` are all it takes; `make` alone prints the rest.

MODEL ?= Models/pocket-chat-4bit
HOST := 127.0.0.1
PORT ?= 8080
NUMERICS ?= fast

RELEASE := .build/release
DEBUG := .build/debug
BUNDLE := .build/bundles/$(NUMERICS)/$(notdir $(patsubst %/,%,$(MODEL))).mlxbundle
CLIENTS := .build/clients
APART := .build/clients-apart
QUESTION := Tell me a short story about a fox.

.PHONY: help serve build bundle test test-swift test-clients bench format lint clean

help:
	@echo 'make serve    install what is missing, build, compile $(MODEL), serve it on port $(PORT)'
	@echo '              MODEL=folder PORT=8080 NUMERICS=fast|exact change what is served'
	@echo 'make test     install what tests need and run them all'
	@echo 'make build    mlx-compile and mlx-server in release mode'
	@echo 'make bench    compare $(MODEL) compiled with the generic backend (Benchmarks/ has the peers)'
	@echo 'make format   rewrite Swift sources as swift format wants them; make lint only looks'
	@echo 'make clean    remove what was built'

serve: bundle
	@echo
	@echo 'Once it listens, try:'
	@echo
	@echo "  curl -N http://$(HOST):$(PORT)/v1/chat/completions -H 'Content-Type: application/json' \\"
	@echo "    -d '{\"messages\": [{\"role\": \"user\", \"content\": \"$(QUESTION)\"}], \"stream\": true}'"
	@echo
	exec $(RELEASE)/mlx-server --model $(BUNDLE) --port $(PORT)

build:
	@Tools/install-packages build
	swift build -c release --product mlx-compile
	swift build -c release --product mlx-server

bundle: build
	$(RELEASE)/mlx-compile $(MODEL) --numerics $(NUMERICS) --output $(BUNDLE)

test: test-swift test-clients

test-swift:
	@Tools/install-packages test
	swift build --build-tests
	swift test --skip-build

# The OpenAI client and others against the real server.
test-clients: test-swift
	test -x $(CLIENTS)/bin/python || python3 -m venv $(CLIENTS)
	$(CLIENTS)/bin/python -m pip install --quiet --disable-pip-version-check \
	  -r Tests/Clients/requirements.txt
	# Agent frameworks; their tests are skipped where they can't be had.
	-$(CLIENTS)/bin/python -m pip install --quiet --disable-pip-version-check \
	  -r Tests/Clients/requirements-frameworks.txt
	MLX_SERVER=$(CURDIR)/$(DEBUG)/mlx-server $(CLIENTS)/bin/python -m pytest Tests/Clients
	# Programs that want other versions of the same packages, where they can be had.
	test -x $(APART)/bin/python || python3 -m venv $(APART)
	if $(APART)/bin/python -m pip install --quiet --disable-pip-version-check \
	  -r Tests/Clients/apart/requirements.txt; \
	then MLX_SERVER=$(CURDIR)/$(DEBUG)/mlx-server $(APART)/bin/python -m pytest Tests/Clients/apart; fi

bench: build
	$(RELEASE)/mlx-compile bench $(MODEL) --numerics $(NUMERICS) --against generic

format:
	swift format --in-place --recursive Package.swift Sources Tests

lint:
	swift format lint --strict --recursive Package.swift Sources Tests

clean:
	rm -rf .build
