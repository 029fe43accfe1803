"""The panels in JupyterLab, as a person moves them: each step looks at what the page shows."""
import base64, io, json, re, zlib
import numpy as np
import pytest
from PIL import Image
from lab import command, notebook, run_all

def pixels(page, n=0):
    "What the n-th canvas of the page shows, (H,W,4)."
    url = page.locator('.uda-stage canvas').nth(n).evaluate("c => c.toDataURL('image/png')")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(',')[1]))).convert('RGBA'))

def settle(page):
    "Wait until what was asked for is drawn, and the line under the panel is empty."
    page.wait_for_timeout(250)
    page.wait_for_function("() => ![...document.querySelectorAll('[role=status]')].some(e => /predicting|reading/.test(e.textContent))", timeout=60_000)
    page.wait_for_timeout(250)

def press(page, key):
    page.locator('.uda-canvas').first.focus()
    page.keyboard.press(key)
    settle(page)

def layer(page, name):
    page.locator('.uda-bar button', has_text=name).first.click()
    settle(page)

def options(page, label): return page.locator('.jp-OutputArea .widget-dropdown', has_text=label).first.locator('select')

@pytest.fixture(scope='module')
def compared(lab, browser, runs):
    "A notebook that explores two runs."
    notebook(lab.top/'nbs'/'two.ipynb', f'from uda_seg.explore import explore\ne = explore({runs[0]!r}, {runs[1]!r})\ne',
             'print([e.canvas.layer, e.canvas.wipe, len(e.canvas.on), e.canvas.marked, int(e.reel.now), round(e.canvas.blend, 2)])')
    page = lab.page(browser, 'nbs/two.ipynb')
    page.errors = []
    page.on('pageerror', lambda e: page.errors.append(str(e)))
    assert run_all(page) == []
    page.wait_for_selector('.uda-stage canvas')
    settle(page)
    yield page
    page.close()

def asked(page):
    "What the kernel knows of the controls: the last cell is run again."
    page.evaluate("""() => { const w = window.jupyterapp.shell.currentWidget; w.content.activeCellIndex = w.content.widgets.length-1 }""")
    command(page, 'notebook:run-cell')
    page.wait_for_timeout(600)
    out = page.evaluate("() => { const c = window.jupyterapp.shell.currentWidget.content.widgets; return c[c.length-1].model.sharedModel.outputs.map(o => [].concat(o.text || []).join('')).join('') }")
    return json.loads(out.replace("'", '"').replace('True', 'true').replace('False', 'false'))

def test_two_panels_and_no_error(compared, shot):
    assert compared.locator('.uda-stage canvas').count() == 2
    a, b = pixels(compared), pixels(compared, 1)
    assert a.shape == b.shape and (a != b).any(), 'two runs that were trained otherwise look the same'
    assert len(np.unique(a[..., :3].reshape(-1, 3), axis=0)) > 50, 'the picture is empty'
    assert not compared.errors
    shot(compared)

def test_blend(compared):
    before = pixels(compared)
    compared.locator('.uda-bar input[type=range]').first.fill('0')
    settle(compared)
    plain = pixels(compared)
    assert (before != plain).any()
    layer(compared, 'image')
    assert (pixels(compared) == plain).all(), 'with no blend the image alone is seen'
    layer(compared, 'prediction')
    compared.locator('.uda-bar input[type=range]').first.fill('1')
    settle(compared)
    assert asked(compared)[5] == 1

def test_toggle_a_class(compared, shot):
    before = pixels(compared)
    shown = compared.evaluate("() => [...document.querySelectorAll('.uda-chips button')].map(b => b.textContent)")
    counts = {c: 0 for c in shown[1:]}
    for c in shown[1:]:
        compared.locator('.uda-chips button', has_text=c).first.click()
    settle(compared)
    assert asked(compared)[2] == 0 and (pixels(compared) != before).any()
    compared.locator('.uda-chips button').first.click() # all
    settle(compared)
    assert asked(compared)[2] == len(counts) and (pixels(compared) == before).all()
    press(compared, '1')
    assert asked(compared)[2] == len(counts)-1
    shot(compared)
    press(compared, '1')

def test_hover_names_the_class(compared):
    compared.locator('.uda-stage canvas').first.hover(position=dict(x=40, y=40))
    compared.wait_for_timeout(200)
    said = compared.locator('.uda-status').first.inner_text()
    assert 'truth: ' in said and '%' in said, said

def test_wipe(compared, shot):
    compared.mouse.move(5, 5)
    both = pixels(compared), pixels(compared, 1)
    press(compared, 'w')
    assert compared.locator('.uda-stage canvas').count() == 1 and asked(compared)[1] is True
    half = pixels(compared)
    box = compared.locator('.uda-stage canvas').first.bounding_box()
    compared.mouse.move(box['x']+box['width']/2, box['y']+20)
    compared.mouse.down(); compared.mouse.move(box['x']+box['width']*.9, box['y']+20, steps=4); compared.mouse.up(); compared.mouse.move(5, 5)
    settle(compared)
    moved = pixels(compared)
    left, right = half[:, :half.shape[1]//2-4], half[:, half.shape[1]//2+4:]
    assert (moved[:, :left.shape[1]] == left).all(), 'left of the line nothing changes'
    assert (moved[:, half.shape[1]//2+4:] != right).any(), 'between the old line and the new one the other run is seen'
    shot(compared)
    press(compared, 'w')
    assert (pixels(compared) == both[0]).all() and (pixels(compared, 1) == both[1]).all()

def test_zoom_is_shared(compared):
    before = pixels(compared), pixels(compared, 1)
    press(compared, '+'); press(compared, '+')
    after = pixels(compared), pixels(compared, 1)
    assert all((a != b).any() for a, b in zip(before, after))
    press(compared, 'f')
    assert (pixels(compared, 1) == before[1]).all()

def test_the_wheel_scrolls_the_page_until_it_is_asked_to_zoom(compared, shot):
    def top(): return -compared.locator('.uda-stage canvas').first.bounding_box()['y'] # how far the page is scrolled
    def wheel(by):
        compared.locator('.uda-stage canvas').first.hover(position=dict(x=60, y=20))
        compared.mouse.wheel(0, by)
        settle(compared)
        compared.mouse.move(5, 5)
        settle(compared)
        return top(), pixels(compared)
    size = compared.viewport_size
    compared.set_viewport_size(dict(width=size['width'], height=500))
    compared.evaluate('() => document.activeElement.blur()')
    before, whole = wheel(0)
    scrolled, seen = wheel(60)
    assert scrolled > before and (seen == whole).all(), 'the page is scrolled, and nothing is zoomed'
    compared.keyboard.down('Control')
    still, seen = wheel(-200)
    compared.keyboard.up('Control')
    assert still == scrolled and (seen != whole).any(), 'with Ctrl the picture is zoomed, and the page stays'
    press(compared, 'f')
    compared.keyboard.press('Escape')
    compared.locator('.uda-stage canvas').first.click(position=dict(x=60, y=20))
    scrolled = wheel(0)[0] # what has the focus is scrolled to
    still, seen = wheel(-200)
    assert still == scrolled and (seen != whole).any(), 'after a click the wheel alone zooms'
    shot(compared)
    press(compared, 'f')
    compared.keyboard.press('Escape')
    scrolled = wheel(0)[0]
    assert wheel(60)[0] != scrolled or wheel(-60)[0] != scrolled, 'Escape gives the wheel back to the page'
    compared.set_viewport_size(size)
    settle(compared)

def test_truth_and_back(compared):
    before = pixels(compared)
    press(compared, ' ')
    assert asked(compared)[0] == 'truth' and (pixels(compared) == pixels(compared, 1)).all(), 'both panels show the same truth'
    press(compared, ' ')
    assert asked(compared)[0] == 'prediction' and (pixels(compared) == before).all()

def test_arrows(compared):
    now = asked(compared)[4]
    press(compared, 'ArrowRight')
    assert asked(compared)[4] == now+1
    press(compared, 'ArrowLeft')
    assert asked(compared)[4] == now

def test_sorted_by_miou(compared, shot):
    options(compared, 'order').select_option(label='mIoU, lowest first')
    settle(compared)
    def score(): return float(compared.locator('.jp-OutputArea', has_text='mean confidence').first.inner_text().split('mIoU ')[-2].split(',')[0])
    first = score()
    for _ in range(5): press(compared, 'ArrowRight')
    assert score() >= first
    shot(compared)
    options(compared, 'order').select_option(label='as listed')
    settle(compared)

def test_a_cell_of_the_matrix(compared, shot):
    compared.get_by_text('confusion matrix: click').click()
    cells = compared.evaluate("() => [...document.querySelectorAll('.uda-matrix button')].map(b => [b.dataset.cell, b.title])")
    t, p = max(((int(x.split()[-2]), c) for c, x in cells if len(set(c.split(','))) == 2))[1].split(',')
    compared.locator(f'.uda-matrix button[data-cell="{t},{p}"]').click()
    settle(compared)
    assert asked(compared)[3] == [int(t), int(p)]
    shown = pixels(compared)[..., :3].astype(int)
    assert ((shown[..., 0] > 200) & (shown[..., 1] > 180) & (shown[..., 2] < 120)).any(), 'the pixels of the cell shine'
    shot(compared)
    compared.locator(f'.uda-matrix button[data-cell="{t},{p}"]').click()
    settle(compared)
    assert asked(compared)[3] == []

DROP = '''async ([root, name, text]) => {
  const bytes = Uint8Array.from(atob(text), c => c.charCodeAt(0)), data = new DataTransfer()
  data.items.add(new File([bytes], name, {type: 'image/png'}))
  document.querySelector(root).dispatchEvent(new DragEvent('drop', {dataTransfer: data, bubbles: true, cancelable: true}))
}'''

def test_a_dropped_photograph(compared, data, shot):
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (40, 80, 3), dtype=np.uint8)).save(buf := io.BytesIO(), 'png')
    compared.evaluate(DROP, ['.uda-canvas', 'mine.png', base64.b64encode(buf.getvalue()).decode()])
    compared.wait_for_function("() => document.body.innerText.includes('label map saved as')", timeout=20_000)
    assert (data/'out'/'labels'/'mine_labelTrainIds.png').exists()
    assert 'mine.png' in compared.locator('.jp-OutputArea').first.inner_text()
    compared.evaluate(DROP, ['.uda-canvas', 'notes.txt', base64.b64encode(b'hello').decode()])
    compared.wait_for_selector('[role=alert]', timeout=20_000)
    assert 'cannot identify image' in compared.locator('[role=alert]').first.inner_text()
    shot(compared)

def test_a_dropped_folder(compared, data, tmp_path, shot):
    "As from a file manager: the browser is given the folder, and the panel walks through it."
    for k, name in enumerate(('drive/one.png', 'drive/deeper/two.png', 'drive/deeper/three.png')):
        (tmp_path/name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.random.default_rng(k).integers(0, 255, (40, 80, 3), dtype=np.uint8)).save(tmp_path/name)
    box = compared.locator('.uda-canvas').first.bounding_box()
    session = compared.context.new_cdp_session(compared)
    what = dict(items=[], files=[str(tmp_path/'drive')], dragOperationsMask=1)
    for kind in ('dragEnter', 'dragOver', 'drop'): session.send('Input.dispatchDragEvent', dict(type=kind, x=box['x']+60, y=box['y']+60, data=what))
    for name in ('one', 'two', 'three'):
        for _ in range(80):
            if (data/'out'/'labels'/f'{name}_labelTrainIds.png').exists(): break
            compared.wait_for_timeout(250)
        assert (data/'out'/'labels'/f'{name}_labelTrainIds.png').exists(), f'{name}.png was not labelled'
    settle(compared)
    assert 'label map saved as' in compared.locator('.jp-OutputArea').first.inner_text()
    shot(compared)

def test_dark(compared, shot):
    command(compared, 'apputils:change-theme', dict(theme='JupyterLab Dark'))
    compared.wait_for_timeout(1500)
    assert compared.locator('.uda-stage canvas').first.is_visible()
    colour = compared.locator('.uda-canvas').first.evaluate('e => getComputedStyle(e).color')
    assert min(map(int, re.findall(r'\d+', colour)[:3])) > 150, f'text is {colour} on a dark page'
    shot(compared)
    command(compared, 'apputils:change-theme', dict(theme='JupyterLab Light'))

def test_the_browser_paints_what_the_kernel_paints(lab, browser):
    "Every layer, pixel by pixel, at the size of the image."
    notebook(lab.top/'nbs'/'paint.ipynb', '''
import numpy as np
from uda_seg.canvas import Canvas
from uda_seg.labels import space
from uda_seg.core import draw
city, rng = space('cityscapes19'), draw('paint')
mask = lambda: np.where(rng.random((48, 96)) < .05, 255, rng.integers(0, 19, (48, 96))).astype(np.uint8)
image, truth = rng.integers(0, 255, (48, 96, 3)).astype(np.uint8), mask()
c = Canvas(most_high=48)
c.see([dict(title=t, image=image, truth=truth, label=mask() % 19, confidence=rng.integers(0, 255, (48, 96)).astype(np.uint8)) for t in 'ab'], city)
c.on = [*range(0, 19, 2)]
c''', "import base64, zlib, json\nfor l in c.layers:\n    c.layer = l\n    print(l, base64.b64encode(zlib.compress(np.stack(c.pictures()).tobytes())).decode())")
    page = lab.page(browser, 'nbs/paint.ipynb')
    assert run_all(page) == []
    page.wait_for_selector('.uda-stage canvas')
    text = page.evaluate("() => window.jupyterapp.shell.currentWidget.content.widgets.flatMap(c => c.model.sharedModel.outputs || []).filter(o => o.output_type == 'stream').map(o => [].concat(o.text).join('')).join('')")
    kernel = {l.split()[0]: np.frombuffer(zlib.decompress(base64.b64decode(l.split()[1])), np.uint8).reshape(2, 48, 96, 3) for l in text.splitlines()}
    assert len(kernel) == 6
    for name, pictures in kernel.items():
        layer(page, name)
        for n in range(2):
            shown = pixels(page, n)
            assert shown.shape[:2] == (48, 96), 'the canvas is as large as the image'
            assert np.abs(shown[..., :3].astype(int)-pictures[n]).max() <= 2, f'{name}: the browser paints otherwise than the kernel'
    page.close()
