"""What README shows is run as it stands there."""
import json, os, re, shutil, subprocess, sys
from pathlib import Path
from uda_seg.core import root

README = (root()/'README.md').read_text(encoding='utf-8')

def test_a_method_of_ones_own(tmp_path):
    "README's method, saved as a notebook in a copy of the project, is exported, found by name and trained by README's command."
    page = README.split('## Add a method')[1]
    cell, command = re.search(r'```python\n(.*?)```.*?```bash\n(.*?)```', page, re.S).groups()
    assert len([l for l in cell.splitlines() if l.strip()]) <= 15
    here = tmp_path/'project'
    for folder in ('nbs', 'uda_seg', 'tests', 'figures'): shutil.copytree(root()/folder, here/folder, ignore=shutil.ignore_patterns('__pycache__', '.ipynb_checkpoints'))
    (here/'data').mkdir()
    for f in ('settings.ini', 'setup.py', 'LICENSE', 'CONTRIBUTING.md', 'CHANGELOG.md', 'CITATION.cff', 'data/README.md'): shutil.copy(root()/f, here/f)
    title = dict(cell_type='markdown', id='t', metadata={}, source='# Sure\n\n> what it does')
    code = dict(cell_type='code', id='a', metadata={}, source=cell.strip(), outputs=[], execution_count=None)
    kernel = dict(kernelspec=dict(display_name='python3', language='python', name='python3')) # as JupyterLab saves it
    (here/'nbs/methods/sure.ipynb').write_text(json.dumps(dict(cells=[title, code], metadata=kernel, nbformat=4, nbformat_minor=5)))
    bin = Path(sys.executable).parent
    env = os.environ | dict(PYTHONPATH=str(here), UDA_SEG_ROOT=str(here), UDA_SEG_DATA=str(tmp_path/'data'), MPLBACKEND='agg', PATH=f"{bin}:{os.environ['PATH']}")
    def run(*words):
        r = subprocess.run(words, cwd=here, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        assert r.returncode == 0, (r.stdout+r.stderr)[-4000:]
    run('nbdev_export')
    run('git', 'init', '-q'); run(sys.executable, '-m', 'uda_seg.steps')
    assert '`pytest tests/test_conformance.py -k sure`' in README
    run('pytest', 'tests/test_conformance.py', '-k', 'sure', '-q')
    own = re.fullmatch(r'papermill (\S+) out.ipynb -y "(.*)"\n', command)
    run('papermill', own[1], str(tmp_path/'out.ipynb'), '-f', 'tests/smoke/train.yaml', '-y', own[2], '--no-progress-bar')
    info = json.loads((tmp_path/'data/runs/smoke/run.json').read_text())
    assert (info['state'], info['params']['methods'], info['params']['options']) == ('done', ['sure'], {'sure': {'lam': .01}})
    assert '"sure.entropy"' in (tmp_path/'data/runs/smoke/metrics.jsonl').read_text()
