"""How long the canvas takes in the browser, from the hand to the picture: `python tests/browser/speed.py`. It needs an idle machine; nothing is asserted."""
import statistics, sys, tempfile, time
from pathlib import Path
sys.path.append(str(Path(__file__).parents[1])) # where ports lies
from lab import QUIET, Lab, chromium, notebook, project, run_all

CELL = '''
import numpy as np
from uda_seg.canvas import Canvas
from uda_seg.browse import Reel
from uda_seg.core import draw
from uda_seg.labels import space
from uda_seg.panel import Panel
H, W = {size}
city, rng = space('cityscapes19'), draw('speed')
def one(k):
    y = np.kron(rng.integers(0, 19, (H//16, W//16)), np.ones((16, 16))).astype(np.uint8)
    image = np.clip(np.linspace(40, 210, W)[None, :, None]+rng.normal(0, 6, (H, W, 3)), 0, 255).astype(np.uint8)
    return [dict(title=t, image=image, truth=y, label=np.roll(y, s, 1), confidence=np.roll(y, s, 0)*13) for t, s in (('one', 5), ('two', -9))]
made = [one(k) for k in range(8)]
class Speed(Panel):
    def still(self): return {{}}
c, p = Canvas(), Speed()
reel = Reel(range(200), c, lambda k: c.see([dict(m, title=f'{{m["title"]}} {{k}}') for m in made[k % 8]], city), p)
reel.move()
c'''

TIMES = '''async ([what, n]) => {
  const root = document.querySelector('.uda-canvas'), times = []
  const at = (type, x, y) => { const c = root.querySelector('canvas'), r = c.getBoundingClientRect(); c.dispatchEvent(new PointerEvent(type, {clientX: r.left+r.width*x, clientY: r.top+r.height*y, pointerId: 1, bubbles: true})) }
  const key = k => root.dispatchEvent(new KeyboardEvent('keydown', {key: k, bubbles: true}))
  const acts = {
    hover: i => at('pointermove', .1+.02*i, .5), toggle: i => root.querySelectorAll('.uda-chips button')[1+i % 19].click(),
    blend: i => { const s = root.querySelector('input[type=range]'); s.value = (i % 9)/10+.05; s.dispatchEvent(new Event('input')) },
    wipe: i => at('pointermove', .3+.02*i, .4), 'next image': () => key('ArrowRight')}
  if (what == 'wipe') { key('w'); await new Promise(r => setTimeout(r, 500)); const x = .5, c = root.querySelector('canvas'), r = c.getBoundingClientRect()
    c.setPointerCapture = () => {}; c.dispatchEvent(new PointerEvent('pointerdown', {clientX: r.left+r.width*.5, clientY: r.top+20, pointerId: 1, bubbles: true})) }
  const title = () => root.querySelector('figcaption').textContent
  for (let i = 0; i < n; i++) {
    const before = what == 'next image' ? title() : root.dataset.drawn, t = performance.now()
    acts[what](i)
    while ((what == 'next image' ? title() : root.dataset.drawn) == before && performance.now()-t < 5000) await new Promise(r => requestAnimationFrame(r))
    times.push(performance.now()-t)
  }
  if (what == 'wipe') { at('pointerup', .5, .4); key('w'); await new Promise(r => setTimeout(r, 500)) }
  return times
}'''

def main(n=24):
    from playwright.sync_api import sync_playwright
    top = project(Path(tempfile.mkdtemp(prefix='uda_seg-speed')))
    (top/'data').mkdir()
    with Lab(top, top/'data') as lab, sync_playwright() as pw:
        browser = pw.chromium.launch(executable_path=chromium(), args=[*QUIET, '--enable-precise-memory-info', '--js-flags=--expose-gc'])
        for w, h in ((256, 128), (2048, 1024)):
            notebook(top/'nbs'/'speed.ipynb', CELL.format(size=(h, w)))
            page = lab.page(browser, 'nbs/speed.ipynb', (1280, 1000))
            if errors := run_all(page): sys.exit('\n'.join(errors))
            page.wait_for_selector('.uda-stage canvas')
            time.sleep(2)
            for what in ('hover', 'blend', 'toggle', 'wipe', 'next image'):
                times = page.evaluate(TIMES, [what, n])
                print(f'{w}×{h} {what}: median {statistics.median(times):.0f} ms, slowest {max(times):.0f} ms', flush=True)
            sizes = []
            for _ in range(4):
                page.evaluate(TIMES, ['next image', 50 if w < 1000 else 25])
                sizes.append(page.evaluate('() => { window.gc?.(); return performance.memory.usedJSHeapSize/2**20 }'))
            print(f'{w}×{h}: JavaScript heap after each quarter of {200 if w < 1000 else 100} images: '+', '.join(f'{s:.0f}' for s in sizes)+' MiB', flush=True)
            page.close()

if __name__ == '__main__': main()
