"""Every app runs through papermill at smoke size, from the root, as a user would run it.

The parameters of nbs/NAME.ipynb are tests/smoke/NAME.yaml; an app without one fails. All apps share one temporary data folder
(UDA_SEG_DATA), train first and paper last, so that a later one finds the runs of an earlier one.
"""
import ast, json, os, subprocess, sys
from pathlib import Path
import pytest, yaml
from fastcore.xtras import modified_env
from nbdev.test import test_nb as run_as_nbdev_test
from uda_seg.core import file_digest, root
from uda_seg.laws import open_house

FIRST, LAST = ('train',), ('paper',)
SMOKE = Path(__file__).parent/'smoke'
apps = [b.path.removesuffix('.ipynb') for b in open_house().books if b.kind == 'app']
apps = sorted(apps, key=lambda a: (a not in FIRST, a in LAST, a))

def belongings():
    "What a smoke run must leave alone: everything in data/ by name and size, the figures by content."
    data = {p.relative_to(root()): p.stat().st_size for p in (root()/'data').rglob('*') if p.is_file()}
    return data | {p.relative_to(root()): file_digest(p) for p in (root()/'figures').rglob('*') if p.is_file()}

def smoke_run(notebook, parameters, out, data):
    "Run a notebook in its own papermill; returns the process."
    env = os.environ | dict(UDA_SEG_DATA=str(data), MPLBACKEND='agg')
    cmd = [sys.executable, '-m', 'papermill', str(notebook), str(out), '-f', str(parameters), '--no-progress-bar']
    return subprocess.run(cmd, cwd=root(), env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL)

def injected(path):
    "The text of the cell that papermill put in."
    cells = json.loads(path.read_text())['cells']
    return '\n'.join(''.join(c['source']) for c in cells if 'injected-parameters' in c['metadata'].get('tags', []))

@pytest.fixture(scope='session')
def data(tmp_path_factory): return tmp_path_factory.mktemp('data')

def test_there_is_something_to_run(): assert 'train' in apps

@pytest.mark.parametrize('app', apps)
def test_nbdev_test_leaves_apps_out(app):
    "A bare nbdev_test must not train: it passes an app by without running a cell."
    with modified_env(): # it sets IN_TEST, which would make a later nbdev_export do nothing
        assert run_as_nbdev_test(root()/'nbs'/f'{app}.ipynb') == (True, 0)

def test_no_parameters_without_an_app(): assert {p.stem for p in SMOKE.glob('*.yaml')} <= set(apps)

@pytest.mark.parametrize('app', apps)
def test_app(app, data, tmp_path):
    parameters = SMOKE/f'{app}.yaml'
    assert parameters.exists(), f'nbs/{app}.ipynb has no smoke parameters: write {parameters.relative_to(root())}'
    before = belongings()
    r = smoke_run(root()/'nbs'/f'{app}.ipynb', parameters, tmp_path/f'{app}.ipynb', data)
    assert r.returncode == 0, r.stderr[-6000:]
    missing = [k for k in yaml.safe_load(parameters.read_text()) or {} if f'\n{k} = ' not in '\n'+injected(tmp_path/f'{app}.ipynb')]
    assert not missing, f'papermill did not pass {missing} on: is the cell tagged parameters?'
    assert belongings() == before, 'the smoke run wrote into data/ or figures/ of the project: use UDA_SEG_DATA and a parameter'

def notebook(*cells):
    "A notebook of code cells, each given as its source and its tags."
    kernel = dict(name='python3', display_name='python3', language='python')
    def cell(i, src, *tags):
        return dict(cell_type='code', id=f'c{i}', metadata=dict(tags=list(tags)), source=src, outputs=[], execution_count=None)
    return json.dumps(dict(cells=[cell(i, *c) for i, c in enumerate(cells)], metadata=dict(kernelspec=kernel), nbformat=4, nbformat_minor=5))

def test_the_kernel_is_this_environments(tmp_path):
    "Parameters arrive, the data folder is the temporary one, and the kernel is our interpreter although another stands first on the path."
    nb, out, other = tmp_path/'a.ipynb', tmp_path/'out.ipynb', tmp_path/'bin'
    other.mkdir()
    for name in ('python', 'python3'): (other/name).write_text('#!/bin/sh\nexit 3\n'); (other/name).chmod(0o755)
    say = 'import os, sys, uda_seg; print([a, os.environ["UDA_SEG_DATA"], sys.prefix, uda_seg.__file__])'
    nb.write_text(notebook(['a = 1', 'parameters'], [say]))
    (tmp_path/'a.yaml').write_text('a: 2')
    with pytest.MonkeyPatch.context() as m:
        m.setenv('PATH', f'{other}:{os.environ["PATH"]}')
        r = smoke_run(nb, tmp_path/'a.yaml', out, 'there')
    assert r.returncode == 0, r.stderr[-3000:]
    said = ''.join(json.loads(out.read_text())['cells'][-1]['outputs'][0]['text'])
    assert ast.literal_eval(said) == [2, 'there', sys.prefix, str(root()/'uda_seg'/'__init__.py')]

def test_a_failing_app_is_seen(tmp_path):
    (tmp_path/'a.ipynb').write_text(notebook(['a = 1', 'parameters'], ['raise ValueError("broken on purpose")']))
    (tmp_path/'a.yaml').write_text('a: 2')
    r = smoke_run(tmp_path/'a.ipynb', tmp_path/'a.yaml', tmp_path/'out.ipynb', tmp_path)
    assert r.returncode and 'broken on purpose' in r.stderr

def test_a_shared_start_is_scored_when_asked_for(data, tmp_path):
    "The smoke run trained its start on the way, without scores: asked for by its own parameters, it is scored and shown."
    from uda_seg.params import check, start_params
    values = yaml.safe_load((SMOKE/'train.yaml').read_text())
    start = start_params(check(values)).model_dump(mode='json', exclude={'name'})
    (tmp_path/'start.yaml').write_text(yaml.safe_dump(start))
    r = smoke_run(root()/'nbs'/'train.ipynb', tmp_path/'start.yaml', tmp_path/'out.ipynb', data)
    assert r.returncode == 0, r.stderr[-3000:]
