"""A run that is killed goes on with the same command and ends with the weights of one that was not.

KILLS=10 pytest tests/test_kill.py kills the kernel and papermill ten times each, at random moments; without it, once each.
"""
import json, os, random, signal, subprocess, sys, time
import psutil, pytest, yaml
from uda_seg.core import root

KILLS = int(os.environ.get('KILLS', 1))
SHORT = yaml.safe_load((root()/'tests'/'smoke'/'train.yaml').read_text()) | dict(iterations=40, start=10, precision='float32', device='cpu')

def start(data, out, name):
    "The bare papermill command, in a process of its own."
    cmd = [sys.executable, '-m', 'papermill', str(root()/'nbs'/'train.ipynb'), str(out), '-y', yaml.safe_dump(SHORT | dict(name=name)), '--no-progress-bar']
    env = os.environ | dict(UDA_SEG_DATA=str(data), OMP_NUM_THREADS='1', MPLBACKEND='agg')
    return subprocess.Popen(cmd, cwd=root(), env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

def weights(data, name):
    "The digest a finished run has noted, None before."
    f = data/'runs'/name/'run.json'
    info = json.loads(f.read_text()) if f.exists() else {}
    return info.get('weights') if info.get('state') == 'done' else None

@pytest.fixture(scope='module')
def whole(tmp_path_factory):
    "Data folder, digest and seconds of an uninterrupted run."
    data, begun = tmp_path_factory.mktemp('data'), time.monotonic()
    p = start(data, data/'whole.ipynb', 'whole')
    _, err = p.communicate()
    assert p.returncode == 0, err[-4000:]
    return data, weights(data, 'whole'), time.monotonic()-begun

@pytest.mark.parametrize('victim', ['kernel', 'papermill'])
@pytest.mark.parametrize('k', range(KILLS))
def test_killed_run_goes_on(whole, victim, k, tmp_path):
    data, want, seconds = whole
    name = f'{victim}{k}'
    p = start(data, tmp_path/'out.ipynb', name)
    time.sleep(random.Random(f'{victim} {k}').uniform(.1, .95)*seconds)
    kernels = psutil.Process(p.pid).children(recursive=True) if p.poll() is None else []
    for q in (kernels if victim == 'kernel' else [p]): q.send_signal(signal.SIGKILL)
    p.communicate()
    again = start(data, tmp_path/'out.ipynb', name)
    _, err = again.communicate()
    assert again.returncode == 0, err[-4000:]
    assert weights(data, name) == want
