"""A run from the form: refused, started, watched through a reload of the page, stopped and gone on with."""
import json
import re
import pytest
from lab import TINY, notebook, run_all

VALUES = TINY | dict(methods=['joint'], iterations=4000, start=0, model='pidnet', model_options={}, score_every=0, checkpoint_every=50)

@pytest.fixture(scope='module')
def page(lab, browser, runs):
    notebook(lab.top/'nbs'/'form.ipynb', f'from uda_seg.form import form\nf = form(**{VALUES!r})\nf')
    page = lab.page(browser, 'nbs/form.ipynb', (1280, 1800))
    assert run_all(page) == []
    button(page, 'start').wait_for()
    yield page
    page.close()

def button(page, name): return page.locator('.jp-OutputArea button', has_text=re.compile(rf'^\s*{name}\s*$')).first

def field(page, name): return page.locator('.jp-OutputArea .widget-text', has=page.locator('label', has_text=re.compile(rf'^{name}$'))).first.locator('input')

def said(page): return page.locator('.jp-OutputArea').first.inner_text()

def wait(page, text, seconds=90): page.wait_for_function('t => document.body.innerText.includes(t)', arg=text, timeout=1000*seconds)

def type_into(page, name, text):
    field(page, name).fill(text)
    field(page, name).press('Enter')
    page.wait_for_timeout(800)

def test_a_wrong_value_is_refused_where_it_stands(page, shot):
    type_into(page, 'seed', '1.5')
    assert page.locator('[role=alert]', has_text='seed').count() and button(page, 'start').is_disabled()
    shot(page)
    type_into(page, 'seed', '7')
    assert not page.locator('[role=alert]').count()
    page.wait_for_function("() => [...document.querySelectorAll('button')].some(b => b.textContent.trim() == 'start' && !b.disabled)", timeout=60_000)

def group(page, name):
    page.locator('.jp-OutputArea .jupyter-widget-Collapse-header, .jp-OutputArea .jupyter-widget-Accordion-child button', has_text=re.compile(f'^{name}')).first.click()
    page.wait_for_timeout(500)

def test_what_is_refused_can_be_gone_to(page, shot):
    group(page, 'training')
    type_into(page, 'lr', 'fast')
    group(page, 'data')
    assert not field(page, 'lr').is_visible() and 'training, 1 changed, 1 refused' in said(page)
    shot(page, 'before')
    button(page, 'show').click()
    page.wait_for_timeout(1000)
    shot(page, 'after')
    assert field(page, 'lr').evaluate('e => e == document.activeElement') and field(page, 'lr').is_visible()
    type_into(page, 'lr', 'None')
    assert not page.locator('[role=alert]').count() and not button(page, 'show').is_visible()

def test_a_parameter_that_is_not_found_is_told_beside_the_search(page):
    find = page.locator('.jp-OutputArea input[placeholder^="a parameter"]')
    find.fill('subste')
    page.locator('[role=alert]', has_text="did you mean 'subset'").wait_for()
    assert abs(page.locator('[role=alert]').first.bounding_box()['y']-find.bounding_box()['y']) < 40
    find.fill('')
    page.wait_for_function("() => !document.querySelector('[role=alert]')")

def test_data_that_are_not_there_are_told(page, shot):
    group(page, 'data')
    type_into(page, 'source_root', 'nowhere')
    page.locator('[role=note]', has_text='nowhere is no folder on this machine').first.wait_for()
    shot(page)
    button(page, 'start').click()
    page.locator('[role=alert]', has_text='nowhere is no folder').wait_for()
    type_into(page, 'source_root', '')
    page.wait_for_function("() => !document.querySelector('[role=alert], [role=note]')")

def test_the_command_is_what_is_typed(page):
    told = page.locator('.jp-OutputArea textarea').evaluate_all("a => a.map(e => e.value).find(v => v.startsWith('uda-seg train'))")
    assert 'seed: 7' in told and 'iterations: 4000' in told

def test_start_and_watch(page, shot):
    button(page, 'start').dblclick()
    wait(page, 'running, ')
    assert not page.locator('[role=alert]').count(), 'the second click of a double click is no error'
    page.wait_for_timeout(3000)
    button(page, 'watch').click()
    wait(page, 'look again')
    wait(page, '/4000')
    shot(page)

def test_a_reload_loses_nothing(page, shot):
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    page.wait_for_timeout(1000)
    page.goto(page.url.split('?')[0], wait_until='domcontentloaded')
    page.wait_for_selector('.jp-OutputArea .widget-button', timeout=90_000)
    wait(page, 'look again')
    step = int(re.findall(r'(\d+)/4000', said(page))[-1])
    page.wait_for_function('n => [...document.body.innerText.matchAll(/(\\d+)\\/4000/g)].some(m => +m[1] > n)', arg=step, timeout=60_000)
    shot(page)

def test_stop_and_go_on(page, data, shot):
    page.locator('.jp-OutputArea button', has_text=re.compile(r'^\s*stop\s*$')).last.click() # of the run that is watched
    wait(page, 'interrupted')
    info = [json.loads(f.read_text()) for f in (data/'runs').glob('*/run.json')]
    stopped = [i for i in info if i['state'] == 'interrupted']
    assert len(stopped) == 1 and 'as asked' in stopped[0]['error']
    page.wait_for_function("() => [...document.querySelectorAll('button')].some(b => b.textContent.trim() == 'go on' && !b.disabled)", timeout=60_000)
    shot(page)
    step = max(map(int, re.findall(r'(\d+)/4000', said(page))), default=0)
    button(page, 'go on').click()
    wait(page, 'running, ')
    page.wait_for_function('n => [...document.body.innerText.matchAll(/(\\d+)\\/4000/g)].some(m => +m[1] > n)', arg=step, timeout=60_000) # before its first step a kernel that is told to end does so without a word
    button(page, 'stop').click()
    page.wait_for_function("() => [...document.querySelectorAll('button')].some(b => b.textContent.trim() == 'go on' && !b.disabled)", timeout=90_000)
    again = json.loads((data/'runs'/stopped[0]['name']/'run.json').read_text())
    assert again['state'] == 'interrupted' and again['started'] > stopped[0]['started']

def test_stopped_as_soon_as_it_is_there(page, data, shot):
    before = {*(data/'runs').glob('*/run.json')}
    type_into(page, 'seed', '8')
    page.wait_for_function("() => [...document.querySelectorAll('button')].some(b => b.textContent.trim() == 'start' && !b.disabled)", timeout=60_000)
    button(page, 'start').click()
    for _ in range(600):
        if new := {*(data/'runs').glob('*/run.json')}-before: break
        page.wait_for_timeout(50)
    button(page, 'stop').click()
    page.wait_for_function("() => [...document.querySelectorAll('button')].some(b => b.textContent.trim() == 'go on' && !b.disabled)", timeout=90_000)
    shot(page)
    assert json.loads(new.pop().read_text())['state'] == 'interrupted' and 'killed' not in said(page)
