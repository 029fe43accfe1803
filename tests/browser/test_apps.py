"""The apps in JupyterLab and what is left of them in a saved notebook."""
import json, os, subprocess, sys
import pytest
from lab import HERE, command, notebook, run_all

def set_source(page, index, text): page.evaluate('([k, t]) => { window.jupyterapp.shell.currentWidget.content.widgets[k].model.sharedModel.setSource(t) }', [index, text])

def parameters(page): return page.evaluate("() => window.jupyterapp.shell.currentWidget.content.widgets.findIndex(c => (c.model.getMetadata('tags') || []).includes('parameters'))")

def source(page, index): return page.evaluate('k => window.jupyterapp.shell.currentWidget.content.widgets[k].model.sharedModel.source', index)

def test_explore_runs_on_a_fresh_kernel(lab, browser, runs, shot):
    page = lab.page(browser, 'nbs/explore.ipynb', (1280, 1800))
    assert run_all(page) == []
    page.wait_for_selector('.uda-stage canvas')
    assert page.locator('.uda-stage canvas').count() >= 2
    page.wait_for_function("() => document.body.innerText.includes('percent of labelled pixels')", timeout=60_000)
    shot(page)
    page.close()

WRONG = [("runs = []", "runs = ['no-such-run']", "unknown run 'no-such-run'"), ("who = 'student'", "who = 'both'", "who = 'both'"), ("domain = ''", "domain = 'camvit'", "did you mean 'camvid'"),
         ("root = ''", "root = 'data/mine'", 'is of a domain, and none is given'), ("split = ''", "splt = 'val'", 'did you mean')]

def test_wrong_parameters_are_refused(lab, browser, runs):
    page = lab.page(browser, 'nbs/explore.ipynb')
    k = parameters(page)
    right = source(page, k)
    for old, new, says in WRONG:
        assert old in right
        set_source(page, k, right.replace(old, new, 1))
        errors = run_all(page)
        assert errors and says in errors[0], f'{new}: {errors}'
    page.close()

def test_a_papermill_output_opened_untrusted(lab, browser, runs, data, shot):
    "Widgets are not shown there; every figure and table is."
    env = os.environ | dict(UDA_SEG_DATA=str(data), UDA_SEG_ROOT=str(lab.top))
    out = lab.top/'nbs'/'out.ipynb'
    subprocess.run([sys.executable, '-m', 'papermill', str(HERE/'nbs'/'explore.ipynb'), str(out), '--no-progress-bar', '-y', json.dumps(dict(runs=runs))], env=env, check=True, capture_output=True, stdin=subprocess.DEVNULL)
    cells = json.loads(out.read_text())['cells']
    due = sum('image/png' in o.get('data', {}) or 'text/html' in o.get('data', {}) for c in cells for o in c.get('outputs', []))
    page = lab.page(browser, 'nbs/out.ipynb', (1280, 2400))
    page.wait_for_timeout(2000)
    pictures = page.evaluate("() => [...document.querySelectorAll('.jp-OutputArea img')].filter(i => i.naturalWidth > 100).length")
    tables = page.evaluate("() => [...document.querySelectorAll('.jp-OutputArea .jp-RenderedHTML')].filter(i => i.offsetHeight > 10).length")
    assert due >= 2 and pictures+tables >= due, f'{pictures} pictures and {tables} tables of {due}'
    shot(page)
    page.close()

def test_arrow_keys_belong_to_the_panel(lab, browser, runs):
    "A list in a panel is walked through by arrow keys; JupyterLab does not move to another cell."

    notebook(lab.top/'nbs'/'runs.ipynb', 'from uda_seg.shelf import browse_runs\nbrowse_runs()', '1')
    page = lab.page(browser, 'nbs/runs.ipynb')
    assert run_all(page) == []
    listed = page.locator('.jp-OutputArea select[multiple]').first
    listed.wait_for()
    cell = page.evaluate('() => window.jupyterapp.shell.currentWidget.content.activeCellIndex')
    listed.locator('option').first.click()
    page.keyboard.press('ArrowDown')
    page.wait_for_timeout(500)
    chosen = listed.evaluate('e => [...e.options].map(o => o.selected)')
    assert chosen[:2] == [False, True], chosen
    assert page.evaluate('() => window.jupyterapp.shell.currentWidget.content.activeCellIndex') in (0, cell)
    page.close()
