# aicost: make help

BUILD     ?= release
CC        ?= cc
JOBS      ?= 2
OBJS      := objs
NGINX     ?= /usr/sbin/nginx
NGINX_SRC ?= /usr/share/nginx/src

M := ngx_aicost_module

STRICT := -std=c99 -pedantic -Wall -Wextra -Wshadow -Wstrict-prototypes \
          -Wmissing-prototypes -Wwrite-strings -Wundef -Wvla -Wformat=2 \
          -Wconversion -Werror
HARDEN := -D_FORTIFY_SOURCE=2 -fstack-protector-strong
ifeq ($(BUILD),debug)
OPT := -O0 -g
HARDEN :=
else ifeq ($(BUILD),asan)
OPT := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined \
       -fno-sanitize-recover=undefined
HARDEN :=
OBJS := objs-asan
else
OPT := -O2 -g
endif

CFLAGS_ALL := $(STRICT) $(OPT) $(HARDEN) -fPIC $(CFLAGS)
INCS := -I$(M)/core -I$(M)/store -I$(M)/file

CORE_SRC := $(wildcard $(M)/core/*.c $(M)/core/format/*.c)
STORE_SRC := $(wildcard $(M)/store/*.c)
FILE_SRC := $(wildcard $(M)/file/*.c)
HTTP_SRC := $(wildcard $(M)/http/*.c $(M)/http/*.h)
CLI_SRC  := $(wildcard cli/*.c)
UNIT_SRC := $(wildcard t/unit/*.c)
HEADERS  := $(wildcard $(M)/*/*.h $(M)/core/format/*.h cli/*.h t/unit/*.h)

CORE_OBJ  := $(CORE_SRC:%.c=$(OBJS)/%.o)
STORE_OBJ := $(STORE_SRC:%.c=$(OBJS)/%.o)
FILE_OBJ  := $(FILE_SRC:%.c=$(OBJS)/%.o)
CLI_OBJ   := $(CLI_SRC:%.c=$(OBJS)/%.o)

LIB := $(OBJS)/libaicost.a
ifeq ($(BUILD),asan)
UNIT := $(UNIT_SRC:t/unit/%.c=$(OBJS)/unit/%.t)
else
UNIT := $(UNIT_SRC:%.c=%.t)
endif
MODULE := $(OBJS)/nginx/ngx_aicost_module.so

.PHONY: all build module cli unit help clean deps demo test check asan fuzz \
        bench bench-count bench-scripts bench-streams bench-users bench-peers \
        clang

build: module cli           ## build the module and the command line
all: build unit

help:                       ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile \
	    | awk -F'|' '{ printf "%-20s %s\n", $$1, $$2 }'

deps:                       ## install what is missing (Debian packages)
	@util/deps

$(OBJS)/%.o: %.c $(HEADERS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) $(INCS) $(if $(filter cli/%,$<),-D_GNU_SOURCE) -c -o $@ $<

$(LIB): $(CORE_OBJ) $(STORE_OBJ) $(FILE_OBJ)
	@rm -f $@
	$(AR) rcs $@ $^

cli: $(OBJS)/aicost         ## build the command line: objs/aicost

$(OBJS)/aicost: $(CLI_OBJ) $(LIB)
	$(CC) $(OPT) $(LDFLAGS) -o $@ $(CLI_OBJ) $(LIB) -lcurl -ljansson \
	    -lhiredis -lssl -lcrypto

unit: $(UNIT)               ## build the unit tests (t/unit/*.t)

$(foreach t,store_redis redis_life redis_keys,t/unit/$(t).t \
    $(OBJS)/unit/$(t).t): UNIT_LIBS := -lhiredis

t/unit/%.t $(OBJS)/unit/%.t: t/unit/%.c $(LIB) $(HEADERS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) -D_GNU_SOURCE $(INCS) -It/unit -o $@ $< $(LIB) \
	    -ljansson -lcrypto -lpthread $(UNIT_LIBS)

module: $(MODULE)           ## build the nginx module: NGINX_SRC=/its/sources

# built anew for another nginx: other sources, or a new version of them
NGINX_IS = $(NGINX_SRC) $(shell sed -n 's/^.define NGINX_VERSION *//p' \
                                "$(NGINX_SRC)/src/core/nginx.h" 2> /dev/null)

.PHONY: FORCE
$(OBJS)/nginx.src: FORCE
	@mkdir -p $(@D)
	@echo '$(NGINX_IS)' | cmp -s - $@ || echo '$(NGINX_IS)' > $@

$(MODULE): $(OBJS)/nginx.src config $(CORE_SRC) $(STORE_SRC) $(FILE_SRC) \
           $(HTTP_SRC) $(HEADERS)
	@util/build-module "$(NGINX_SRC)" "$(CURDIR)" "$(CURDIR)/$(OBJS)/nginx" \
	    "$(CC)" "$(CFLAGS)" "$(LDFLAGS)"

demo:                       ## install, build, run the main job with a simulated provider
	@util/deps && $(MAKE) -s -j$(JOBS) build && util/demo

test:                       ## install, build, run every test: prove -r t
	@util/deps test && $(MAKE) -s -j$(JOBS) all && util/run-tests

check:                      ## style, layers, docs in step with the code
	@util/check

fuzz:                       ## fuzz every parser for FUZZ_TIME seconds each (10)
	@fuzz/run

bench:                      ## CPU and waits, with Redis too, against plain proxy_pass
	@util/deps bench && $(MAKE) -s -j$(JOBS) build && bench/run

bench-count:                ## instructions a request, under valgrind: without noise
	@util/deps bench-count && $(MAKE) -s -j$(JOBS) build && bench/count

bench-streams:              ## memory of an open stream, in every pair of shapes
	@util/deps bench && $(MAKE) -s -j$(JOBS) build && bench/streams

bench-scripts:              ## what redis-server spends on the scripts of a request
	@util/deps bench && $(MAKE) -s -j$(JOBS) build && bench/scripts

bench-users:                ## N random user ids (1000000): keys and memory of Redis
	@util/deps bench && $(MAKE) -s -j$(JOBS) build && bench/redis_users $(N)

bench-peers:                ## CPU beside Portkey, LiteLLM and a Lua gateway
	@util/deps && { util/deps bench-peers || :; } \
	    && $(MAKE) -s -j$(JOBS) build && bench/peers

SAN := -fsanitize=address,undefined -fno-sanitize=nonnull-attribute \
       -fno-sanitize-recover=undefined \
       -fno-omit-frame-pointer

asan:                       ## all tests under address and undefined sanitizers
	$(MAKE) -s -j$(JOBS) BUILD=asan unit
	prove objs-asan/unit
	$(MAKE) -s cli
	$(MAKE) -s BUILD=asan CFLAGS="$(SAN)" LDFLAGS="$(SAN)" module
	TEST_AICOST_MODULE=$(CURDIR)/objs-asan/nginx/ngx_aicost_module.so \
	TEST_NGINX_BINARY=$(CURDIR)/util/nginx-asan prove -j$(JOBS) \
	    $(filter-out t/kill_window.t,$(wildcard t/*.t))
	@echo "left out: t/kill_window.t, faketime and the sanitizers exclude each other"

clang:                      ## build everything with clang too: no warning there either
	$(MAKE) -s CC=clang OBJS=objs-clang build

.PHONY: nginx-versions
nginx-versions:             ## build for VERSIONS of NGINX_GIT, a clone; run TESTS
	@$(MAKE) -s cli
	@util/nginx-versions "$(NGINX_GIT)" "$(VERSIONS)" $(TESTS)

clean:                      ## remove what was built
	rm -rf objs objs-* t/unit/*.t
