"""The tour trains, so the notebooks' own tests skip most of it: here it runs as a whole, in a smaller world and with fewer steps."""
import json
from uda_seg.core import root, scratch_data
from uda_seg.steps import execute

SMALLER = {'n_source=300': 'n_source=8', 'n_target=(300, 40, 60)': 'n_target=(8, 2, 4)', 'iterations=200, start=100': 'iterations=6, start=2',
           'subset=100': 'subset=4', 'Study(check(small))': 'Study(check(dict(subset=4, **small)))', '#| slow': '# run here too'}

def test_the_tour_runs(tmp_path):
    "Every cell of the tour runs, and its three runs stand in one table."
    text = (root()/'nbs'/'00_tour.ipynb').read_text(encoding='utf-8')
    for old, new in SMALLER.items():
        assert old in text, f'00_tour.ipynb does not say {old!r}: adapt this test'
        text = text.replace(old, new)
    (tmp_path/'tour.ipynb').write_text(text, encoding='utf-8')
    with scratch_data(): nb = execute(tmp_path/'tour.ipynb')
    table = next(o.data['text/html'] for c in nb.cells for o in c.get('outputs', []) if 'all labels' in o.get('data', {}).get('text/html', ''))
    assert all(name in table for name in ('source only', 'adapted', 'mIoU'))
