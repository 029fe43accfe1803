"""A grid whose workers SLURM starts, and one handed to it as scripts: a slurmctld and a slurmd of this machine, from Debian's packages; `make test-slurm`."""
import json, os, shutil, socket, subprocess, time
from types import SimpleNamespace
import pytest
from uda_seg.array import write_array
from uda_seg.cluster import open_client, run_jobs
from uda_seg.tasks import Job
from ports import free_ports
from test_grids import toy

pytestmark = pytest.mark.skipif(not os.environ.get('SLURM'), reason='make test-slurm')

CONFIG = '''ClusterName=one
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
CryptoType=crypto/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
StateSaveLocation={top}/state
SlurmdSpoolDir={top}/spool
SlurmctldPidFile={top}/ctld.pid
SlurmdPidFile={top}/d.pid
SlurmctldLogFile={top}/ctld.log
SlurmdLogFile={top}/d.log
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP
'''

@pytest.fixture
def slurm(tmp_path, monkeypatch):
    "SLURM on this machine, until the test ends."
    for d in ('state', 'spool'): (tmp_path/d).mkdir()
    (tmp_path/'slurm.conf').write_text(CONFIG.format(host=socket.gethostname().split('.')[0], ports=free_ports(2), top=tmp_path, cpus=os.cpu_count()))
    monkeypatch.setenv('SLURM_CONF', str(tmp_path/'slurm.conf'))
    key, munge = tmp_path/'munge.key', tmp_path/'munge.sock'
    key.write_bytes(os.urandom(1024)); key.chmod(0o400)
    started = [subprocess.Popen(['munged', '--force', '--foreground', f'--key-file={key}', f'--socket={munge}', f'--pid-file={tmp_path}/munge.pid', f'--log-file={tmp_path}/munge.log', f'--seed-file={tmp_path}/munge.seed'], stdin=subprocess.DEVNULL)]
    with open(tmp_path/'slurm.conf', 'a') as f: f.write(f'AuthInfo=socket={munge}\n')
    time.sleep(2)
    for name in ('slurmctld', 'slurmd'): started.append(subprocess.Popen([name, '-D'], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    end = time.monotonic()+90
    while 'idle' not in (said := subprocess.run(['sinfo', '-h', '-o', '%T'], capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout):
        if time.monotonic() > end: pytest.fail(f'SLURM does not come up, it says {said!r}: {(tmp_path/"ctld.log").read_text()[-1500:]} {(tmp_path/"d.log").read_text()[-1500:] if (tmp_path/"d.log").exists() else ""}')
        time.sleep(1)
    yield
    for p in reversed(started): p.terminate()
    for p in started:
        try: p.wait(20)
        except subprocess.TimeoutExpired: p.kill()

def until_empty(seconds):
    "Wait until nothing is in SLURM's queue."
    end = time.monotonic()+seconds
    while (left := subprocess.run(['squeue', '-h'], capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout):
        assert time.monotonic() < end, f'jobs are left in the queue: {left}'
        time.sleep(1)

def test_over_slurm(tmp_path, slurm, monkeypatch):
    assert shutil.which('sbatch')
    monkeypatch.setenv('UDA_SEG_DATA', str(tmp_path/'data'))
    app = toy(tmp_path, f'from pathlib import Path\nimport os\n(Path({str(tmp_path)!r})/who).write_text(os.environ["SLURM_JOB_ID"])')
    jobs = [Job(who, SimpleNamespace(app=app, model_dump=lambda mode, who=who: dict(who=who))) for who in ('one', 'two', 'three')]
    with open_client(cluster=dict(kind='slurm', jobs=2, memory='1GB', walltime='00:10:00', directives=['--mem=0'])) as client:
        client.wait_for_workers(2, timeout=90)
        ended = run_jobs(client, jobs, 'toys', 1)
        address = client.scheduler.address
    assert {k: (o.status, o.said) for k, o in ended.items() if o.status} == {} and address.startswith('tls://')
    assert len({(tmp_path/k).read_text() for k in ended}) == 2, 'SLURM gave two jobs, and both worked'
    until_empty(60)

def test_array(tmp_path, slurm, monkeypatch):
    "Scripts with names that a shell would misread; a level begins when the one before has ended, though a task of it failed."
    top = tmp_path/"it's a $HOME"; top.mkdir()
    (top/'toys.yaml').write_text('seeds: [0]\nrows: {default: {}}\n')
    monkeypatch.setenv('UDA_SEG_DATA', str(top/'data'))
    app = toy(top, f'import json, os, time\nfrom pathlib import Path\n(Path({str(top)!r})/f"{{who}}.json").write_text(json.dumps(dict(os.environ, at=time.time())))\nassert who != "never"')
    jobs = [Job(who, SimpleNamespace(app=app, model_dump=lambda mode, who=who: dict(who=who)), after=('never',) if who == 'last' else ()) for who in ('one', 'never', 'last', 'two')]
    said = write_array(top/'toys.yaml', jobs, top/'array', 1, dict(kind='slurm', jobs=2, walltime='00:10:00', directives=['--mem=0']))
    assert '4 jobs in 2 arrays' in said and not list(top.glob('*.json'))
    told = subprocess.run(['bash', '-c', said.split('`')[1]], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert told.returncode == 0 and [l.split()[0] for l in told.stdout.splitlines()] == ['level_1.sh', 'level_2.sh'], told.stdout+told.stderr
    assert '%2' in subprocess.run(['squeue', '-h', '-o', '%i'], capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout, 'at most two at once'
    until_empty(150)
    env = {j.name: json.loads((top/f'{j.name}.json').read_text()) for j in jobs}
    ids = {k: (e['SLURM_ARRAY_JOB_ID'], e['SLURM_ARRAY_TASK_ID'], e['OMP_NUM_THREADS'], e['SLURM_JOB_NAME'], e['UDA_SEG_DATA']) for k, e in env.items()}
    assert len({i[0] for i in ids.values()}) == 2 and {k: i[1:] for k, i in ids.items()} == {k: (n, '1', 'toys', str(top/'data')) for k, n in dict(one='0', never='1', two='2', last='0').items()}
    assert env['last']['at'] > max(env[k]['at'] for k in ('one', 'never', 'two'))
    logs = {f.name: f.read_text() for f in (top/'array'/'logs').iterdir()}
    assert len(logs) == 4 and 'AssertionError' in logs[f"{ids['never'][0]}_1.log"], logs
