"""Does the code still give the numbers of tests/canary.json? If not, it is said which edition to raise; see nbs/56_canary."""
import functools, importlib, json, os, subprocess, sys
import pytest
import uda_seg.methods
from uda_seg import losses, params
from uda_seg.canary import alike, changed, compare, main, measure, record
from uda_seg.core import root

FILE = root()/'tests'/'canary.json'

@pytest.fixture(scope='module')
def old(): return json.loads(FILE.read_text(encoding='utf-8'))

@pytest.fixture(scope='module')
def new(): return record()

def only(old, *kinds): return {k: v for k, v in old.items() if k.startswith(kinds)}

def test_the_numbers_are_those_of_the_file(old, new): assert compare(old, new) == []

def test_the_file_is_sorted_and_readable(old):
    lines = FILE.read_text(encoding='utf-8').splitlines()
    assert len(lines) == len(old)+2 and list(old) == sorted(old)
    assert all(v.keys() == {'edition', 'numbers'} for v in old.values())

@pytest.fixture
def rewritten(monkeypatch, tmp_path):
    "rewritten(leaf, text, other): the method as it would be with another text, on the shelf for one test."
    def put(name, text, other):
        code = (root()/'uda_seg'/'methods'/f'{name}.py').read_text(encoding='utf-8')
        assert text in code
        (tmp_path/f'{name}.py').write_text(code.replace(text, other), encoding='utf-8')
        monkeypatch.setattr(uda_seg.methods, '__path__', [str(tmp_path), *uda_seg.methods.__path__])
        monkeypatch.setattr(uda_seg.methods.__spec__, 'submodule_search_locations', uda_seg.methods.__path__)
        monkeypatch.delitem(sys.modules, f'uda_seg.methods.{name}', raising=False)
        importlib.invalidate_caches()
        params._origin.cache_clear() # where modules lie is found once a process
        return record(measure('methods', name))
    yield put
    params._origin.cache_clear()
    for name in [p.stem for p in tmp_path.glob('*.py')]: sys.modules.pop(f'uda_seg.methods.{name}', None)

def test_a_mended_message_changes_nothing(old, rewritten):
    new = rewritten('minent', 'must be at least .5', 'is below .5: give .5 or more')
    assert compare(only(old, 'methods.minent'), new) == []

def test_another_default_is_named(old, rewritten):
    new = rewritten('minent', 'lam:NotNegative=1e-2', 'lam:NotNegative=2e-2')
    assert compare(only(old, 'methods.minent'), new) == ['the numbers of minent changed: raise its edition and measure its rows again']

def test_a_raised_edition_asks_for_a_new_file(old, rewritten):
    was = old['methods.minent']['edition']
    new = rewritten('minent', f'    edition = {was}', f'    edition = {was+1}')
    assert compare(only(old, 'methods.minent'), new) == [f'minent has edition {was+1}, the canary was written with {was}: run make canary']

@functools.wraps(losses.ce_criterion)
def ten_percent_more(*args, **kw): return {k: (w, 1.1*v) for k, (w, v) in losses.ce_criterion(*args, **kw).items()}

def test_a_changed_loss_is_named(old, monkeypatch):
    monkeypatch.setitem(losses.CRITERIA, 'ce', ten_percent_more)
    few = ('methods.adabn', 'methods.minent', 'losses.ce')
    said = changed(only(old, *few), record(measure('methods', 'adabn') | measure('methods', 'minent') | measure('losses', 'ce')))
    assert said[0].startswith('all methods changed: raise EDITION in 42_learner if the loop changed')
    assert said[1].startswith('the numbers of losses.ce changed: ') and len(said) == 2

def test_changed_numbers_are_not_written(old, tmp_path, capsys):
    file = tmp_path/'canary.json'
    file.write_bytes(FILE.read_bytes())
    bad = json.loads(FILE.read_text())
    bad['models.smp']['numbers'][0] += 1
    assert main(file, bad) == 1
    assert 'the numbers of smp changed: raise its edition and measure its rows again' in capsys.readouterr().out
    assert file.read_bytes() == FILE.read_bytes()
    bad['models.smp']['edition'] += 1
    assert main(file, bad) == 0 and json.loads(file.read_text()) == bad

PLAIN = dict(ATEN_CPU_CAPABILITY='default', ONEDNN_MAX_CPU_ISA='SSE41', MKL_ENABLE_INSTRUCTIONS='SSE4_2', OPENCV_CPU_DISABLE='AVX2,FMA3')

def test_an_older_processor_gives_the_same_numbers(old):
    "Without the wide instructions of this processor, sums are added in another order."
    code = "import json, uda_seg.canary as c; print(json.dumps(c.measure_all()))"
    r = subprocess.run([sys.executable, '-W', 'ignore', '-c', code], env=os.environ | PLAIN, cwd=root(), capture_output=True, text=True, check=True)
    plain = json.loads(r.stdout.splitlines()[-1])
    assert [k for k in old if not alike(plain[k], old[k]['numbers'])] == []
