# hal9: make help lists the targets.

VERSION := 0.1.0
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
BUILD ?= build
CC ?= cc
ifeq ($(origin CC),default)
CC := gcc
endif
PYTHON ?= /usr/bin/python3

# Results must not depend on the compiler's freedom: no contraction, no fast-math.
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla -Wundef
CPPFLAGS_ := -D_GNU_SOURCE -DH9_VERSION='"$(VERSION)"'
CFLAGS_ := -std=c11 -ffp-contract=off -fPIC -fvisibility=default -fno-semantic-interposition -fopenmp $(WARN)
CFLAGS ?= -O2 -g
ifdef DEV
CFLAGS := -O1 -g
WARN += -Werror
endif
ifdef SANITIZE
CFLAGS_ += -fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=all
LDFLAGS_ += -fsanitize=$(SANITIZE)
# BUILD may stand on the command line, which no plain assignment changes, or come from a make above with the suffix.
override BUILD := $(patsubst %/san,%,$(BUILD))/san
endif
LDLIBS_ := -lyaml -lzstd -lxxhash -lm

# SONATA needs HDF5 and Jansson, and nothing else does: without them hal9-convert says what to install.
HDF5_CFLAGS := $(if $(wildcard /usr/include/jansson.h),$(if $(wildcard /usr/include/hdf5/serial/hdf5.h),-DH9_SONATA -I/usr/include/hdf5/serial))
SONATA_LIBS := $(if $(HDF5_CFLAGS),-lhdf5_serial -ljansson)

LIB_SRC := $(sort $(wildcard libcore/*/*.c))
# The kernels of a model, MODEL_step.h, are (without regard to floating-point traps, which lets choices be vectorized) libcore/model/kernels.c compiled with it once for each SIMD level.
MODELS := $(patsubst libcore/model/%_step.h,%,$(sort $(wildcard libcore/model/*_step.h)))
X86 := $(findstring x86_64,$(shell $(CC) -dumpmachine))
LEVELS := scalar $(if $(X86),sse avx2 avx512)
KERNEL_OBJ := $(foreach l,$(LEVELS),$(MODELS:%=$(BUILD)/obj/libcore/model/%_step_$(l).o))
LIB_SRC := $(filter-out libcore/model/kernels.c $(if $(HDF5_CFLAGS),,libcore/whole/hdf5.c libcore/whole/convert_sonata_%),$(LIB_SRC))
LIB_OBJ := $(LIB_SRC:%.c=$(BUILD)/obj/%.o) $(KERNEL_OBJ) $(BUILD)/obj/model_headers.o
# The headers that a model's step needs, as texts: models given by equations are compiled with them.
STEP_HEADERS := model.h real.h kernel_begin.h kernel_end.h ode.h
CMD_SRC := $(sort $(wildcard cmd/hal9-*.c))
PROGRAMS := $(CMD_SRC:cmd/%.c=$(BUILD)/bin/%)
# What make installcheck runs: tests that need nothing but installed programs.
INSTALLCHECK ?= 12-view 20-config 30-gen 41-index 50-step 60-stats 65-convert 70-plot 86-python 90-manuals
UNIT_SRC := $(sort $(wildcard tests/unit/*.c))
UNITS := $(UNIT_SRC:tests/unit/%.c=$(BUILD)/unit/%)
MANUALS := $(sort $(wildcard man/*.[1-9]))
COMPLETIONS := $(foreach p,$(notdir $(PROGRAMS)),$(BUILD)/completions/bash/$(p) $(BUILD)/completions/zsh/_$(p))
LIB_A := $(BUILD)/lib/libhal9.a
LIB_SO := $(BUILD)/lib/libhal9.so.0

.DEFAULT_GOAL := all
.PHONY: all help units demo gallery check bench bench-quick soak reference deps install uninstall clean layers
.PHONY: installcheck deb

all: $(PROGRAMS) $(LIB_A) $(LIB_SO) $(COMPLETIONS) ## build the programs (build/bin) and the library
units: $(UNITS) ## build the unit tests

# A SIMD kernel is a file of its own, NAME_LEVEL.c, compiled with that level's flags.
# Elsewhere than on x86-64 there is one level, vectorized with what every such machine has (aarch64: NEON).
ifeq ($(X86),)
$(BUILD)/obj/%_scalar.o: SIMD_FLAGS := -O3
else
$(BUILD)/obj/%_step_scalar.o: SIMD_FLAGS := -DH9_SCALAR
$(BUILD)/obj/%_sse.o: SIMD_FLAGS := -O3 -msse4.2
$(BUILD)/obj/%_avx2.o: SIMD_FLAGS := -O3 -mavx2 -mbmi -mbmi2 -mpopcnt
$(BUILD)/obj/%_avx512.o: SIMD_FLAGS := -O3 -mavx512f -mavx512bw -mavx512vl -mavx512dq -mavx512cd -mbmi -mbmi2 -mpopcnt -mprefer-vector-width=512
endif

# No regard to floating-point traps and errno: a choice between two values is then no branch.
MATH_FLAGS := -fno-trapping-math -fno-math-errno
$(BUILD)/obj/libcore/model/stdp_%.o: SIMD_FLAGS += $(MATH_FLAGS)

$(BUILD)/model_headers.c: $(STEP_HEADERS:%=libcore/model/%) Makefile
	@mkdir -p $(@D)
	@{ echo 'extern const char *const h9_model_headers[][2];'; echo 'const char *const h9_model_headers[][2] = {'; \
	  for h in $(STEP_HEADERS); do printf '  {"%s",\n' $$h; \
	    sed 's/\\/\\\\/g; s/"/\\"/g; s/^/   "/; s/$$/\\n"/' libcore/model/$$h; echo '  },'; done; \
	  echo '  {0, 0},'; echo '};'; } > $@
$(BUILD)/obj/model_headers.o: $(BUILD)/model_headers.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_) $(CPPFLAGS) $(CFLAGS_) $(CFLAGS) -c -o $@ $<

# A model's kernels at a level: stem MODEL_step_LEVEL. A loop that a compiler cannot vectorize is no mistake.
STEM = $(subst _step_, ,$*)
$(KERNEL_OBJ): $(BUILD)/obj/libcore/model/%.o: libcore/model/kernels.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_) $(CPPFLAGS) $(CFLAGS_) $(CFLAGS) $(SIMD_FLAGS) $(MATH_FLAGS) -Wno-pass-failed -DH9_MODEL=$(word 1,$(STEM)) -DH9_LEVEL=$(word 2,$(STEM)) \
	  -DH9_STEP_FILE='"$(word 1,$(STEM))_step.h"' -MMD -MP -c -o $@ $<

$(BUILD)/obj/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_) $(CPPFLAGS) $(CFLAGS_) $(CFLAGS) $(SIMD_FLAGS) -MMD -MP -c -o $@ $<

$(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard libcore/whole/convert_sonata*.c) libcore/whole/hdf5.c): CPPFLAGS_ += $(HDF5_CFLAGS)
$(BUILD)/obj/libcore/whole/convert_sonata.o: $(BUILD)/sonata
$(BUILD)/bin/hal9-convert: LDLIBS_ += $(SONATA_LIBS)
$(BUILD)/sonata: FORCE
	@mkdir -p $(@D)
	@echo '$(HDF5_CFLAGS)' | cmp -s - $@ || echo '$(HDF5_CFLAGS)' > $@

# Rebuilds everything when the compiler or its flags change.
FLAGS_LINE := $(CC) $(CPPFLAGS_) $(CPPFLAGS) $(CFLAGS_) $(CFLAGS) $(LDFLAGS_) $(LDFLAGS)
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(FLAGS_LINE))' | cmp -s - $@ || printf '%s\n' '$(subst ','\'',$(FLAGS_LINE))' > $@
FORCE:

$(LIB_A): $(LIB_OBJ)
	@mkdir -p $(@D)
	@rm -f $@
	ar rcs $@ $^
# What the shared library shows is hal9.h and nothing else, and it holds what that needs.
API_OBJ := $(filter $(BUILD)/obj/libcore/whole/lib_%.o,$(LIB_OBJ))
$(BUILD)/libhal9.map: Makefile
	@mkdir -p $(@D)
	@echo 'HAL9_0 { global: hal9_*; local: *; };' > $@
$(LIB_SO): $(LIB_A) $(BUILD)/libhal9.map
	$(CC) -shared -fopenmp $(LDFLAGS_) $(LDFLAGS) -Wl,-soname,libhal9.so.0 -Wl,--version-script=$(BUILD)/libhal9.map \
	  -Wl,--as-needed -o $@ $(API_OBJ) $(LIB_A) $(LDLIBS_)
	@ln -sf libhal9.so.0 $(BUILD)/lib/libhal9.so

$(BUILD)/bin/%: $(BUILD)/obj/cmd/%.o $(LIB_A)
	@mkdir -p $(@D)
	$(CC) -fopenmp $(LDFLAGS_) $(LDFLAGS) -o $@ $< $(LIB_A) $(LDLIBS_)
$(BUILD)/unit/%: $(BUILD)/obj/tests/unit/%.o $(LIB_A)
	@mkdir -p $(@D)
	$(CC) -fopenmp $(LDFLAGS_) $(LDFLAGS) -o $@ $< $(LIB_A) $(LDLIBS_)
# Each program knows what its options take.
$(BUILD)/completions/bash/%: $(BUILD)/bin/%
	@mkdir -p $(@D)
	@$< --completion=bash > $@.partial && mv $@.partial $@
$(BUILD)/completions/zsh/_%: $(BUILD)/bin/%
	@mkdir -p $(@D)
	@$< --completion=zsh > $@.partial && mv $@.partial $@
.SECONDARY:

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

deps: ## install what the build, the demo and the tests need from Debian
	@sh tests/tools/need all

demo: ## set up, build, run a published network and show results
	@sh tests/tools/need demo
	@$(MAKE) --no-print-directory -s all
	@sh examples/demo.sh $(BUILD)/bin $(BUILD)/demo

gallery: ## draw every type of picture from the examples: build/gallery, examples/gallery.png
	@sh tests/tools/need demo
	@$(MAKE) --no-print-directory -s all
	@sh examples/gallery.sh $(BUILD)/bin $(BUILD)/gallery examples/gallery.png

check: ## set up, build, run all tests; ends with "N passed, N failed"
	@sh tests/tools/need check
	@$(MAKE) --no-print-directory -s all units
	@BUILD=$(BUILD) PYTHON=$(PYTHON) sh tests/tools/check

reference: ## models against NEST's traces and independent solutions: the table of deviations
	@sh tests/tools/need check
	@$(MAKE) --no-print-directory -s all units
	@BUILD=$(BUILD) PYTHON=$(PYTHON) sh tests/tools/check 59-reference

bench: ## measure, with ratios against peers and spread
	@sh tests/tools/need bench
	@$(MAKE) --no-print-directory -s all
	@BUILD=$(BUILD) PYTHON=$(PYTHON) sh tests/bench/run
bench-quick: ## the same in under two minutes
	@sh tests/tools/need bench
	@$(MAKE) --no-print-directory -s all
	@BUILD=$(BUILD) PYTHON=$(PYTHON) sh tests/bench/run --quick

soak: ## long tests: full-scale networks, large streams, fuzzing
	@sh tests/tools/need check
	@$(MAKE) --no-print-directory -s all units
	@BUILD=$(BUILD) PYTHON=$(PYTHON) sh tests/tools/soak

layers: ## check that no file includes a layer above its own
	@sh tests/tools/layers

install: all ## install under DESTDIR PREFIX (libraries: LIBDIR)
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(LIBDIR)/pkgconfig $(DESTDIR)$(PREFIX)/include/hal9/model
	install -m 755 $(PROGRAMS) $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(LIB_A) $(DESTDIR)$(LIBDIR)
	install -m 755 $(LIB_SO) $(DESTDIR)$(LIBDIR)
	ln -sf libhal9.so.0 $(DESTDIR)$(LIBDIR)/libhal9.so
	install -m 644 libcore/whole/hal9.h $(DESTDIR)$(PREFIX)/include
	install -m 644 $(STEP_HEADERS:%=libcore/model/%) $(DESTDIR)$(PREFIX)/include/hal9/model
	for m in $(MANUALS); do s=$${m##*.}; install -d $(DESTDIR)$(PREFIX)/share/man/man$$s && \
	  install -m 644 $$m $(DESTDIR)$(PREFIX)/share/man/man$$s || exit 1; done
	install -d $(DESTDIR)$(PREFIX)/share/bash-completion/completions $(DESTDIR)$(PREFIX)/share/zsh/site-functions
	install -m 644 $(filter $(BUILD)/completions/bash/%,$(COMPLETIONS)) $(DESTDIR)$(PREFIX)/share/bash-completion/completions
	install -m 644 $(filter $(BUILD)/completions/zsh/%,$(COMPLETIONS)) $(DESTDIR)$(PREFIX)/share/zsh/site-functions
	install -d $(DESTDIR)$(PREFIX)/share/hal9/examples
	install -m 644 $(wildcard examples/*.yaml examples/*.c) $(DESTDIR)$(PREFIX)/share/hal9/examples
	install -m 755 $(wildcard examples/*.sh examples/*.py) $(DESTDIR)$(PREFIX)/share/hal9/examples
	printf '%s\n' 'prefix=$(PREFIX)' 'includedir=$${prefix}/include' 'libdir=$(LIBDIR:$(PREFIX)/%=$${prefix}/%)' '' \
	  'Name: hal9' 'Description: read and write streams of spiking networks' 'Version: $(VERSION)' \
	  'Libs: -L$${libdir} -lhal9' 'Libs.private: $(LDLIBS_) -fopenmp' 'Cflags: -I$${includedir}' \
	  > $(DESTDIR)$(LIBDIR)/pkgconfig/hal9.pc

uninstall: ## remove what install put there
	rm -f $(PROGRAMS:$(BUILD)/bin/%=$(DESTDIR)$(PREFIX)/bin/%) $(DESTDIR)$(LIBDIR)/libhal9.* $(DESTDIR)$(LIBDIR)/pkgconfig/hal9.pc
	rm -f $(PROGRAMS:$(BUILD)/bin/%=$(DESTDIR)$(PREFIX)/share/bash-completion/completions/%)
	rm -f $(PROGRAMS:$(BUILD)/bin/%=$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_%)
	rm -rf $(DESTDIR)$(PREFIX)/include/hal9 $(DESTDIR)$(PREFIX)/include/hal9.h $(DESTDIR)$(PREFIX)/share/hal9
	for m in $(notdir $(MANUALS)); do rm -f $(DESTDIR)$(PREFIX)/share/man/man$${m##*.}/$$m; done

installcheck: units ## tests of the programs in DESTDIR PREFIX, as they are installed there
	@BUILD=$(BUILD) PYTHON=$(PYTHON) PROGRAMS=$(DESTDIR)$(PREFIX)/bin sh tests/tools/check $(INSTALLCHECK)

deb: ## Debian packages of what install installs: build/*.deb
	@sh tests/tools/need deb
	@$(MAKE) --no-print-directory -s all
	@MAKE='$(MAKE)' sh .packaging/deb $(BUILD) $(VERSION)

clean: ## remove build/
	rm -rf $(BUILD)

help: ## this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-20s %s\n", $$1, $$2}'
	@echo '  make DEV=1           warnings are errors, -O1 -g'
	@echo '  make SANITIZE=address,undefined   into build/san'
	@echo '  CC=clang BUILD=build/clang        another compiler'
