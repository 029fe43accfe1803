"The whole loop (translate, train, label, train again) killed at random moments: the same command ends with the same weights."
import os, random, signal, subprocess, sys, time
import pytest, yaml
from uda_seg.core import root
from uda_seg.run import Run
from fastcore.xtras import modified_env
from faults_runs import FULL

LOOP = dict(subset=2, rounds=2, translator='cyclegan', translator_options=dict(generator='resnet', width=4, blocks=1, iterations=20, crop=32, lr=1e-3), pseudo=dict(strategy='class_balanced', portion=.5),
    study=dict(source_options=dict(size=[64, 32], n_source=12), target_options=dict(size=[64, 32], n_target=[12, 2, 2]), size=[64, 32], iterations=24, start=8, checkpoint_every=4, device='cpu', precision='float32'))

SCRIPT = '''
import sys, yaml, torch
torch.set_num_threads(1)
from uda_seg.rounds import self_train
print(*self_train(progress=lambda *a: None, **yaml.safe_load(sys.argv[1])).run)'''

def begin(data):
    return subprocess.Popen([sys.executable, '-c', SCRIPT, yaml.safe_dump(LOOP)], cwd=root(), env=os.environ | dict(UDA_SEG_DATA=str(data)),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)

def ended(p):
    "Names of the rounds' runs, from the loop's last line."
    out, err = p.communicate()
    assert p.returncode == 0, err[-4000:]
    return out.splitlines()[-1].split()

def weights(data, names):
    with modified_env(UDA_SEG_DATA=str(data)): return [Run(n).info['weights'] for n in names]

@pytest.fixture(scope='module')
def calm(tmp_path_factory):
    "Weights of every round, the pictures of the last set, and seconds of a loop that nothing disturbs."
    data, began = tmp_path_factory.mktemp('loop'), time.monotonic()
    names = ended(begin(data))
    return weights(data, names), time.monotonic()-began, pictures(data)

def pictures(data): return {p.relative_to(data): p.read_bytes() for f in ('pseudo', 'translated') for p in (data/f).rglob('*.png') if not p.is_symlink()}

@pytest.mark.parametrize('k', range(10 if FULL else 1))
@pytest.mark.fault('the whole loop killed at random moments')
def test_killed_loop_goes_on(calm, k, tmp_path):
    "Killed up to three times, workers and all."
    want, seconds, made = calm
    r = random.Random(f'loop{k}')
    for _ in range(r.randint(1, 3)):
        p = begin(tmp_path)
        time.sleep(r.uniform(.1, .9)*seconds)
        if p.poll() is None: os.killpg(p.pid, signal.SIGKILL)
        p.communicate()
    names = ended(begin(tmp_path))
    assert weights(tmp_path, names) == want and pictures(tmp_path) == made
