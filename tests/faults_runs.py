"""A run that is killed, short of room, or whose files were changed: it goes on, or says by name what is the matter."""
import json, os, random, shutil, signal, subprocess, sys, time, warnings
from pathlib import Path
import numpy as np, psutil, pytest, torch, yaml
from tiny import parameters, run_all, values, write
from uda_seg import core, learner, loop, study
from uda_seg.core import Damaged, Full, Held, is_held, lock, root
from uda_seg.fit import fit
from uda_seg.loop import fit_task
from uda_seg.params import Params, check
from uda_seg.run import Diverged, Interrupted, Run, get_checkpoint, open_run, put_checkpoint, runs
from uda_seg.score import load, matrices, probabilities
from uda_seg.study import Study

FULL = bool(os.environ.get('FAULTS'))
REPEATS, KILLS = (300, 20) if FULL else (25, 1)

def given(method, **kw): return parameters(Path('data'), method, **kw) # pictures in data/, which is UDA_SEG_DATA

@pytest.fixture(scope='module')
def made(tmp_path_factory):
    "A data folder with two folders of pictures and one finished run on them."
    data = tmp_path_factory.mktemp('made')
    for end in ('a', 'b'): write(data/end)
    with pytest.MonkeyPatch.context() as m:
        m.setenv('UDA_SEG_DATA', str(data))
        run_all(given('cutmix', name='whole'))
    return data

@pytest.fixture
def files(made, tmp_path, monkeypatch):
    "A copy of it, where the kit looks for it."
    shutil.copytree(made, tmp_path/'data')
    monkeypatch.setenv('UDA_SEG_DATA', str(tmp_path/'data'))
    return tmp_path/'data'

def said(call, *args, **kw): # the message of what a call raises, '' if it raises nothing
    try: call(*args, **kw)
    except Exception as e: return f'{type(e).__name__}: {e}'
    return ''

def quiet(call, *args, **kw):
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        return call(*args, **kw)

# Files that were changed or cut

READ = { # file of a run -> what reads it, as something that can be compared
    'run.json': lambda: Run('whole').info,
    'metrics.jsonl': lambda: Run('whole').rows(whole=True).to_csv(),
    'last.json': lambda: get_checkpoint(Run('whole')),
    'checkpoint-0000002.pt': lambda: get_checkpoint(Run('whole')),
    'confusion_student_target_test.npy': lambda: {k: m.tolist() for k, m in matrices(Run('whole')).items()}}

def believed(name, want): # is something else read, without a word, than was written?
    try: return READ[name]() != want
    except Damaged as e: return name not in str(e)

@pytest.mark.fault('a byte of a run\'s file changed')
@pytest.mark.parametrize('name', READ)
def test_changed_byte(files, tries, name):
    f, r = Run('whole').path/name, random.Random(name)
    whole, want = f.read_bytes(), READ[name]()
    for _ in range(REPEATS):
        k = r.randrange(len(whole))
        f.write_bytes(whole[:k] + bytes([(whole[k]+r.randrange(1, 256)) % 256]) + whole[k+1:])
        tries(not believed(name, want))
    assert not tries.silent

@pytest.mark.fault('a run\'s file cut')
@pytest.mark.parametrize('name', READ)
def test_cut_file(files, tries, name):
    f, r = Run('whole').path/name, random.Random(name)
    whole, want = f.read_bytes(), READ[name]()
    ends = [k+1 for k, c in enumerate(whole[:-1]) if c == 10] if name == 'metrics.jsonl' else [] # whole lines gone
    for k in {0, 1, *ends, *(r.randrange(len(whole)-1) for _ in range(REPEATS//5))}:
        f.write_bytes(whole[:k])
        tries(not believed(name, want))
    assert not tries.silent

@pytest.mark.fault('a run\'s file cut')
def test_an_unreadable_run_hides_no_other(files):
    shutil.copytree(Run('whole').path, Run('whole').path.with_name('cut'))
    f = Run('cut').path/'run.json'
    f.write_bytes(f.read_bytes()[:200])
    t = runs()
    assert dict(t.state) == dict(whole='done', cut='unreadable') and str(f) in t.other['cut']
    assert str(f) in said(load, 'cut')

@pytest.mark.fault('a run\'s file gone')
@pytest.mark.parametrize('name', ['metrics.jsonl', 'run.json', 'last.json', 'checkpoint-0000002.pt', 'splits.json'])
def test_missing_file(files, name):
    "The run is finished again with the same weights, or refused by name."
    want, run = Run('whole').info['weights'], Run('whole')
    if name != 'run.json': run.note(state='interrupted', scores={}) # it was killed before its end
    (run.path/name).unlink()
    why = said(quiet, run_all, given('cutmix', name='whole'))
    if name in ('run.json', 'checkpoint-0000002.pt'): assert name in why and 'restore' in why
    else: assert not why and Run('whole').info['weights'] == want and Run('whole').info['state'] == 'done'

@pytest.mark.fault('metrics with NUL bytes, as after a power cut')
def test_nul_bytes(files, capsys):
    run = Run('whole')
    run.note(state='interrupted')
    with open(run.path/'metrics.jsonl', 'ab') as f: f.write(bytes(4096))
    quiet(run_all, given('cutmix', name='whole'))
    assert 'damaged lines of metrics.jsonl are dropped' in capsys.readouterr().out
    assert len(Run('whole').rows('score', whole=True)) and Run('whole').info['state'] == 'done'

@pytest.mark.fault('a checkpoint that holds code')
def test_hostile_checkpoint(files, tmp_path):
    class Evil:
        def __reduce__(self): return os.system, (f'touch {tmp_path}/owned',)
    run = Run('whole')
    put_checkpoint(run, 2, lambda path: torch.save(dict(it=2, model=Evil()), path))
    assert 'weights_only' in said(load, 'whole').lower() or 'Unpickling' in said(load, 'whole')
    assert not (tmp_path/'owned').exists()

# Weights that are not finite

def infinite_after(step, monkeypatch): # a weight becomes infinite in the optimiser's step of this number
    real = learner.UDALearner._step
    def step_and_break(self):
        real(self)
        if self.it == step:
            with torch.no_grad(): next(self.model.parameters()).fill_(float('inf'))
    monkeypatch.setattr(learner.UDALearner, '_step', step_and_break)

@pytest.mark.fault('a weight becomes infinite')
@pytest.mark.parametrize('step, kept', [(2, 2), (1, 0), (0, 0)], ids=['in the last step', 'before a checkpoint', 'in the first step'])
def test_infinite_weight(files, monkeypatch, step, kept):
    p = given('cutmix', iterations=3, checkpoint_every=2, name='burst')
    with monkeypatch.context() as m:
        infinite_after(step, m)
        assert 'Diverged' in said(run_all, p)
    run = Run('burst')
    assert (run.info['state'], run.scores, get_checkpoint(run)[0]) == ('diverged', {}, kept)
    run_all(p) # the last good checkpoint was kept: without the fault the run ends
    assert Run('burst').info['state'] == 'done'

@pytest.mark.fault('a learning rate far too large')
@pytest.mark.parametrize('kw', [dict(lr=1e6), dict(optimiser='sgd', lr=1e6, momentum=0.), dict(lr=1e5, precision='bfloat16')], ids=str)
def test_large_rate(files, kw):
    p = given('supervised', iterations=1, schedule='constant', name='wild', **kw)
    why = said(run_all, p)
    assert 'Diverged' in why and Run('wild').info['state'] == 'diverged' and not Run('wild').scores or not why and np.isfinite(Run('wild').scores['miou'])

@pytest.mark.fault('a network that answers with NaN is scored')
def test_nan_answer(files):
    predictor = load('whole')
    with torch.no_grad():
        for w in predictor.model.parameters(): w.fill_(float('nan'))
    assert 'Diverged' in said(probabilities, predictor.model, torch.zeros(2, 3, 32, 32))

# Full disks

def full(*args): raise RuntimeError('unexpected pos 704 vs 598') from OSError(28, 'No space left on device')

@pytest.mark.fault('the disk is full')
def test_full_while_saving(files, monkeypatch):
    p = given('cutmix', iterations=4, checkpoint_every=2, name='full')
    real = torch.save
    def save(state, f):
        if state['it'] < 4: return real(state, f)
        f.write(bytes(1000))
        full()
    with monkeypatch.context() as m:
        m.setattr(loop.torch, 'save', save)
        why = said(run_all, p)
    run = Run('full')
    assert 'checkpoint-0000004.pt: the disk is full' in why and 'are needed' in why and 'UDA_SEG_DATA' in why
    assert run.info['state'] == 'crashed' and get_checkpoint(run)[0] == 2 and not list(run.path.glob('.*.tmp'))
    run_all(p)
    assert Run('full').info['state'] == 'done'

@pytest.mark.fault('the disk is full')
def test_the_cause_is_told_when_the_state_cannot_be_written(files):
    p = Params(name='stuck')
    def stuck():
        def no_room(**kw): raise Full('no room')
        with open_run(p) as run:
            run.note = no_room
            raise ValueError('the cause')
    assert said(stuck) == 'ValueError: the cause'

@pytest.mark.fault('the disk has no room for a checkpoint')
def test_no_room(files, monkeypatch):
    p = given('cutmix', name='small')
    with monkeypatch.context() as m:
        m.setattr(core.shutil, 'disk_usage', lambda path: shutil._ntuple_diskusage(10**9, 10**9-10**6, 10**6))
        why = said(quiet, run_all, p)
    assert 'Full' in why and 'are needed and 1.0 MB are free' in why
    assert not len(Run('small').rows()) # before the first step
    run_all(p)

# Two writers, a folder that is read-only, other encodings

HOLD = 'import sys, time\nfrom uda_seg.core import lock\nwith lock(sys.argv[1]): print("held", flush=True); time.sleep(60)'

@pytest.fixture
def held(files):
    "A run that another process writes; yields its name."
    other = subprocess.Popen([sys.executable, '-c', HOLD, str(Run('whole').path)], stdout=subprocess.PIPE, text=True, cwd=root())
    assert other.stdout.readline() == 'held\n'
    yield other
    other.kill()
    other.wait()

@pytest.mark.fault('two writers of one run')
def test_two_writers(files, held):
    why = said(lambda: open_run(given('cutmix', name='whole'), timeout=.1).__enter__())
    assert f'process {held.pid}' in why and 'Held' in why
    Run('whole').path.with_name('.whole.holder').write_bytes(b'process \xff\xfe')
    assert 'Held' in said(lambda: open_run(given('cutmix', name='whole'), timeout=.1).__enter__())
    held.kill()
    held.wait()
    with open_run(given('cutmix', name='whole'), timeout=1): pass # a dead holder holds nothing

@pytest.mark.fault('the list of runs without permission to write')
def test_the_list_writes_nothing(files, held):
    Run('whole').note(state='running')
    folder = Run('whole').path.parent
    before = {f: f.stat().st_mtime_ns for f in [folder, *folder.rglob('*')]}
    assert dict(runs().state) == dict(whole='running')
    assert {f: f.stat().st_mtime_ns for f in [folder, *folder.rglob('*')]} == before
    held.kill()
    held.wait()
    assert dict(runs().state) == dict(whole='killed')

@pytest.mark.fault('UTF-8 mode is off')
def test_another_encoding(files):
    "Nothing of ours reads or writes text in the machine's own encoding."
    script = '''
import sys, warnings
sys.path.insert(0, 'tests')
warnings.filterwarnings('error', category=EncodingWarning, module='uda_seg')
from pathlib import Path
from tiny import parameters, run_all, CLASSES
from uda_seg.run import Run, runs
p = parameters(Path('data'), 'cutmix', name='other', target_options=dict(classes={'stra\\xdfe': 0, 'sky': 1, 'car': 2}, name='b'))
run_all(p)
print(ascii(Run('other').params.target_options), list(runs().state))'''
    env = os.environ | dict(LC_ALL='C', PYTHONUTF8='0', PYTHONCOERCECLOCALE='0', OMP_NUM_THREADS='1')
    r = subprocess.run([sys.executable, '-X', 'warn_default_encoding', '-c', script], cwd=root(), env=env, capture_output=True, text=True)
    assert r.returncode == 0 and 'stra' in r.stdout and "'done', 'done'" in r.stdout, r.stderr[-3000:]

@pytest.mark.fault('the clock is set back')
def test_clock(files, monkeypatch):
    for f in [*files.rglob('*.png'), *files.rglob('*.json')]: os.utime(f, (4e9, 4e9))
    monkeypatch.setattr(time, 'time', lambda: 1e6)
    for _ in range(2): run_all(given('cutmix', name='early'))
    assert Run('early').info['state'] == 'done' and not said(load, 'early')

@pytest.mark.fault('the data folder goes away in mid-run')
@pytest.mark.parametrize('workers', [0, 2])
def test_vanished_folder(files, monkeypatch, workers):
    p = given('cutmix', iterations=4, checkpoint_every=1, cache='off', workers=workers, name='gone')
    def vanish(it, total, row=None): (files/'a').rename(files/'away')
    real = loop.Log.add
    def add(self, row):
        real(self, row)
        if self.task.it == 1: vanish(1, 4)
    with monkeypatch.context() as m:
        m.setattr(loop.Log, 'add', add)
        why = said(run_all, p)
    assert str(files/'a') in why and Run('gone').info['state'] == 'crashed' and get_checkpoint(Run('gone'))[0] >= 1
    (files/'away').rename(files/'a')
    run_all(p)
    run_all(whole := given('cutmix', iterations=4, checkpoint_every=1, name='calm'))
    assert Run('gone').info['weights'] == Run('calm').info['weights']

# Kills

SAVE = '''
import sys, torch
from uda_seg.run import Run, put_checkpoint
run = Run(sys.argv[1], new=True)
print('ready', flush=True)
for it in range(10**9): put_checkpoint(run, it, lambda path: torch.save(dict(it=it, w=torch.full((200_000,), float(it))), path))'''

@pytest.mark.fault('killed while saving')
def test_killed_while_saving(tmp_path, tries):
    "What is there afterwards is whole, and the next save leaves one checkpoint and no half-written file."
    r, run = random.Random('saving'), Run(str(tmp_path/'run'), new=True)
    for _ in range(100 if FULL else 5):
        p = subprocess.Popen([sys.executable, '-c', SAVE, str(run.path)], stdout=subprocess.PIPE, text=True, cwd=root())
        p.stdout.readline()
        time.sleep(r.uniform(0, .3))
        p.kill()
        p.wait()
        it, f = get_checkpoint(run)
        state = torch.load(f, weights_only=True) if f else None
        tries(state is None or state['it'] == it and bool((state['w'] == it).all()))
    put_checkpoint(run, 7, lambda path: torch.save({}, path))
    assert not tries.silent and {f.name for f in run.path.iterdir()} == {'checkpoint-0000007.pt', 'last.json'}

SHORT = yaml.safe_load((root()/'tests'/'smoke'/'train.yaml').read_text(encoding='utf-8')) | dict(iterations=40, start=10, precision='float32', device='cpu')

def start(data, out, name, **kw):
    "The bare papermill command, in a process of its own."
    cmd = [sys.executable, '-m', 'papermill', str(root()/'nbs'/'train.ipynb'), str(out), '-y', yaml.safe_dump(SHORT | dict(name=name) | kw), '--no-progress-bar']
    env = os.environ | dict(UDA_SEG_DATA=str(data), OMP_NUM_THREADS='1', MPLBACKEND='agg')
    return subprocess.Popen(cmd, cwd=root(), env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

def finish(p): # to its end, and successfully
    _, err = p.communicate()
    assert p.returncode == 0, err[-4000:]

def info(data, name): # what a run has noted, {} before
    f = data/'runs'/name/'run.json'
    return json.loads(f.read_text(encoding='utf-8')) if f.exists() else {}

@pytest.fixture(scope='module')
def undisturbed(tmp_path_factory):
    "Data folder, digest of the weights and seconds of a run through papermill that nothing disturbs."
    data, begun = tmp_path_factory.mktemp('data'), time.monotonic()
    finish(start(data, data/'whole.ipynb', 'whole'))
    assert info(data, 'whole')['state'] == 'done'
    return data, info(data, 'whole')['weights'], time.monotonic()-begun

@pytest.mark.parametrize('k', range(KILLS))
@pytest.mark.parametrize('victim', [pytest.param(v, marks=pytest.mark.fault(f'{v} killed at a random moment')) for v in ('kernel', 'papermill')])
def test_killed_run_goes_on(undisturbed, victim, k, tmp_path):
    "A kernel that is out of memory is killed like this. The same command ends with the weights of a run that was not; what is not whole never says done."
    data, want, seconds = undisturbed
    name, workers = f'{victim}{k}', 2*(k % 2 == (victim == 'kernel'))
    p = start(data, tmp_path/'out.ipynb', name, workers=workers)
    time.sleep(random.Random(name).uniform(.1, .95)*seconds)
    kernels = psutil.Process(p.pid).children(recursive=True) if p.poll() is None else []
    if victim == 'papermill': p.kill() # it may have ended already
    for q in kernels if victim == 'kernel' else []:
        if q.is_running(): q.send_signal(signal.SIGKILL)
    p.communicate()
    psutil.wait_procs(kernels, timeout=15)
    left = info(data, name)
    assert left.get('state') != 'done' or left['weights'] == want
    finish(start(data, tmp_path/'out.ipynb', name, workers=workers))
    assert info(data, name)['weights'] == want

def training(data, name, p): # wait until a run has written its first row
    while not (data/'runs'/name/'metrics.jsonl').exists():
        assert p.poll() is None, p.stderr.read()[-4000:]
        time.sleep(.1)

@pytest.mark.parametrize('k', range(KILLS))
@pytest.mark.fault('papermill terminated (SIGTERM)')
def test_terminated_papermill(undisturbed, k, tmp_path):
    "The kernel notices, finishes its step and saves, although no checkpoint was due for long."
    data, _, _ = undisturbed
    name = f'terminated{k}'
    p = start(data, tmp_path/'out.ipynb', name, start=0, iterations=10**5, checkpoint_every=10**6)
    training(data, name, p)
    time.sleep(random.Random(name).uniform(0, 2))
    kernels = psutil.Process(p.pid).children(recursive=True)
    p.terminate()
    p.communicate()
    assert not psutil.wait_procs(kernels, timeout=30)[1], 'the kernel lives on'
    run = Run(str(data/'runs'/name))
    it, f = get_checkpoint(run)
    assert run.info['state'] == 'interrupted' and f and it >= run.rows().it.max() > 0, run.info.get('error')

@pytest.mark.fault('Ctrl-C twice')
def test_interrupted_twice(undisturbed, tmp_path):
    "The second one, within ten seconds, does not cost the checkpoint."
    data, _, _ = undisturbed
    p = start(data, tmp_path/'out.ipynb', 'twice', start=0, iterations=10**5, checkpoint_every=10**6)
    training(data, 'twice', p)
    kernels = psutil.Process(p.pid).children(recursive=True)
    for _ in range(2): # a terminal sends it to all of them
        for q in [psutil.Process(p.pid), *kernels]:
            if q.is_running(): q.send_signal(signal.SIGINT)
        time.sleep(.2)
    p.communicate()
    psutil.wait_procs(kernels, timeout=30)
    assert info(data, 'twice')['state'] == 'interrupted' and get_checkpoint(Run(str(data/'runs'/'twice')))[0]

@pytest.mark.fault('Ctrl-C on uda-seg train')
@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_interrupted_command(tmp_path, number):
    "One sentence says what was saved and what to do; no traceback."
    args = [x for k, v in (SHORT | dict(name='stopped', start=0, iterations=10**5, checkpoint_every=10**6)).items() for x in ('-p', k, json.dumps(v))]
    env = os.environ | dict(UDA_SEG_DATA=str(tmp_path), OMP_NUM_THREADS='1', MPLBACKEND='agg')
    p = subprocess.Popen([sys.executable, '-m', 'uda_seg.experiment', 'train', *args], cwd=root(), env=env, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True, start_new_session=True)
    training(tmp_path, 'stopped', p)
    os.killpg(p.pid, number) # a terminal sends it to the whole group
    _, said = p.communicate()
    assert p.returncode == 1 and said.startswith('Interrupted: stopped by') and 'run the same again' in said and 'Traceback' not in said, said
    assert info(tmp_path, 'stopped')['state'] == 'interrupted' and get_checkpoint(Run(str(tmp_path/'runs'/'stopped')))[0]

@pytest.mark.fault('two papermills in one folder')
def test_two_papermills(undisturbed, tmp_path):
    "One trains; the other waits for it, or is refused and names it. The weights are those of one run."
    data, want, _ = undisturbed
    both = [start(data, tmp_path/f'{k}.ipynb', 'both') for k in range(2)]
    errors = [p.communicate()[1] for p in both]
    failed = [e for p, e in zip(both, errors) if p.returncode]
    assert len(failed) < 2 and all('is being written by process' in e for e in failed)
    assert info(data, 'both')['state'] == 'done' and info(data, 'both')['weights'] == want
    assert len(Run(str(data/'runs'/'both')).rows('score', whole=True)) == 6 # student and teacher on three sets, once

# Real disks

@pytest.fixture
def disk(tmp_path):
    "Mounts a small disk; skips where that is not allowed."
    (tmp_path/'disk').mkdir()
    def mount(mb, *options):
        if subprocess.run(['mount', '-t', 'tmpfs', '-o', ','.join([f'size={mb}m', *options]), 'tmpfs', str(tmp_path/'disk')], capture_output=True).returncode:
            pytest.skip('mounting a disk is not allowed here')
        return tmp_path/'disk'
    yield mount
    subprocess.run(['umount', '-l', str(tmp_path/'disk')], capture_output=True)

def train(data, *more): # `make train` without make
    env = os.environ | dict(UDA_SEG_DATA=str(data), OMP_NUM_THREADS='1', MPLBACKEND='agg')
    args = [x for k, v in (SHORT | dict(name='run')).items() for x in ('-p', k, json.dumps(v))]
    return subprocess.run([sys.executable, '-m', 'uda_seg.experiment', 'train', *args, *more], cwd=root(), env=env, capture_output=True, text=True)

@pytest.mark.fault('a whole make train on a full disk')
@pytest.mark.parametrize('mb', [1, 10, 40, 75, 90] if FULL else [40])
def test_real_disk(disk, mb):
    "Full at the world, before the first step, or at a checkpoint: one line that names the file; with room the same command ends."
    data = disk(mb)
    r = train(data)
    assert r.returncode and 'Traceback' not in r.stderr, r.stderr
    assert 'the disk is full' in r.stderr and str(data) in r.stderr and 'MB are free' in r.stderr, r.stderr
    assert info(data, 'run').get('state') in (None, 'crashed')
    assert not [f for f in data.rglob('.*') if f.name.endswith(('.tmp', '.building'))]
    subprocess.run(['mount', '-o', 'remount,size=400m', str(data)], check=True)
    r = train(data)
    assert r.returncode == 0 and info(data, 'run')['state'] == 'done', r.stderr

@pytest.mark.skipif(not FULL, reason='make test-faults')
@pytest.mark.fault('a checkout that is read-only')
def test_read_only_checkout(tmp_path):
    "Bare papermill needs nothing but its output and UDA_SEG_DATA."
    (tmp_path/'ro').mkdir()
    if subprocess.run(['mount', '--bind', '-o', 'ro', str(root()), str(tmp_path/'ro')], capture_output=True).returncode: pytest.skip('mounting is not allowed here')
    try:
        subprocess.run(['mount', '-o', 'remount,bind,ro', str(tmp_path/'ro')], check=True)
        cmd = [sys.executable, '-m', 'papermill', 'nbs/train.ipynb', str(tmp_path/'out.ipynb'), '-y', yaml.safe_dump(SHORT | dict(name='ro')), '--no-progress-bar']
        env = os.environ | dict(UDA_SEG_DATA=str(tmp_path/'data'), UDA_SEG_ROOT=str(tmp_path/'ro'), PYTHONPATH=str(tmp_path/'ro'), OMP_NUM_THREADS='1', MPLBACKEND='agg')
        r = subprocess.run(cmd, cwd=tmp_path/'ro', env=env, capture_output=True, text=True)
        assert r.returncode == 0 and info(tmp_path/'data', 'ro')['state'] == 'done', r.stderr[-3000:]
    finally: subprocess.run(['umount', '-l', str(tmp_path/'ro')])
