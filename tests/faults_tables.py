"""Tables, grids, parameters and worlds that are broken: each is told by name, and nothing is believed, lost or written back."""
import json, os, random, re, shutil, signal, subprocess, sys, time
from contextlib import nullcontext
from pathlib import Path
import numpy as np, pandas as pd, pytest
from PIL import Image
from uda_seg import experiment
from uda_seg.cluster import Outcome
from uda_seg.core import Damaged, Full, Refused, digest, read_json, root
from uda_seg.experiment import main, run_grid
from uda_seg.params import Params, run_name
from uda_seg.grid import read_grid
from uda_seg.results import collect, headline, read_results
from uda_seg.rows import COLUMNS, RATIOS, read_table, seal_table, table_file, write_table
from uda_seg.run import open_run
from uda_seg.score import load
from uda_seg.world.build import build, check_files, spec, verify

FULL = bool(os.environ.get('FAULTS'))
HOME = root()

def says(f, *words, exc=Refused):
    "Does a call end with that exception, and one line that holds the words?"
    try: f()
    except exc as e: return '\n' not in str(e) and all(w in str(e) for w in words)
    return False

def flipped(data, k):
    "Bytes with one bit turned; the k-th of a fixed series."
    r, b = random.Random(k), bytearray(data)
    b[r.randrange(len(b))] ^= 1 << r.randrange(8)
    return bytes(b)

# tables

def invented(grid):
    "The table of a grid as if its first runs had been measured: 24 runs of six scores."
    runs, scores = list(read_grid(grid).items())[:24], [(d, s, w) for w in ('student', 'teacher') for d, s in (('target', 'val'), ('target', 'test'), ('source', 'train'))]
    lead = dict.fromkeys(COLUMNS, '') | dict(grid=grid, model='smp', network='smp', unlabelled='all', pixel_accuracy='80.000', mean_accuracy='50.000', iou='60.00 absent', iterations='600', start='200',
        protocol='images 256×128', editions='loop 1', params='a', commit='abc', environment='python', data='a b', weights='b')
    told = lambda p: dict(source=p.source, target=p.target, methods='+'.join(p.methods), subset=str(p.subset), run=run_name(p))
    rows = [lead | told(p) | dict(row=row, seed=str(seed), role='source' if d == 'source' else 'report' if s == 'test' else 'model selection', domain=d, split=s, who=w, miou=f'{24.817+k+j/10:.3f}')
            for k, ((row, seed), p) in enumerate(runs) for j, (d, s, w) in enumerate(scores)]
    return pd.DataFrame(rows, columns=list(COLUMNS))

@pytest.fixture
def house(tmp_path, monkeypatch):
    "A copy of the grids with invented tables, which the kit takes for the project."
    shutil.copytree(HOME/'nbs'/'grids', tmp_path/'nbs'/'grids', ignore=shutil.ignore_patterns('.*'))
    (tmp_path/'data'/'results').mkdir(parents=True)
    shutil.copy(HOME/'settings.ini', tmp_path)
    monkeypatch.setenv('UDA_SEG_ROOT', str(tmp_path))
    monkeypatch.setenv('UDA_SEG_DATA', str(tmp_path/'elsewhere'))
    monkeypatch.setattr(experiment, 'run_jobs', lambda client, jobs, *args, **how: {j.name: Outcome(1, 'not here', 0., '') for j in jobs}) # should a broken table be believed, nothing is trained
    monkeypatch.setattr(experiment, 'open_client', lambda *args, **how: nullcontext())
    for grid in ('data_dependency', 'camvid'): write_table(invented(grid), table_file(grid))
    return tmp_path

def half(b): return b''.join(b.splitlines(keepends=True)[:74])
def in_a_number(b): return b[:b.index(b',', b.index(b'student,'))+2] # '2' of 24.817
def both_sides(b):
    lines = b.splitlines(keepends=True)
    return b''.join([*lines[:9], b'<<<<<<< HEAD\n', *lines[9:11], b'=======\n', *lines[9:11], b'>>>>>>> other\n', *lines[11:]])
def twice(b): return b + b.splitlines(keepends=True)[9]
def foreign(b): return b'a;b;c\n1;2;3\n'
def exchanged(b): lines = b.splitlines(keepends=True); return b''.join([*lines[:5], lines[6], lines[5], *lines[7:]])
DAMAGES = {half: '(73 rows read, 144 written)', in_a_number: 'line 2 has 15 fields, not 41 (0 rows read, 144 written)', both_sides: 'line 10 is the mark of a merge conflict',
    twice: 'line 146 repeats line 10 in row, seed, domain, split, who', foreign: "line 1 is 'a;b;c', not the names of the 41 columns", exchanged: 'git diff shows which',
    lambda b: b'': 'it is empty', lambda b: b.replace(b'student', b'stu\0dent', 1): "line 2 holds the character '\\x00'",
    lambda b: b.replace('×'.encode(), b'\xd7', 1): 'line 2 holds the byte 0xd7, which is not UTF-8', lambda b: b.replace(b'\n', b'\r\n'): 'line 1 is',
    lambda b: b'\xef\xbb\xbf'+b: 'line 1 is', lambda b: b.replace(b'24.817', b'24.917'): 'git diff shows which', lambda b: b.replace(b'24.817', b'248.17'): "line 2 has miou '248.17', not a percentage",
    lambda b: b[:-1]: 'line 145 is cut short', lambda b: b.replace(b',all,0,', b',all,nan,', 1): "line 2 has seed 'nan', not a whole number", lambda b: b+b'\n': 'line 146 has 0 fields'}

@pytest.mark.fault('a damaged results table')
@pytest.mark.parametrize('damage', DAMAGES, ids=lambda f: re.sub(r'\W+', '-', DAMAGES[f])[:40])
def test_a_damaged_table_is_refused(house, damage, tries):
    f = table_file('data_dependency')
    bad = damage(f.read_bytes())
    f.write_bytes(bad)
    for use in (read_results, collect, run_grid):
        tries(says(lambda: use('data_dependency'), f'{f}: ', DAMAGES[damage], 'git checkout HEAD data/results/data_dependency.csv', "seal_table('data_dependency')", exc=Damaged))
    tries(f.read_bytes() == bad and main(['grid', 'data_dependency']) == 2)
    assert not tries.silent

@pytest.mark.fault('a results table with a flipped bit')
@pytest.mark.parametrize('grid', ['data_dependency', 'camvid'])
def test_a_flipped_bit_is_seen(house, grid, tries):
    f = table_file(grid); whole = f.read_bytes()
    for k in range(300 if FULL else 20):
        f.write_bytes(flipped(whole, k))
        tries(says(lambda: read_table(f), str(f), exc=Damaged))
    assert not tries.silent

@pytest.mark.fault('a damaged seal of a table')
def test_a_damaged_seal_hides_no_table(house, tries):
    f = table_file('data_dependency'); seal = f.with_suffix('.sha256'); whole, rows = seal.read_bytes(), read_table(f)
    for bad in [*(flipped(whole, k) for k in range(300 if FULL else 20)), b'', b'\xff'*9, table_file('camvid').with_suffix('.sha256').read_bytes()]:
        seal.write_bytes(bad)
        try: tries(read_table(f).equals(rows)) # a flip in the count, beside a digest that holds
        except Damaged as e: tries('data_dependency.sha256, its seal' in str(e) or 'git diff' in str(e) or 'written)' in str(e))
    seal.unlink(); tries(says(lambda: read_table(f), 'its seal, is missing', exc=Damaged))
    assert not tries.silent

KILLED = '''
import os, signal, sys
from pathlib import Path
import uda_seg.rows as rows
path, at, write = Path(sys.argv[1]), int(sys.argv[2]), rows.write_atomic
done = 0
def counted(*args):
    global done
    if done == at: os.kill(os.getpid(), signal.SIGKILL)
    done += 1
    return write(*args)
rows.write_atomic = counted
table = rows.read_table(path, dtype=str, keep_default_na=False)
rows.write_table(table[:100], path)
os.kill(os.getpid(), signal.SIGKILL)
'''
@pytest.mark.fault('a kill while a table is written')
@pytest.mark.parametrize('at', range(4))
def test_no_kill_leaves_a_table_that_is_refused(house, at, tries):
    f = table_file('data_dependency')
    r = subprocess.run([sys.executable, '-c', KILLED, f, str(at)], cwd=HOME)
    assert r.returncode == -signal.SIGKILL
    tries(len(read_table(f)) == (144 if at < 2 else 100))
    whole = f.read_bytes(); f.write_bytes(whole[:-40]); tries(says(lambda: read_table(f), exc=Damaged)) # and no third one is believed
    f.write_bytes(whole); write_table(read_table(f, dtype=str, keep_default_na=False)[:50], f)
    tries(len(read_table(f)) == 50 and f.with_suffix('.sha256').read_text().count('\n') == 2)
    assert not tries.silent

@pytest.mark.fault('an edit that was meant')
def test_a_meant_edit_is_sealed_once_it_is_whole(house, tries):
    f = table_file('data_dependency'); good = f.read_bytes()
    f.write_bytes(good.replace(b'24.817', b'24.917')); seal_table('data_dependency')
    tries((read_results('data_dependency').miou == 24.917).any())
    before = f.with_suffix('.sha256').read_bytes()
    for bad in (half(good)[:-9], twice(good), both_sides(good), foreign(good), good.replace(b'data_dependency,', b'camvid,', 1)):
        f.write_bytes(bad); tries(says(lambda: seal_table('data_dependency'), f'{f}: line', exc=Damaged) and f.with_suffix('.sha256').read_bytes() == before)
    f.unlink(); tries(says(lambda: seal_table('data_dependency'), "unknown table 'data_dependency'"))
    assert not tries.silent

def test_the_seals_in_git_match():
    "As sha256sum reads them; notebook 54_rows reads every table besides."
    if not shutil.which('sha256sum'): pytest.skip('there is no sha256sum here')
    folder = HOME/'data'/'results'
    subprocess.run(['sha256sum', '--check', '--strict', *sorted(f.name for f in folder.glob('*.sha256'))], cwd=folder, check=True, stdout=subprocess.DEVNULL)

@pytest.mark.fault('git: two branches, foreign line ends')
def test_git_mixes_no_tables(house, tries):
    def git(*args): return subprocess.run(['git', '-c', 'user.name=a', '-c', 'user.email=a@b', '-c', 'core.autocrlf=true', *args], cwd=house, capture_output=True, text=True)
    shutil.copy(HOME/'.gitattributes', house)
    f, seal = table_file('data_dependency'), table_file('data_dependency').with_suffix('.sha256')
    git('init', '-q', '-b', 'main'); git('add', '.'); git('commit', '-qm', 'a')
    def measured(branch, old, new):
        git('checkout', '-q', '-b', branch, 'main'); f.write_bytes(f.read_bytes().replace(old, new, 1)); seal_table('data_dependency'); git('commit', '-qam', branch)
    measured('one', b'24.817', b'24.900'); measured('two', b',streets-streets-supervised', b',streets-streets-other') # far apart: git alone would mix them
    ours, r = f.read_bytes(), git('merge', 'one')
    tries(r.returncode != 0 and 'data_dependency.csv' in r.stdout and f.read_bytes() == ours and len(read_table(f)) == 144)
    git('merge', '--abort'); f.unlink(); seal.unlink(); git('checkout', 'HEAD', 'data/results/data_dependency.csv', 'data/results/data_dependency.sha256')
    tries(b'\r' not in f.read_bytes() and len(read_table(f)) == 144)
    assert not tries.silent

@pytest.mark.fault('paper and evaluate: tables, grids and runs that are not there')
def test_paper_and_evaluate_say_what_is_missing(house, tries):
    tries(says(lambda: read_results('data_dependancy'), "unknown table 'data_dependancy'", "did you mean 'data_dependency'"))
    tries(says(lambda: headline(read_results('data_dependency').query('role == "source"')), 'on the split that reports'))
    (house/'nbs'/'grids'/'data_dependency.yaml').unlink(); tries(says(lambda: read_results('data_dependency'), "unknown grid 'data_dependency'"))
    tries(says(lambda: load('gone'), "unknown run 'gone'", exc=(Refused, FileNotFoundError)))
    with open_run(Params(name='early')): pass
    tries(says(lambda: load('early'), 'run early has no checkpoint', exc=(Refused, FileNotFoundError)))
    run = house/'elsewhere'/'runs'/'early'
    (run/'last.json').write_text(json.dumps(dict(it=1, file='checkpoint-0000001.pt', sha256='0'*64)))
    tries(says(lambda: load('early'), 'checkpoint-0000001.pt is missing or not what was written', exc=Damaged))
    (run/'run.json').write_text((run/'run.json').read_text()[:99]); tries(says(lambda: load('early'), 'run.json', exc=Damaged))
    assert not tries.silent

# grids

GRIDS = {'': 'no row: say what varies', '- a\n- b\n': 'holds list', 'rows: {a: {}}\n': 'seeds None', 'seeds: [0]\n': 'no row: say what varies', 'seeds: 3\nrows: {a: {}}\n': 'seeds 3', 'seeds: none\nrows: {a: {}}\n': "seeds 'none'",
    'seeds: [0, 0]\nrows: {a: {}}\n': 'each once', 'seeds: [.nan]\nrows: {a: {}}\n': 'seeds [nan]', 'seeds: [-1]\nrows: {a: {}}\n': 'seeds [-1]', 'seeds: [[1]]\nrows: {a: {}}\n': 'seeds [[1]]', 'seeds: []\nrows: {a: {}}\n': 'seeds []',
    'seeds: [0]\nrows: [a, b]\n': "rows ['a', 'b']", 'seeds: [0]\nrows: {}\n': 'no row: say what varies', 'seeds: [0]\nrows:\n': 'rows None', 'seeds: [0]\nrows: {a: [1]}\n': 'row a is [1]', 'seeds: [0]\nrows: {3: {}}\n': 'row 3', 'seeds: [0]\nrows: {null: {}}\n': 'row None',
    'seeds: [0]\nrow: {a: {}}\n': "did you mean 'rows'", 'seeds: [0]\nbase: [1]\nrows: {a: {}}\n': 'base is [1]', 'seeds: [0]\nbase: {seed: 4}\nrows: {a: {}}\n': 'the seed is one of the seeds', 'seeds: [0]\nrows:\n\ta: {}\n': 'line 3',
    'seeds: [0]\nrows:\n  a: {subset: 1}\n  a: {subset: 2}\n': "line 4: 'a' occurs twice", 'seeds: [0]\nrows: {a: {lr: fast}}\n': "row a: before anything was loaded: parameter lr = 'fast'", 'seeds: [0]\nrows: {a: {lra: 1}}\n': "row a: before anything was loaded: unknown parameter 'lra'",
    'seeds: [0]\nrows: {a: {seeds: [1]}}\n': 'row a: seeds [1] are not', 'seeds: [0]\nrows: {a: {seeds: 1}}\n': 'row a: seeds 1', 'seeds: [0]\nrows: {a: {methods: [nope]}}\n': "row a: before anything was loaded: unknown method 'nope'", '\0\1': 'g.yaml', '{': 'line 1'}

@pytest.mark.fault('a malformed grid')
@pytest.mark.parametrize('text', GRIDS, ids=lambda t: re.sub(r'\W+', '-', t)[:50])
def test_a_malformed_grid_is_one_line(house, text, tries, capsys):
    f = house/'g.yaml'; f.write_text(text)
    tries(says(lambda: read_grid(f), str(f), GRIDS[text]))
    tries(main(['grid', str(f)]) == 2 and len(capsys.readouterr().err.splitlines()) == 1)
    assert not tries.silent

@pytest.mark.fault('a malformed grid')
def test_what_is_no_text_is_no_grid(house, tries, capsys):
    (house/'folder.yaml').mkdir(); (house/'binary.yaml').write_bytes(b'\x89PNG\xff\xfe'); (house/'.yaml').touch()
    for name in ('folder.yaml', 'binary.yaml', 'gone.yaml', '.yaml', 'nope'):
        tries(main(['grid', str(house/name) if 'yaml' in name else name]) == 2)
        err = capsys.readouterr().err
        tries(len(err.splitlines()) == 1 and name.removesuffix('.yaml') in err)
    assert not tries.silent

# the command line

def lines_of(args, capsys):
    "Status and what is said of a command that ends at once."
    try: status = main(args)
    except SystemExit as e: status = e.code
    out, err = capsys.readouterr()
    return status, out, err

ASKED = [(['train', '-y', 'a: ['], '-y, line 1'), (['train', '-y', '[1, 2]'], '-y holds list'), (['train', '-y', 'a: 1\na: 2'], "'a' occurs twice"), (['train', '-y', 'a:\n\tb'], '-y, line 2'), (['train', '-f', '{folder}'], 'is a folder'),
    (['train', '-f', 'gone.yaml'], 'gone.yaml'), (['train', '-f', '{binary}'], 'is not UTF-8'), (['train', '-p', 'lr', '[1'], '-p lr, line 1'), (['train', '-p', 'lr', '{[1]: 2}'], '-p lr'), (['train', '-p', 'lr', '2024-13-45'], '-p lr'),
    (['trian'], "did you mean 'train'"), (['nbs/grids/data_dependency.yaml'], 'unknown app'), (['{folder}.ipynb'], 'unknown app'), (['{broken}'], 'broken.ipynb'), (['{noparse}'], 'noparse.ipynb: line 1'), (['{list}'], 'list.ipynb'),
    (['grid', 'data_dependency', '--jobs', '0'], 'jobs 0'), (['grid', 'data_dependency', '--jobs', '-3'], 'jobs -3'), (['grid', 'data_dependency', '--threads', '-1'], 'threads -1'), (['evaluate', '-p', 'rnu', 'x'], "did you mean 'run'"), (['paper', '-p', 'grids', 'x'], "did you mean 'grid'")]

@pytest.mark.fault('a command that makes no sense')
@pytest.mark.parametrize('args, word', ASKED, ids=lambda v: re.sub(r'\W+', '-', ' '.join(v))[:40] if isinstance(v, list) else '')
def test_a_command_is_refused_in_one_line(house, args, word, capsys):
    (house/'folder').mkdir(); (house/'folder.ipynb').mkdir(); (house/'binary').write_bytes(b'\xff\xfe\0')
    (house/'broken.ipynb').write_text('{"cells": ['); (house/'list.ipynb').write_text('[]'); shutil.copytree(HOME/'nbs', house/'nbs', dirs_exist_ok=True, ignore=lambda d, n: [x for x in n if not x.endswith('.ipynb')])
    cell = dict(cell_type='code', metadata=dict(tags=['parameters']), source='a = = 1', outputs=[], execution_count=None)
    (house/'noparse.ipynb').write_text(json.dumps(dict(cells=[cell], metadata={}, nbformat=4, nbformat_minor=5)))
    given = {k: str(house/k) for k in ('folder', 'binary')} | {k: str(house/f'{k}.ipynb') for k in ('broken', 'noparse', 'list')}
    status, out, err = lines_of([re.sub(r'\{(\w+)\}', lambda m: given[m[1]], a) for a in args], capsys)
    assert (status, len(err.splitlines())) == (2, 1) and word in err and 'Failed' not in err and not out, err
    assert not (house/'elsewhere').exists()

@pytest.mark.fault('a command that makes no sense')
@pytest.mark.parametrize('e, status', [(Full('x: the disk is full'), 1), (PermissionError(13, 'Permission denied', '/x'), 1), (experiment.Failed('Refused: no'), 1), (Damaged('x'), 2)], ids=lambda v: type(v).__name__)
def test_what_an_app_raises_is_one_line(e, status, monkeypatch, capsys):
    def execute(*args): raise e
    monkeypatch.setattr(experiment, 'execute', execute)
    got, out, err = lines_of(['paper'], capsys)
    assert (got, len(err.splitlines()), err.count(':') > 0) == (status, 1, True) and 'Failed' not in err

SECRETS = 'token', 'password', 'secret', 'api_key', 'hf_token'
@pytest.mark.fault('a secret given as a parameter')
@pytest.mark.parametrize('app', ['train', 'evaluate', 'paper', 'benchmark'])
def test_a_secret_is_neither_said_nor_kept(house, app, tries, capsys):
    shutil.copytree(HOME/'nbs', house/'nbs', dirs_exist_ok=True, ignore=lambda d, n: [x for x in n if not x.endswith('.ipynb')])
    for name in SECRETS:
        for args in (['-p', name, 'hf_sesame123'], ['-y', f'{name}: hf_sesame123'], ['-p', name, '{hf_sesame123: 1}']):
            status, out, err = lines_of([app, *args], capsys)
            tries(status == 2 and name in err and 'sesame' not in out+err)
    tries(not any('sesame' in str(f) or f.is_file() and b'sesame' in f.read_bytes() for f in (house/'elsewhere').rglob('*')))
    assert not tries.silent

# worlds

@pytest.fixture
def world(tmp_path):
    "A small drawn one, and how it is asked for."
    how = dict(part='target', root=tmp_path, size=(32, 16), counts=(4, 2, 2), workers=1)
    return build(**how), how

def some(folder, kind='leftImg8bit', k=0): return sorted((folder/kind).rglob('*.png'))[k]
def missing(w): f = some(w); f.unlink(); return f.name
def cut(w): f = some(w, 'gtFine', 3); f.write_bytes(f.read_bytes()[:-9]); return f.name
def swapped(w): a, b = some(w), some(w, k=1); was = a.read_bytes(); a.write_bytes(b.read_bytes()); b.write_bytes(was); return a.name
def stray(w): f = some(w).with_name('more_leftImg8bit.png'); shutil.copy(some(w), f); return f.name
def labels_gone(w): shutil.rmtree(w/'gtFine'); return 'labelIds.png'
def no_manifest(w): (w/'manifest.json').unlink(); return 'manifest.json'
def cut_manifest(w): f = w/'manifest.json'; f.write_bytes(f.read_bytes()[:999]); return 'manifest.json'
def empty_manifest(w): (w/'manifest.json').write_bytes(b''); return 'manifest.json'
def other_manifest(w): (w/'manifest.json').write_text('{"files": []}'); return 'manifest.json'
WORLDS = [missing, cut, swapped, stray, labels_gone, no_manifest, cut_manifest, empty_manifest, other_manifest]

@pytest.mark.fault('a damaged world')
@pytest.mark.parametrize('damage', WORLDS)
def test_a_damaged_world_is_not_opened(world, damage):
    folder, how = world
    name = damage(folder)
    assert says(lambda: build(**how), str(folder), name, 'remove the folder, it is drawn again', exc=Damaged)
    shutil.rmtree(folder); assert verify(build(**how)) == 16 # the remedy

@pytest.mark.fault('a world drawn before sizes were kept')
def test_an_old_world_is_verified_once(world, tries):
    folder, how = world; f = folder/'manifest.json'
    new = read_json(f, ''); old = json.loads(json.dumps(new))
    for r in old['files']: del r['image_bytes'], r['label_bytes']
    f.write_text(json.dumps(old))
    image = some(folder); whole = image.read_bytes(); image.write_bytes(whole[:-30]); tries(says(lambda: build(**how), image.name, exc=Damaged) and 'bytes' not in f.read_text())
    image.write_bytes(whole); tries(build(**how) == folder and read_json(f, '') == new)
    assert not tries.silent

@pytest.mark.fault('a flipped bit in a world')
def test_a_full_check_finds_every_bit_that_shows(world, tries):
    "A bit in a picture that changes a pixel, and any bit of the manifest."
    folder, how = world; n = 300 if FULL else 20
    f = folder/'manifest.json'; whole = f.read_bytes()
    for k in range(n):
        f.write_bytes(flipped(whole, k)); tries(says(lambda: check_files(folder), str(folder), exc=Damaged))
    f.write_bytes(whole); image = some(folder); whole, pixels = image.read_bytes(), np.array(Image.open(image))
    for k in range(n):
        image.write_bytes(flipped(whole, k))
        try: same = np.array_equal(np.array(Image.open(image)), pixels)
        except Exception: same = False
        tries(same or says(lambda: verify(folder), image.name, exc=Damaged))
    assert not tries.silent

BUILDER = "from uda_seg.world.build import build; build('source', {root!r}, size=(32, 16), counts=100, workers=2)"
@pytest.mark.fault('a kill while a world is drawn')
@pytest.mark.parametrize('k', range(20 if FULL else 1))
def test_a_killed_builder_leaves_the_way_free(tmp_path, k):
    "Its workers draw on for half a second, into a folder of their own."
    name = f"source-{digest(spec('source', size=(32, 16), counts=100))}"
    p = subprocess.Popen([sys.executable, '-c', BUILDER.format(root=str(tmp_path))], cwd=HOME)
    while p.poll() is None and len(list(tmp_path.glob(f'.{name}*building/images/*'))) < 1+4*k: time.sleep(.01)
    p.send_signal(signal.SIGKILL); p.wait()
    assert p.returncode == -signal.SIGKILL and not (tmp_path/name).exists()
    assert verify(build('source', tmp_path, size=(32, 16), counts=100, workers=2)) == 200
