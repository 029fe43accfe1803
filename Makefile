# make train | make test | make help.  VENV, PYTHON, ARGS and TORCH_INDEX may be given: make train ARGS="-p subset 500"
VENV ?= .venv
# the first interpreter that is new enough; python3 is what the user's shell means by Python
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo $$p; exit; }; done; echo python3)
ARGS ?=
# address of another wheel index for torch and torchvision, as PyTorch's for CPUs; empty: the usual one
TORCH_INDEX ?=

PY := $(abspath $(VENV))/bin/python
# named by what was installed and where, so that a moved checkout or a switched branch is noticed and a touched file is not
STAMP := $(VENV)/.installed-$(shell { cat settings.ini setup.py constraints.txt; pwd; } | cksum | tr -d ' \t')
OPEN := $(VENV)/.installing

# python and the kernel called python3 are the environment's, whatever stands first on the caller's path
RUN := PATH="$(abspath $(VENV))/bin:$$PATH"
export JUPYTER_PREFER_ENV_PATH := 1
unexport JUPYTER_PATH PYTHONPATH PYTHONHOME

MAKEFLAGS += --no-print-directory
.PHONY: help env train test test-faults test-browser test-slurm lab notebooks readme canary clean export hooks house tidy
.NOTPARALLEL:

help:
	@sed -n 's/^\([a-z-]*\):.*## /make \1\t/p' Makefile

env: $(STAMP) ## make or mend .venv

# Newer settings or constraints are installed over the old environment. An install that was cut short may have left
# half a package that looks whole, so after one everything is laid down again.
$(STAMP):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  v=$$($(PYTHON) --version 2>&1) || v='not to be had'; \
	  echo "uda_seg needs Python 3.11 or newer, and '$(PYTHON)' is $$v: give another as make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PY) -m pip --version >/dev/null 2>&1 || { echo "$(VENV): a new environment"; $(PYTHON) -m venv --clear $(VENV); }
	@rm -f $(VENV)/.installed-*
	@set -e; again=; if [ -e $(OPEN) ]; then echo "$(VENV): the last install was cut short, everything is laid down again"; \
	  if [ -n "$(TORCH_INDEX)" ]; then $(PYTHON) -m venv --clear $(VENV); else again=--force-reinstall; fi; fi; \
	touch $(OPEN); echo "$(VENV): installing with constraints.txt"; \
	if [ -n "$(TORCH_INDEX)" ]; then $(PY) -m pip install -q --force-reinstall --no-deps \
	  --index-url "$(TORCH_INDEX)" -c constraints.txt torch torchvision; fi; \
	$(PY) -m pip install -q $$again -c constraints.txt -e '.[smp,cluster,dev]'; \
	$(PY) -m pip check; \
	$(PY) -c 'import torchvision, uda_seg'; \
	mv $(OPEN) $@

train: $(STAMP) ## one run with 100 labelled target images; ARGS="-p subset 500" changes it
	$(RUN) $(PY) -m uda_seg.experiment train $(ARGS)

# The tree is sealed first and compared after clean, export and readme; a CI checkout must be as git has it, to the very end.
SEAL := $(VENV)/.seal.json
test: $(STAMP) ## everything: laws, library notebooks, apps at smoke size
	@$(PY) -m uda_seg.steps seal $(SEAL)
	$(MAKE) clean export house
	$(RUN) OMP_NUM_THREADS=1 $(PY) $(VENV)/bin/nbdev_test --n_workers 2 --do_print --timing
	$(MAKE) readme
	@$(PY) -m uda_seg.steps compare $(SEAL)
	@$(MAKE) tidy
	$(RUN) $(PY) -m pytest tests
	@$(MAKE) tidy

test-faults: $(STAMP) ## every fault again, more often, through papermill and on real disks; an hour
	$(RUN) FAULTS=1 OMP_NUM_THREADS=1 $(PY) -m pytest tests/test_faults.py tests/test_grids.py $(ARGS)

# Chromium comes from Debian, since playwright's own download is not to be had everywhere
test-browser: $(STAMP) ## the panels in JupyterLab, moved in a headless Chromium; installs both where they are lacking
	@command -v chromium >/dev/null || { echo "chromium: installing Debian's"; apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; } || \
	  { echo "install chromium and run this again" >&2; exit 1; }
	@$(PY) -c 'import playwright' 2>/dev/null || $(PY) -m pip install -q -c constraints.txt -e '.[browser]'
	$(RUN) BROWSER=1 $(PY) -m pytest tests/browser $(ARGS)

# slurmctld and slurmd come from Debian; nothing of them runs on afterwards
test-slurm: $(STAMP) ## a grid whose workers a SLURM of this machine starts; installs SLURM where it is lacking
	@command -v slurmctld >/dev/null || { echo "slurm: installing Debian's"; apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends slurmctld slurmd slurm-client munge >/dev/null; } || \
	  { echo "install slurmctld, slurmd, slurm-client and munge and run this again" >&2; exit 1; }
	$(RUN) SLURM=1 $(PY) -m pytest tests/test_slurm.py $(ARGS)

tidy:
	@if [ -n "$$CI" ]; then s=$$(git status --porcelain) || exit 1; \
	  if [ -n "$$s" ]; then echo "$$s"; \
	    echo "the checkout is not as git has it: run make clean export readme and commit what changed" >&2; exit 1; fi; fi

lab: $(STAMP) ## open JupyterLab, at nbs/00_START_HERE.ipynb
	-@$(PY) -m uda_seg.steps lab
	$(RUN) $(PY) -m jupyterlab --FileContentsManager.post_save_hook=uda_seg.steps.settle_saved --LabApp.default_url=/lab/tree/nbs/00_START_HERE.ipynb $(ARGS)

notebooks: $(STAMP) ## run the library's notebooks and save their outputs; ARGS="41_loop methods/fda" names some
	$(RUN) OMP_NUM_THREADS=1 $(PY) -m uda_seg.steps notebooks $(ARGS)

readme: $(STAMP) ## run nbs/index.ipynb and make README.md from it
	@$(RUN) OMP_NUM_THREADS=1 $(PY) -m uda_seg.steps readme

canary: $(STAMP) ## write tests/canary.json anew, after an edition was raised or a leaf is new
	@$(RUN) OMP_NUM_THREADS=1 $(PY) -m uda_seg.canary

clean: $(STAMP) ## take what does not belong into git out of the notebooks
	$(PY) $(VENV)/bin/nbdev_clean

export: $(STAMP) ## make uda_seg/ from the notebooks
	$(PY) $(VENV)/bin/nbdev_export

# only this clone's .git/config changes; .gitattributes says which notebooks it holds for
hooks: $(STAMP) ## git leaves out the outputs of apps and merges notebooks cell by cell; OFF=1 undoes it
	@$(PY) -m uda_seg.steps hooks $(if $(OFF),--off)

house: $(STAMP) ## the laws of the notebooks: facts and faults
	@$(PY) -m uda_seg.steps
