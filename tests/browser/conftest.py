"""One JupyterLab and one Chromium for all tests, on a data folder with two tiny runs."""
import os
from pathlib import Path
import pytest
from fastcore.xtras import modified_env
from lab import QUIET, TINY, Lab, chromium, project

@pytest.fixture(scope='session')
def top(tmp_path_factory): return project(tmp_path_factory.mktemp('project'))

@pytest.fixture(scope='session')
def data(top):
    (top/'data').mkdir()
    return top/'data'

@pytest.fixture(scope='session')
def runs(data):
    "Names of two tiny runs."
    from uda_seg.fit import fit
    with modified_env(UDA_SEG_DATA=str(data)): return [fit(methods=m, iterations=n, start=0, progress=lambda *a: None, **TINY).name for m, n in ((['mean_teacher'], 30), (['source_only'], 12))]

@pytest.fixture(scope='session')
def lab(top, data, runs):
    with Lab(top, data) as server: yield server

@pytest.fixture(scope='session')
def browser():
    from playwright.sync_api import sync_playwright
    with sync_playwright() as p:
        b = p.chromium.launch(executable_path=chromium(), args=QUIET)
        yield b
        b.close()

@pytest.fixture
def shot(request, tmp_path):
    "Saves a picture of the page: in the folder that SHOTS names, or in a temporary one."
    folder = Path(os.environ.get('SHOTS') or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    def take(page, name=''): page.screenshot(path=folder/f'{request.node.name}{name and "-"+name}.png')
    return take
