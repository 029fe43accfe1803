"""The pseudo-label laboratory: what is typed is honoured or refused."""
import io
import numpy as np
import pytest
from PIL import Image
from lab import command, notebook, run_all

@pytest.fixture(scope='module')
def page(lab, browser, runs):
    notebook(lab.top/'nbs'/'lab.ipynb', f'from uda_seg.lab import lab\nlab({runs[0]!r})')
    page = lab.page(browser, 'nbs/lab.ipynb', (1280, 1500))
    assert run_all(page) == []
    page.wait_for_function("() => document.body.innerText.includes('mean confidence')", timeout=60_000)
    yield page
    page.close()

def field(page, name, n=0): return page.locator('.jp-OutputArea .widget-text', has=page.locator('label', has_text=name)).nth(n).locator('input')

def coverage(page): return page.evaluate("() => [...document.querySelectorAll('div[title]')].find(e => e.textContent.includes('coverage')).textContent")

def settle(page):
    page.wait_for_timeout(500)
    page.wait_for_function("() => ![...document.querySelectorAll('[role=status]')].some(e => /labelling|asking|counting/.test(e.textContent))", timeout=60_000)

@pytest.mark.parametrize('name, wrong, says', [('threshold', '7', 'threshold of strategy fixed = 7'), ('rows', '7', 'rows 7'), ('how many', '0', 'how many 0')])
def test_what_is_typed_is_not_moved_into_bounds(page, shot, name, wrong, says):
    settle(page)
    right, before = field(page, name).input_value(), coverage(page)
    field(page, name).fill(wrong)
    field(page, name).press('Enter')
    page.wait_for_selector('[role=alert]')
    assert says in page.locator('[role=alert]').first.inner_text()
    page.wait_for_timeout(1500)
    assert field(page, name).input_value() == wrong and page.locator('[role=alert]').count() and coverage(page) == before
    shot(page, name)
    field(page, name).fill(right)
    field(page, name).press('Enter')
    page.wait_for_function("() => !document.querySelector('[role=alert]')")
    settle(page)
    assert coverage(page) == before

def test_a_number_moves_its_slider_and_is_applied(page):
    before = coverage(page)
    field(page, 'threshold').fill('0.1')
    field(page, 'threshold').press('Enter')
    settle(page)
    assert coverage(page) != before
    at = page.locator('.jp-OutputArea .widget-slider .noUi-handle').first
    assert abs(float(at.get_attribute('aria-valuenow'))-.1) < 1e-6

def test_what_is_wrong_stays_told_beside_what_else_is(page, shot):
    for name, wrong in (('threshold', '7'), ('how many', '0')):
        field(page, name).fill(wrong)
        field(page, name).press('Enter')
        page.wait_for_timeout(1000)
    said = [e.inner_text() for e in page.locator('[role=alert]').all()]
    assert len(said) == 2 and '= 7' in said[0] and 'how many 0' in said[1]
    shot(page)
    field(page, 'threshold').fill('0.5')
    field(page, 'threshold').press('Enter')
    settle(page)
    assert [e.inner_text() for e in page.locator('[role=alert]').all()] == said[1:]
    field(page, 'how many').fill('24')
    field(page, 'how many').press('Enter')
    page.wait_for_function("() => !document.querySelector('[role=alert]')")
    settle(page)

def test_a_figure_is_dark_in_the_dark_theme(page, shot):
    def look():
        figure = page.locator('img.uda-figure').first
        figure.scroll_into_view_if_needed()
        return np.asarray(Image.open(io.BytesIO(figure.screenshot())).convert('RGB')).astype(float)
    light = look()
    command(page, 'apputils:change-theme', dict(theme='JupyterLab Dark'))
    page.wait_for_timeout(1500)
    dark = look()
    shot(page)
    command(page, 'apputils:change-theme', dict(theme='JupyterLab Light'))
    assert np.median(light) > 230 and np.median(dark) < 40
    assert dark.max() > 200, 'its lines are light'
