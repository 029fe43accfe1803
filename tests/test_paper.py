"""The figures of a paper are drawn from what is committed: no run, no data set and none of the code that trains."""
import json, time
import pytest, yaml
from uda_seg.core import root
from uda_seg.origin import figure_runs
from uda_seg.rows import table_file
from uda_seg.core import file_digest
from uda_seg.shown import Shown, shown_names
from test_apps import smoke_run

TRAINING = ('fastai', 'torchvision', 'timm', 'segmentation_models_pytorch', *(f'uda_seg.{m}' for m in ('learner', 'loop', 'loaders', 'study', 'method', 'model', 'translator', 'score', 'fit', 'exhibit')))

@pytest.fixture(scope='module')
def drawn(tmp_path_factory):
    "Folder of the figures, seconds, and which modules of training were imported, after papermill with an empty data folder."
    d = tmp_path_factory.mktemp('paper')
    nb = json.loads((root()/'nbs'/'paper.ipynb').read_text(encoding='utf-8'))
    say = f"import sys, json; print(json.dumps([m for m in {TRAINING!r} if m in sys.modules]))"
    nb['cells'].append(dict(cell_type='code', id='last', metadata={}, source=say, outputs=[], execution_count=None))
    (d/'paper.ipynb').write_text(json.dumps(nb))
    (d/'paper.yaml').write_text(yaml.safe_dump(dict(into=str(d/'figures'))))
    (d/'data').mkdir()
    began = time.perf_counter()
    r = smoke_run(d/'paper.ipynb', d/'paper.yaml', d/'out.ipynb', d/'data')
    assert r.returncode == 0, r.stderr[-4000:]
    said = json.loads(''.join(json.loads((d/'out.ipynb').read_text())['cells'][-1]['outputs'][0]['text']))
    return d/'figures', time.perf_counter()-began, said

def test_no_training_code(drawn): assert drawn[2] == []

def test_in_two_minutes(drawn): assert drawn[1] < 120

def test_every_figure_is_small_and_says_its_origin(drawn):
    pngs, pdfs = (sorted(drawn[0].glob(f'*.{end}')) for end in ('png', 'pdf'))
    assert len(pngs) >= 14 and [p.stem for p in pngs] == [p.stem for p in pdfs]
    for p in pngs + pdfs:
        assert p.stat().st_size <= 300_000, p.name
        came = figure_runs(p)
        assert came['tables'] or came['runs'] or p.stem == 'streets_world', p.name
        assert all(table_file(t).is_file() and file_digest(table_file(t)) == sha for t, sha in came['tables'].items()), p.name
        assert bool(came['commits']) == (p.stem != 'streets_world'), p.name

def test_type_is_embedded_as_truetype(drawn):
    for p in drawn[0].glob('*.pdf'):
        data = p.read_bytes()
        assert b'/Type3' not in data and b'/FontFile2' in data, p.name

def test_committed_figures_are_of_todays_rows():
    "A figure that says its origin was drawn from tables as they are now."
    old = []
    for p in (root()/'figures').glob('*.pdf'):
        if b'/Subject' not in p.read_bytes(): continue # drawn before figures said so; it needs runs
        old += [p.name for t, sha in figure_runs(p)['tables'].items() if file_digest(table_file(t)) != sha]
    assert old == []

def test_tables_are_latex_too(drawn):
    for name in ('data_dependency_table', 'data_dependency_runs'):
        text = (drawn[0]/f'{name}.tex').read_text()
        assert r'\toprule' in text and r'\textbf{' in text and text.count('{') == text.count('}')

def test_exhibits_are_whole_and_small():
    folder = root()/'data'/'results'/'shown'
    assert shown_names() and all(Shown(n).told['files'] for n in shown_names())
    assert sum(f.stat().st_size for f in folder.rglob('*') if f.is_file()) <= 300_000
    rows = {r for t in (root()/'data'/'results').glob('*.csv') for r in t.read_text(encoding='utf-8').replace('\n', ',').split(',')}
    assert [n for n in shown_names() if Shown(n).told['run'] not in rows] == [] # of runs that stand in a table
