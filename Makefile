# parrun. `make help` lists what can be asked for.

PREFIX ?= /usr/local
DESTDIR ?=
VARIANT ?= release
VARIANTS := release debug asan tsan package
JOBS ?= $(shell nproc)

CC = gcc
CLANG_FORMAT ?= clang-format
CLANG_TIDY ?= clang-tidy
CPPCHECK ?= cppcheck
INSTALL ?= install

# Debian's names of what each step needs.
BUILD_PACKAGES := gcc libc6-dev pkg-config libuv1-dev libyaml-dev liblua5.4-dev libsqlite3-dev \
  libpcre2-dev zlib1g-dev libncurses-dev libvterm-dev
TEST_PACKAGES := libcmocka-dev python3 bash coreutils findutils util-linux procps strace sqlite3 redis-tools \
  python3-jsonschema python3-yaml libxml2-utils jq mandoc fish zsh ksh93u+m mksh busybox parallel dpkg-dev \
  chromium chromium-driver nodejs tmux slurmctld slurmd slurm-client slurm-wlm-basic-plugins munge tzdata \
  openssh-client openssh-server git systemd
FUZZ_PACKAGES := clang libclang-rt-14-dev
LINT_PACKAGES := clang-tidy cppcheck
DEB_PACKAGES := dpkg-dev fakeroot lintian

# Asked only when something is compiled, so that `make deps` works before pkg-config is there.
PACKAGES := libuv yaml-0.1 lua5.4 sqlite3 zlib libpcre2-8
# What these would say to the compiler, which standard is meant, is for all files as they want it already.
SCREEN_PACKAGES := ncursesw vterm
pkg_config = $(or $(shell pkg-config $(1) 2>/dev/null),$(error \
  the libraries that parrun is built with are missing; 'make deps' installs them))
PKG_CFLAGS = $(eval PKG_CFLAGS := $(call pkg_config,--cflags $(PACKAGES)))$(PKG_CFLAGS)
PKG_LIBS = $(eval PKG_LIBS := $(call pkg_config,--libs $(PACKAGES) $(SCREEN_PACKAGES)))$(PKG_LIBS)
# LINK=static puts the libraries themselves into the release program where the archives of them are
# installed: to look up and relocate eight of them is most of what a small run costs. LINK=shared does not.
LINK ?= static
LIBRARIES := uv yaml lua5.4 sqlite3 z pcre2-8 ncursesw tinfo vterm
archive = $(firstword $(filter /%,$(foreach name,$(1)_a $(1),$(shell $(CC) -print-file-name=lib$(name).a))))
linked = $(foreach flag,$(PKG_LIBS),$(or $(call archive,$(filter $(LIBRARIES),$(flag:-l%=%))),$(flag)))
# Modules of Lua that are written in C find in the program what they call: all of Lua, and by its name.
comma := ,
whole_lua = $(patsubst %/liblua5.4.a,-Wl$(comma)--whole-archive %/liblua5.4.a -Wl$(comma)--no-whole-archive,$(1))
STATIC_LIBS = $(eval STATIC_LIBS := $(call whole_lua,$(linked)) -Wl$(comma)--export-dynamic-symbol=lua_* \
  -Wl$(comma)--export-dynamic-symbol=luaL_*)$(STATIC_LIBS)
LIBS_release = $(if $(filter static,$(LINK)),$(STATIC_LIBS),$(PKG_LIBS))
LIBS_asan = $(LIBS_release)
LIBS_tsan = $(LIBS_release)
libs = $(or $(LIBS_$(1)),$(PKG_LIBS)) -lpthread -lm $(LDLIBS)

CMOCKA = $(eval CMOCKA := $(shell pkg-config --cflags --libs cmocka))$(CMOCKA)

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wconversion
ifneq ($(CI),)
WARNINGS += -Werror
endif
CPPFLAGS_ALL = -D_GNU_SOURCE -Isrc $(PKG_CFLAGS) $(CPPFLAGS)
CFLAGS_ALL = -std=c17 $(WARNINGS) $(CFLAGS_$(1)) $(CFLAGS)
LDLIBS_ALL = $(call libs,shared)

CFLAGS_release := -O2 -g
CFLAGS_package := -O2 -g
CFLAGS_debug := -O0 -g3
# Of what the debugger can be told these have the lines alone, which a sanitizer's report names: so they are built sooner.
CFLAGS_asan := -O1 -fno-pie -no-pie -g1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
# The runtimes in the program: one that is shared has 6 MB of its own, through which each search for leaks goes page by page.
LDFLAGS_asan := -static-libasan -static-libubsan
LDFLAGS_tsan := -static-libtsan
MISSING := build/asan/libmissing.so
FIRST_asan := build/asan/roots.o build/asan/zeros.o
FIRST_tsan := build/tsan/zeros.o
WRAPPED := -Wl,--wrap=_ZN11__sanitizer15internal_memsetEPvim
LINKED_tsan := $(WRAPPED)
LINKED_asan := $(WRAPPED) -Wl,--no-as-needed $(MISSING) '-Wl,-rpath,$(CURDIR)/build/asan'
CFLAGS_tsan := -O1 -g1 -fno-omit-frame-pointer -fsanitize=thread

SOURCES := $(wildcard src/*.c src/*/*.c src/*/*/*.c)
HEADERS := $(wildcard src/*.h src/*/*.h src/*/*/*.h)
UNIT_SOURCES := $(wildcard tests/*/*_test.c)
MANUALS := $(wildcard man/*.[1-8])
EXAMPLES := $(wildcard src/cli/examples/*.yaml)
PAGE_STYLE := src/report/page/page.css
PAGE_SCRIPTS := $(patsubst %,src/report/page/%.js,data format timeline charts draw hands detail tasks tables graph start)
GENERATED := build/generated/examples.c build/generated/page.c

# Unit tests that are run under TSan too: those that use threads, by their name or their text.
THREAD_WORDS := thread shared mailbox queue channel
THREAD_TESTS := $(foreach word,$(THREAD_WORDS),$(filter $(addprefix %,$(notdir \
  $(wildcard tests/*/*$(word)*_test.c))),$(UNIT_SOURCES))) \
  $(if $(UNIT_SOURCES),$(shell grep -lE 'pthread|uv_thread|thrd_' $(UNIT_SOURCES)))
UNITS_asan := $(UNIT_SOURCES:tests/%.c=build/asan/tests/%)
UNITS_tsan := $(patsubst tests/%.c,build/tsan/tests/%,$(sort $(THREAD_TESTS)))

# ---- programs ----

all: build/parrun ## build build/parrun (the default)

build/parrun: build/$(VARIANT)/parrun
	@ln -f $< $@

$(VARIANTS): %: build/%/parrun

release: ## build build/release/parrun (-O2)
debug:   ## build build/debug/parrun (-O0, all debugging information)
asan:    ## build build/asan/parrun (address and undefined-behaviour sanitizers)
tsan:    ## build build/tsan/parrun (thread sanitizer)

# The scenarios of parrun example, as C.
build/generated/examples.c: src/cli/examples/embed $(EXAMPLES) src/cli/examples
	@mkdir -p $(@D)
	@echo '  GEN  $@'
	@src/cli/examples/embed $(EXAMPLES) >$@

# The style and the scripts of the report, as C.
build/generated/page.c: src/report/page/embed $(PAGE_STYLE) $(PAGE_SCRIPTS)
	@mkdir -p $(@D)
	@echo '  GEN  $@'
	@src/report/page/embed $(PAGE_STYLE) $(PAGE_SCRIPTS) >$@

build/asan/parrun: $(MISSING) $(FIRST_asan)
build/tsan/parrun: $(FIRST_tsan)

build/asan/roots.o: tests/harness/roots.c
build/asan/zeros.o build/tsan/zeros.o: tests/harness/zeros.c
$(FIRST_asan) $(FIRST_tsan):
	@mkdir -p $(@D)
	@echo '  CC   $@'
	@$(CC) -std=c17 -O1 -D_GNU_SOURCE -c -o $@ $<

$(MISSING): tests/harness/missing.c
	@mkdir -p $(@D)
	@echo '  LINK $@'
	@$(CC) -std=c17 -O1 -fno-builtin -shared -fPIC -nostdlib -Wl,-soname,$(@F) -o $@ $<

# What is compiled again when the flags change.
define VARIANT_RULES
OBJECTS_$(1) := $$(SOURCES:%.c=build/$(1)/%.o) $$(GENERATED:build/%.c=build/$(1)/%.o)

build/$(1)/flags: force
	@mkdir -p $$(@D)
	@echo '$$(CC) $$(CPPFLAGS_ALL) $$(call CFLAGS_ALL,$(1)) $$(LDFLAGS_$(1)) $$(LDFLAGS) $$(call libs,$(1))' | cmp -s - $$@ || \
	  echo '$$(CC) $$(CPPFLAGS_ALL) $$(call CFLAGS_ALL,$(1)) $$(LDFLAGS_$(1)) $$(LDFLAGS) $$(call libs,$(1))' >$$@

build/$(1)/%.o: %.c build/$(1)/flags
	@mkdir -p $$(@D)
	@echo '  CC   $$@'
	@$$(CC) $$(CPPFLAGS_ALL) $$(call CFLAGS_ALL,$(1)) -MMD -MP -c -o $$@ $$<

build/$(1)/generated/%.o: build/generated/%.c build/$(1)/flags
	@mkdir -p $$(@D)
	@echo '  CC   $$@'
	@$$(CC) $$(CPPFLAGS_ALL) $$(call CFLAGS_ALL,$(1)) -MMD -MP -c -o $$@ $$<

build/$(1)/parrun: $$(OBJECTS_$(1))
	@echo '  LINK $$@'
	@$$(CC) $$(call CFLAGS_ALL,$(1)) $$(LDFLAGS_$(1)) $$(LDFLAGS) -o $$@ $$(FIRST_$(1)) $$(OBJECTS_$(1)) $$(LINKED_$(1)) $$(call libs,$(1))

build/$(1)/parrun.a: $$(filter-out build/$(1)/src/main.o,$$(OBJECTS_$(1)))
	@rm -f $$@
	@$$(AR) rcs $$@ $$^

build/$(1)/tests/%_test: build/$(1)/tests/%_test.o build/$(1)/parrun.a
	@echo '  LINK $$@'
	@$$(CC) $$(call CFLAGS_ALL,$(1)) $$(LDFLAGS_$(1)) $$(LDFLAGS) -o $$@ $$^ $$(CMOCKA) $$(LDLIBS_ALL)

-include $$(OBJECTS_$(1):.o=.d) $$(UNIT_SOURCES:%.c=build/$(1)/%.d)
endef
$(foreach variant,$(VARIANTS),$(eval $(call VARIANT_RULES,$(variant))))

# Comes with its object: to look for a way to make each of them was more than a second of every make.
%.d: ;

# ---- what is needed ----

# Installs those of its packages that are missing, and asks apt for nothing when none is. No service of theirs is started.
define install_packages
@command -v dpkg-query >/dev/null || \
  { echo "no dpkg here: see to it yourself that these are installed: $(1)"; exit 0; }; \
missing=; \
for package in $(1); do \
  dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || \
    missing="$$missing $$package"; \
done; \
[ -n "$$missing" ] || exit 0; \
echo "installing:$$missing"; \
root=; [ "$$(id -u)" = 0 ] || root=sudo; \
policy=/usr/sbin/policy-rc.d; \
[ -e $$policy ] || { trap "$$root rm -f $$policy" EXIT; \
  printf '#!/bin/sh\nexit 101\n' | $$root tee $$policy >/dev/null && $$root chmod 755 $$policy; }; \
apt="$$root env DEBIAN_FRONTEND=noninteractive apt-get"; \
install="$$apt install -y -q --no-install-recommends"; \
apt-cache show $$missing >/dev/null 2>&1 || $$apt update -q || exit 1; \
$$install $$missing || { $$apt update -q && $$install $$missing; }
endef

# Make again, with all the cores unless -j was given.
remake = $(MAKE) --no-print-directory $(if $(findstring -j,$(MAKEFLAGS)),,-j$(JOBS))

deps: ## install the Debian packages that building needs
	$(call install_packages,$(BUILD_PACKAGES))

deps-test: ## install the Debian packages that building and testing need
	$(call install_packages,$(BUILD_PACKAGES) $(TEST_PACKAGES))

deps-lint: ## install the Debian packages that linting needs
	$(call install_packages,$(BUILD_PACKAGES) $(TEST_PACKAGES) $(LINT_PACKAGES))

deps-fuzz: ## install the Debian packages that fuzzing needs
	$(call install_packages,$(BUILD_PACKAGES) $(TEST_PACKAGES) $(FUZZ_PACKAGES))

deps-deb: ## install the Debian packages that making a Debian package needs
	$(call install_packages,$(BUILD_PACKAGES) $(DEB_PACKAGES))

# What looks for faults of accessibility in pages; of the npm registry, as Debian has no package of it.
AXE := axe-core-4.14.1
AXE_SHA256 := e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745

build/axe.min.js: Makefile
	@mkdir -p $(@D)
	@echo '  GET  $@'
	$(if $(shell command -v npm),,$(call install_packages,npm))
	@cd $(@D) && npm pack --silent axe-core@$(AXE:axe-core-%=%) >/dev/null
	@echo '$(AXE_SHA256)  $(@D)/$(AXE).tgz' | sha256sum --check --quiet
	@tar -xzOf $(@D)/$(AXE).tgz package/axe.min.js >$@ && rm $(@D)/$(AXE).tgz

# ---- use ----

run: deps ## install what is missing, build, and run the document's pool
	@+$(remake) build/parrun
	@MAKEFLAGS= build/parrun configs/pool.yaml # it has its own number of workers, whatever -j says

# What is installed, built already.
PROGRAM := build/parrun

# Every name is quoted, as any of them may have blanks in it.
install: $(PROGRAM) ## install the program, its manual and its examples below DESTDIR and PREFIX
	$(INSTALL) -d "$(TO)/bin" "$(TO)/share/parrun" "$(TO)/share/doc/parrun/examples"
	$(INSTALL) -m 755 $(PROGRAM) "$(TO)/bin/parrun"
	$(INSTALL) -m 644 parrun.schema.json "$(TO)/share/parrun/parrun.schema.json"
	$(INSTALL) -m 644 $(INSTALLED_EXAMPLES) "$(TO)/share/doc/parrun/examples"
	set -e; $(foreach shell,$(SHELLS),$(INSTALL) -d "$(TO)/share/$(dir $(COMPLETION_$(shell)))"; \
	  $(PROGRAM) completion $(shell) >"$(TO)/share/$(COMPLETION_$(shell))"; \
	  chmod 644 "$(TO)/share/$(COMPLETION_$(shell))";)
	set -e; $(foreach page,$(MANUALS),$(INSTALL) -d "$(TO)/share/$(dir $(call manual,$(page)))"; \
	  $(INSTALL) -m 644 $(page) "$(TO)/share/$(call manual,$(page))";)

TO = $(DESTDIR)$(PREFIX)
INSTALLED_EXAMPLES := $(wildcard examples/*.yaml examples/*.service)
manual = man/man$(subst .,,$(suffix $(1)))/$(notdir $(1))

# Where each shell looks for what completes a command.
SHELLS := bash zsh fish
COMPLETION_bash := bash-completion/completions/parrun
COMPLETION_zsh := zsh/site-functions/_parrun
COMPLETION_fish := fish/vendor_completions.d/parrun.fish

uninstall: ## remove what install put there
	rm -f "$(TO)/bin/parrun" "$(TO)/share/parrun/parrun.schema.json"
	rm -rf "$(TO)/share/doc/parrun/examples"
	rm -f $(foreach shell,$(SHELLS),"$(TO)/share/$(COMPLETION_$(shell))")
	rm -f $(foreach page,$(MANUALS),"$(TO)/share/$(call manual,$(page))")

# ---- packages ----

VERSION := $(shell sed -n 's/.*PARRUN_VERSION "\(.*\)".*/\1/p' src/base/version.h)

dist: ## make build/parrun-VERSION.tar.gz, from which everything can be built
	@mkdir -p build
	packaging/dist "build/parrun-$(VERSION).tar.gz" "parrun-$(VERSION)"

# A distribution's own libraries serve its packages: another variant, as the release has them within it.
deb: deps-deb ## make build/parrun_VERSION-0parrun1_ARCH.deb, a Debian package
	@+$(remake) build/package/parrun
	packaging/deb build/package/parrun "$(VERSION)" build

# ---- tests ----

test: deps-test ## build all that is tested and run every test
	@+$(remake) test-programs
	@tests/run

test-programs: build/parrun build/release/parrun build/asan/parrun build/tsan/parrun build/axe.min.js test-units

test-units: $(UNITS_asan) $(UNITS_tsan)

test-%: ## run one group of tests: unit, rooms, golden, e2e, release, leaks, long
	@+$(remake) test-programs
	@tests/run $*

# ---- fuzzing: libFuzzer with clang; inputs worth keeping go to tests/fuzz/corpus/NAME ----

FUZZ_TARGETS := loader template unit dotenv frame zone cron
FUZZ_SECONDS ?= 60
FUZZ_FLAGS := -std=c17 -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined \
  -fno-sanitize-recover=all
FUZZ_SOURCES := $(foreach room,base event value os loop script yaml template scenario scenario/* wire worker, \
  $(wildcard src/$(room)/*.c))

build/fuzz/%.o: %.c
	@mkdir -p $(@D)
	@echo '  CC   $@'
	@clang $(CPPFLAGS_ALL) $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<

build/fuzz/fuzz: $(FUZZ_SOURCES:%.c=build/fuzz/%.o) build/fuzz/tests/fuzz/fuzz.o
	@echo '  LINK $@'
	@clang $(FUZZ_FLAGS) -fsanitize=fuzzer -o $@ $^ $(LDLIBS_ALL)

fuzz-programs: build/fuzz/fuzz build/asan/tests/fuzz/replay_test build/asan/tests/template/shell_quote_test

fuzz: deps-fuzz ## fuzz each target for FUZZ_SECONDS=60, and change every byte of every example, put every value into every shell
	@+$(remake) fuzz-programs
	@for target in $(FUZZ_TARGETS); do \
	  echo "  FUZZ $$target"; mkdir -p build/fuzz/found/$$target; \
	  PARRUN_FUZZ=$$target build/fuzz/fuzz -max_total_time=$(FUZZ_SECONDS) -timeout=5 -max_len=4096 \
	    -rss_limit_mb=1024 -verbosity=0 -artifact_prefix=build/fuzz/$$target- \
	    build/fuzz/found/$$target tests/fuzz/corpus/$$target || exit 1; \
	done
	@PARRUN_FUZZ=all build/asan/tests/fuzz/replay_test
	@PARRUN_QUOTE=all build/asan/tests/template/shell_quote_test

-include $(FUZZ_SOURCES:%.c=build/fuzz/%.d) build/fuzz/tests/fuzz/fuzz.d

soak: build/parrun ## run the long tests: 1 GB through a queue, 10,000,000 tasks
	@tests/run soak

torture: build/parrun ## run the tests that cut the power under the journal; as root
	@tests/run torture

mutation: deps-test ## make each small fault of tests/mutation in a copy, and show which no test sees; hours
	@CC="$(CC)" tests/mutation/run

bench: build/parrun ## measure against other programs; prints a table of ratios
	@tests/bench/run

bench-load-shapes: build/parrun ## check scenario files of many shapes, each in two sizes
	@tests/bench/shapes.py build/parrun

bench-%: build/parrun ## run one of the measurements: spawn, tasks, start, thread, ...
	@tests/bench/run $*

# ---- care ----

lint: deps-lint ## check the sources and the manual; no output below the steps means all is well
	@echo '  TIDY src' && printf '%s\n' $(SOURCES) | xargs -P $(JOBS) -I{} \
	  $(CLANG_TIDY) --quiet --warnings-as-errors='*' {} -- -std=c17 $(CPPFLAGS_ALL) 2>/dev/null
	@echo '  CPPCHECK src' && $(CPPCHECK) -q -j $(JOBS) --std=c11 -D_GNU_SOURCE -Isrc \
	  --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
	  --suppress=missingIncludeSystem src
	@echo '  MANDOC man' && mandoc -T lint -W warning $(MANUALS)

reference: build/parrun ## write the parts of the manual that are made from tables
	@cd tests && python3 -B -m harness.manual ../build/parrun

schema: build/parrun ## write parrun.schema.json anew
	build/parrun schema >parrun.schema.json

format: ## lay out the sources by .clang-format
	$(CLANG_FORMAT) -i $(SOURCES) $(HEADERS) $(wildcard tests/*/*.c tests/*/*.h)

clean: ## remove all that was built
	rm -rf build

help: ## list the targets
	@sed -n 's/^\([a-z%-]*\):[^#]*## \(.*\)/\1\t\2/p' Makefile | expand -t 16

.DEFAULT_GOAL := all
.PHONY: all $(VARIANTS) deps deps-test deps-lint deps-deb dist deb run install uninstall test test-programs test-units fuzz fuzz-programs deps-fuzz soak torture mutation bench lint reference schema format clean help force
.SECONDARY:
.DELETE_ON_ERROR:
