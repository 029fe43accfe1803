"A grid by separate processes on the loopback: a worker, the driver and the scheduler are killed once each; twelve rows under `make test-faults`, fewer otherwise."
import json, os, signal, socket, subprocess, sys, time
from types import SimpleNamespace
import psutil, pytest, yaml
from test_conformance import cityscapes, gta5
from uda_seg.cluster import open_client, run_jobs
from uda_seg.core import Held, lock, read_json, root
from uda_seg.rows import read_table
from uda_seg.tasks import Job
from ports import free_ports

FULL = bool(os.environ.get('FAULTS')) # make test-faults
HOME = root()
TINY = dict(source_options=dict(size=[64, 32], n_source=8), target_options=dict(size=[64, 32], n_target=[12, 4, 6]), size=[64, 32], device='cpu', precision='float32',
            weights='none', model='pidnet', model_options={}, subset=4, iterations=24, start=0, score_every=0, checkpoint_every=6)

class Processes:
    "Those of one grid, on the loopback; all are gone at the end."
    def __init__(self, top):
        self.top, self.address, self.all = top, f'tcp://127.0.0.1:{free_ports()[0]}', []
        self.env = os.environ | dict(UDA_SEG_ROOT=str(top), UDA_SEG_DATA=str(top/'data'), PYTHONPATH=os.pathsep.join([str(HOME), os.environ.get('PYTHONPATH', '')]), OMP_NUM_THREADS='1')

    def start(self, *args):
        log = open(self.top/f'{len(self.all)}.log', 'w')
        self.all.append(subprocess.Popen([sys.executable, '-m', *args], env=self.env, cwd=self.top, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT))
        return self.all[-1]

    def scheduler(self): return self.start('distributed.cli.dask_scheduler', '--host', '127.0.0.1', '--port', self.address.rsplit(':')[-1], '--no-dashboard')
    def worker(self): return self.start('distributed.cli.dask_worker', self.address, '--host', '127.0.0.1', '--nthreads', '1', '--no-nanny', '--no-dashboard', '--memory-limit', '0', '--local-directory', str(self.top/'dask'))
    def driver(self, grid): return self.start('uda_seg.experiment', 'grid', str(grid), '--scheduler', self.address, '--threads', '1')
    def said(self): return '\n'.join(f.read_text() for f in sorted(self.top.glob('*.log'), key=lambda f: int(f.stem)))

@pytest.fixture
def processes(tmp_path):
    (tmp_path/'nbs').symlink_to(HOME/'nbs'); (tmp_path/'settings.ini').symlink_to(HOME/'settings.ini')
    (tmp_path/'data'/'results').mkdir(parents=True)
    p = Processes(tmp_path)
    yield p
    for q in p.all: q.kill(); q.wait()

def kill(p):
    p.send_signal(signal.SIGKILL)
    p.wait()

def until(what, seconds=900, alive=()):
    end = time.monotonic()+seconds
    while not what():
        for p in alive: assert p.poll() is None, f'ended with {p.returncode}'
        assert time.monotonic() < end, 'it takes too long'
        time.sleep(.2)

def infos(top): return [read_json(f, '') for f in (top/'data'/'runs').glob('*/run.json')]

def test_killed_once_each(processes):
    top = processes.top
    grid = top/'killed.yaml'
    seeds, (first, second, third), n = ([0, 1, 2], (2, 5, 8), 12) if FULL else ([0], (1, 2, 3), 5)
    rows = {m: dict(methods=[m]) for m in ('source_only', 'joint', 'supervised', 'cutmix')} | ({} if FULL else dict(slow=dict(methods=['joint'], iterations=120)))
    grid.write_text(yaml.safe_dump(dict(base=TINY, seeds=seeds, rows=rows)))
    done = lambda: len(list((top/'data'/'runs').glob('*/train.ipynb')))
    running = lambda: [i['name'] for i in infos(top) if i.get('state') == 'running']
    scheduler, workers, driver = processes.scheduler(), [processes.worker(), processes.worker()], processes.driver(grid)
    until(lambda: done() >= first and running(), alive=[scheduler, *workers, driver])
    kill(workers.pop()); workers.append(processes.worker())
    until(lambda: done() >= second and running(), alive=[scheduler, *workers, driver])
    kill(driver); driver = processes.driver(grid)
    until(lambda: done() >= third and running(), alive=[scheduler, *workers, driver])
    kill(scheduler)
    for w in workers: w.wait(120) # they have nobody to work for
    scheduler, workers = processes.scheduler(), [processes.worker(), processes.worker()]
    assert driver.wait(900) == 0, processes.said()
    runs = infos(top)
    assert [i['state'] for i in runs] == ['done']*n
    table = read_table(top/'data'/'out'/'killed.csv')
    assert len(table.groupby(['row', 'seed'])) == n and table.run.nunique() == n
    killed = 1+0+2 # jobs under way on a worker that was killed or lost its scheduler; one whose driver was killed goes on
    assert sum(i['attempts'] for i in runs)-n <= killed, {i['name']: i['attempts'] for i in runs}
    assert not list((top/'data').rglob('.*.tmp')) and not (top/'data'/'out'/'killed.going').exists()

def toy(folder, cell):
    "A notebook of one parameter that does something short."
    kernel = dict(name='python3', display_name='python3', language='python')
    cells = [dict(cell_type='code', id=f'c{k}', metadata=dict(tags=tags), source=src, outputs=[], execution_count=None) for k, (src, tags) in enumerate([("who = ''", ['parameters']), (cell, [])])]
    (folder/'toy.ipynb').write_text(json.dumps(dict(cells=cells, metadata=dict(kernelspec=kernel), nbformat=4, nbformat_minor=5)))
    return str(folder/'toy.ipynb')

def test_what_fails_is_tried_again_and_stops_nobody(tmp_path, monkeypatch):
    monkeypatch.setenv('UDA_SEG_DATA', str(tmp_path/'data'))
    app = toy(tmp_path, f'from pathlib import Path\nf = Path({str(tmp_path)!r})/who\nn = len(f.read_text()) if f.exists() else 0\nf.write_text("x"*(n+1))\nif who == "never" or who == "once" and not n: raise OSError(f"{{who}} fails")')
    jobs = [Job(who, SimpleNamespace(app=app, model_dump=lambda mode, who=who: dict(who=who)), after=('never',) if who == 'last' else ()) for who in ('never', 'once', 'good', 'last')]
    heard = []
    with open_client(2) as client:
        listening = {c.laddr.ip for p in [psutil.Process(), *psutil.Process().children(recursive=True)] for c in p.net_connections('inet') if c.status == 'LISTEN'}
        ended = run_jobs(client, jobs, 'toys', 1, tell=lambda job, outcome, again: heard.append((job.name, outcome.status, again)))
        with pytest.raises(Held): 
            with lock(tmp_path/'data'/'out'/'toys.going'): run_jobs(client, jobs, 'toys')
    assert listening == {'127.0.0.1'}
    assert {k: o.status for k, o in ended.items()} == dict(never=1, once=0, good=0, last=0)
    assert {k: len((tmp_path/k).read_text()) for k in ended} == dict(never=3, once=2, good=1, last=1)
    assert 'OSError: never fails' in ended['never'].said and heard.count(('never', 1, True)) == 2 and heard[-1][0] == 'last', 'what waits for a job begins when that has ended, well or not'

def test_on_data_sets_that_lie_elsewhere(processes):
    "The part of a grid for papers, on GTA5 and Cityscapes of a few small images, by the command that the notebook tells of."
    top = processes.top
    (top/'disk').mkdir()
    trees = {k: str(make(top/'disk')[0]) for k, make in dict(source=gta5, target=cityscapes).items()}
    here = TINY | dict(methods=['supervised'], source='gta5', source_options={}, target='cityscapes', target_options=dict(pick='val', report='test'), subset='all', iterations=2, batch_labelled=2)
    (top/'small.yaml').write_text(yaml.safe_dump(dict(base=TINY, seeds=[0], rows=dict(a={}), paper=dict(base=here))))
    given = [w for k, tree in trees.items() for w in ('-p', f'{k}_root', tree)]
    p = processes.start('uda_seg.experiment', 'ablation', '-p', 'grid', str(top/'small.yaml'), '-p', 'scale', 'paper', *given)
    assert p.wait(600) == 0, processes.said()
    assert str((top/'data'/'gta5').readlink()) == trees['source'] and 'cityscapes now leads to' in processes.said()
    rows = read_table(top/'data'/'out'/'small_paper.csv')
    assert set(rows.target) == {'cityscapes'} and set(rows.grid) == {'small_paper'}

def test_stopped_and_gone_on_with(processes):
    top = processes.top
    grid = top/'stopped.yaml'
    grid.write_text(yaml.safe_dump(dict(base=TINY | dict(iterations=4000), seeds=[0], rows={m: dict(methods=[m]) for m in ('source_only', 'joint', 'supervised')})))
    driver = processes.start('uda_seg.experiment', 'grid', str(grid), '--jobs', '2', '--threads', '1')
    until(lambda: sum((f.parent/'last.json').exists() for f in (top/'data'/'runs').glob('*/run.json')) == 2, alive=[driver])
    children = psutil.Process(driver.pid).children(recursive=True)
    driver.send_signal(signal.SIGTERM)
    assert driver.wait(120) == 130, processes.said()
    assert sorted(i['state'] for i in infos(top)) == ['interrupted']*2, 'they save, and the third is not begun'
    assert not psutil.wait_procs(children, timeout=30)[1], 'nobody is left behind'

@pytest.fixture
def sshd(tmp_path):
    "What asyncssh must know of a server on the loopback."
    p = subprocess.Popen([sys.executable, str(HOME/'tests'/'sshd.py'), str(tmp_path)], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    port = int(p.stdout.readline())
    yield dict(port=port, username='me', client_keys=[str(tmp_path/'key')], known_hosts=str(tmp_path/'known'))
    for c in [*psutil.Process(p.pid).children(recursive=True), p]: c.kill()
    p.wait()

def plain(address):
    "Does somebody there answer who speaks without encryption?"
    with socket.create_connection(address, timeout=5) as s:
        s.settimeout(3)
        try: s.sendall(b'GET / HTTP/1.0\r\n\r\n'); return bool(s.recv(100))
        except OSError: return False

def test_over_ssh(tmp_path, sshd, monkeypatch):
    "Scheduler and workers on a host that is reached by SSH; what leaves the loopback is encrypted."
    monkeypatch.setenv('UDA_SEG_DATA', str(tmp_path/'data'))
    app = toy(tmp_path, f'from pathlib import Path\n(Path({str(tmp_path)!r})/who).touch()')
    jobs = [Job(who, SimpleNamespace(app=app, model_dump=lambda mode, who=who: dict(who=who))) for who in ('one', 'two')]
    with open_client(cluster=dict(kind='ssh', hosts=['127.0.0.1'], workers=2, connect=sshd)) as client:
        client.wait_for_workers(2, timeout=60)
        spoken_to = [client.scheduler.address, *client.scheduler_info()['workers']]
        ended = run_jobs(client, jobs, 'toys', 1)
        mine = {q.pid for p in psutil.process_iter(['cmdline']) if 'distributed.cli.dask_spec' in (p.info['cmdline'] or []) for q in (p, *p.children(recursive=True))}
        open_to_all = [tuple(c.laddr) for c in psutil.net_connections('tcp4') if c.pid in mine and c.status == 'LISTEN' and c.laddr.ip != '127.0.0.1']
        spoken = {a: plain(a) for a in open_to_all}
    assert {k: (o.status, o.said) for k, o in ended.items() if o.status} == {} and (tmp_path/'two').exists()
    assert len(spoken_to) == 3 and all(a.startswith('tls://') for a in spoken_to)
    assert len(spoken) >= 3 and not any(spoken.values()), f'they speak in clear: {spoken}'
    assert not list((tmp_path/'data').glob('.tls-*')), 'the key outlives the grid'
    assert not psutil.wait_procs([psutil.Process(p) for p in mine if psutil.pid_exists(p)], timeout=20)[1], 'a process is left on the host'
