"""JupyterLab on loopback with a token, and a headless Chromium that looks at it."""
import json, os, secrets, shutil, subprocess, sys, time, urllib.request
from pathlib import Path
from ports import free_ports

QUIET = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']
TINY = dict(source_options=dict(size=[64, 32], n_source=8), target_options=dict(size=[64, 32], n_target=[12, 4, 6]), size='64x32', device='cpu', precision='float32', weights='none', subset=4)
HERE = Path(__file__).resolve().parents[2]

def chromium():
    "Where Chromium is."
    found = shutil.which('chromium') or shutil.which('chromium-browser') or shutil.which('google-chrome')
    if not found: raise FileNotFoundError('no chromium on the path: make test-browser installs Debian\'s, or install one')
    return found

def project(top):
    "A copy of the notebooks in a folder of its own, so that running them changes nothing here."
    shutil.copytree(HERE/'nbs', top/'nbs', ignore=shutil.ignore_patterns('.ipynb_checkpoints', '_*'))
    shutil.copytree(HERE/'figures', top/'figures') # JupyterLab shows no picture that lies behind a link
    for name in ('settings.ini', 'uda_seg'): (top/name).symlink_to(HERE/name)
    return top

class Lab:
    "A server in a folder; `with Lab(top) as lab`, then `lab.page(browser, 'nbs/explore.ipynb')`."
    def __init__(self, top, data):
        self.top, self.data, self.port, self.token = Path(top), Path(data), free_ports()[0], secrets.token_hex(16)
        self.url = f'http://127.0.0.1:{self.port}'

    def __enter__(self):
        settings = self.top/'.jupyter-settings'/'@jupyterlab'/'apputils-extension'
        settings.mkdir(parents=True, exist_ok=True)
        (settings/'notification.jupyterlab-settings').write_text('{"fetchNews": "false", "checkForUpdates": false}')
        env = os.environ | dict(UDA_SEG_ROOT=str(self.top), UDA_SEG_DATA=str(self.data), PYTHONPATH=str(HERE), OMP_NUM_THREADS='1', JUPYTER_TOKEN=self.token, JUPYTERLAB_SETTINGS_DIR=str(self.top/'.jupyter-settings'), JUPYTER_PREFER_ENV_PATH='1',
                                PATH=f'{Path(sys.executable).parent}{os.pathsep}{os.environ["PATH"]}')
        env |= {f'JUPYTER_{k}_DIR': str(self.top/f'.jupyter-{k.lower()}') for k in ('CONFIG', 'RUNTIME')}
        args = ['--no-browser', f'--port={self.port}', '--ip=127.0.0.1', f'--ServerApp.root_dir={self.top}', '--expose-app-in-browser', '--allow-root']
        self.log = open(self.top/'lab.log', 'w')
        self.process = subprocess.Popen([sys.executable, '-m', 'jupyterlab', *args], env=env, stdout=self.log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        for _ in range(240):
            try: return self._ready()
            except OSError: time.sleep(.25)
        raise TimeoutError(f'JupyterLab does not answer: {(self.top/"lab.log").read_text()[-2000:]}')

    def _ready(self):
        urllib.request.urlopen(f'{self.url}/api?token={self.token}', timeout=5).read()
        return self

    def __exit__(self, *error):
        self.process.terminate()
        try: self.process.wait(20)
        except subprocess.TimeoutExpired: self.process.kill()
        self.log.close()

    def page(self, browser, path, size=(1280, 1400)):
        "A notebook's page, loaded and ready to run."
        page = browser.new_page(viewport=dict(width=size[0], height=size[1]))
        page.goto(f'{self.url}/lab/tree/{path}?reset&token={self.token}', wait_until='domcontentloaded')
        page.wait_for_selector('.jp-Notebook .jp-Cell', timeout=90_000)
        page.wait_for_function('() => window.jupyterapp?.shell.currentWidget?.context?.isReady')
        return page

def command(page, name, args=None): page.evaluate('([n, a]) => window.jupyterapp.commands.execute(n, a)', [name, args or {}])

_STATE = '''() => {
  const w = window.jupyterapp.shell.currentWidget, code = w.content.widgets.filter(c => c.model.type == 'code' && c.model.sharedModel.source.trim())
  const outputs = code.flatMap(c => c.model.sharedModel.outputs)
  return {idle: w.context.sessionContext.session?.kernel?.status == 'idle', ran: code.every(c => c.model.executionCount != null),
          errors: outputs.filter(o => o.output_type == 'error').map(o => o.ename + ': ' + o.evalue)}
}'''

def run_all(page, seconds=240):
    "Run all cells; the errors that cells end with."
    page.wait_for_function("() => window.jupyterapp.shell.currentWidget.context.sessionContext.session?.kernel?.status == 'idle'", timeout=90_000)
    command(page, 'notebook:run-all-cells')
    end = time.monotonic()+seconds
    while time.monotonic() < end:
        time.sleep(.3)
        s = page.evaluate(_STATE)
        if s['idle'] and (s['ran'] or s['errors']): return s['errors']
    raise TimeoutError(f'the notebook still runs after {seconds} s: {s}')

def notebook(path, *cells):
    "Write a small notebook of code cells."
    code = [dict(cell_type='code', id=f'cell{k}', metadata={}, execution_count=None, outputs=[], source=c) for k, c in enumerate(cells)]
    kernel = dict(display_name='python3', language='python', name='python3')
    Path(path).write_text(json.dumps(dict(cells=code, metadata=dict(kernelspec=kernel), nbformat=4, nbformat_minor=5)))
