"""All runs in one panel: tagged and filtered, opened, deleted after a question, and what others do is seen."""
import re
import pytest
from fastcore.xtras import modified_env
from lab import command, notebook, run_all

def invent(data, name, like):
    "A run's folder, as another process would write it."
    from uda_seg.core import write_json
    from uda_seg.run import Run
    with modified_env(UDA_SEG_DATA=str(data)):
        info = Run(like).info
        write_json(data/'runs'/name/'run.json', info | dict(name=name, params=info['params'] | dict(name=name)))
    return data/'runs'/name

@pytest.fixture(scope='module')
def page(lab, browser, runs, data):
    notebook(data/'runs'/runs[0]/'train.ipynb', '1+1')
    notebook(lab.top/'nbs'/'shelf.ipynb', 'from uda_seg.shelf import browse_runs\nbrowse_runs()')
    page = lab.page(browser, 'nbs/shelf.ipynb', (1280, 1500))
    assert run_all(page) == []
    listed(page).locator('option').first.wait_for(state='attached')
    yield page
    page.close()

def listed(page): return page.locator('.jp-OutputArea select[multiple]').first

def names(page): return listed(page).evaluate("e => [...e.options].map(o => o.textContent.replaceAll('\\u00a0', ' '))")

def button(page, said): return page.locator('.jp-OutputArea button', has_text=re.compile(said)).first

def choose(page, words):
    "Filter by words, and select the one run that is left."
    find(page, words)
    page.wait_for_function("() => document.querySelector('.jp-OutputArea select[multiple]').options.length == 1", timeout=20_000)
    listed(page).select_option(index=0)
    page.wait_for_function("() => document.body.innerText.includes('1 selected')")

def find(page, words):
    field = page.locator('.jp-OutputArea input[placeholder^="words"]')
    field.fill(words)
    field.press('Enter')
    if not words: page.wait_for_function(r"() => /\b(\d+) of \1 runs/.test(document.body.innerText)", timeout=20_000)

def test_a_tag_is_added_and_filtered_by(page, runs, shot):
    n = len(names(page))
    choose(page, 'mean_teacher')
    page.locator('.jp-OutputArea input[placeholder="a tag"]').fill('poster')
    button(page, '^add tag$').click()
    page.wait_for_function("() => document.body.innerText.includes('[poster]') || [...document.querySelectorAll('option')].some(o => o.textContent.includes('[poster]'))", timeout=20_000)
    find(page, 'poster')
    page.wait_for_function('n => document.body.innerText.includes(`1 of ${n} runs`)', arg=n)
    assert 'mean_teacher' in names(page)[0] and '[poster]' in names(page)[0]
    shot(page)
    find(page, 'poster source_only')
    page.wait_for_function('n => document.body.innerText.includes(`0 of ${n} runs`)', arg=n)
    find(page, '')

def test_the_executed_notebook_is_opened(page, runs):
    choose(page, 'mean_teacher')
    page.locator('.jp-OutputArea a', has_text='train.ipynb').click()
    page.wait_for_function('p => window.jupyterapp.shell.currentWidget.context?.path == p', arg=f'data/runs/{runs[0]}/train.ipynb', timeout=30_000)
    command(page, 'docmanager:open', dict(path='nbs/shelf.ipynb'))
    page.wait_for_function("() => window.jupyterapp.shell.currentWidget.context?.path == 'nbs/shelf.ipynb'", timeout=30_000)
    find(page, '')

def test_a_run_is_deleted_after_a_question(page, data, runs, shot):
    n, folder = len(names(page)), invent(data, 'doomed', runs[1])
    page.wait_for_function('n => document.body.innerText.includes(`${n} of ${n} runs`)', arg=n+1, timeout=20_000) # seen though nobody touched the panel
    choose(page, 'doomed')
    button(page, '^delete 1 run$').click()
    button(page, '^yes, delete').wait_for()
    shot(page)
    button(page, '^no$').click()
    button(page, '^yes, delete').wait_for(state='hidden')
    assert folder.exists()
    button(page, '^delete 1 run$').click()
    button(page, '^yes, delete').click()
    page.wait_for_function('n => document.body.innerText.includes(`0 of ${n} runs`)', arg=n, timeout=20_000)
    assert not folder.exists() and all((data/'runs'/r).exists() for r in runs)
    find(page, '')

def test_the_list_stays_where_it_was(page, data, runs, shot):
    import shutil
    n, made = len(names(page)), [invent(data, f'many{k}', runs[1]) for k in range(24)]
    page.wait_for_function('n => document.body.innerText.includes(`${n} of ${n} runs`)', arg=n+24, timeout=20_000)
    k = next(k for k, t in enumerate(names(page)) if 'many20' in t)
    listed(page).select_option(index=k)
    page.wait_for_function("() => document.body.innerText.includes('1 selected')")
    listed(page).hover()
    page.wait_for_timeout(1500)
    for by, name in ((130, 'one-more'), (-2000, 'and-another')): # with the selected run in sight, and out of it
        page.mouse.wheel(0, by)
        page.wait_for_timeout(600)
        top = listed(page).evaluate('e => e.scrollTop')
        assert (top > 50) == (by > 0)
        made.append(invent(data, name, runs[1]))
        page.wait_for_function('n => document.body.innerText.includes(`${n} of ${n} runs, 1 selected`)', arg=n+len(made), timeout=20_000)
        page.wait_for_timeout(1500)
        shot(page, name)
        assert listed(page).evaluate('e => e.scrollTop') == top
        assert listed(page).evaluate("e => [...e.selectedOptions].map(o => o.textContent.includes('many20'))") == [True]
    for folder in made: shutil.rmtree(folder)
    page.wait_for_function('n => document.body.innerText.includes(`${n} of ${n} runs`)', arg=n, timeout=20_000)
