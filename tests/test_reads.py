"""A run decodes each of its files once, over doctor, streams and scores; and the doctor names a bad file that stopped a cache."""
import os, shutil
from collections import Counter
from pathlib import Path
import numpy as np, pytest
from PIL import Image
from tiny import N, parameters, run_all, write
from uda_seg import doctor, domain
from uda_seg.study import Study

@pytest.fixture
def tree(tmp_path, monkeypatch):
    "Two folders, and the project's data beside them."
    monkeypatch.setenv('UDA_SEG_DATA', str(tmp_path/'data'))
    for end in ('a', 'b'): write(tmp_path/end)
    return tmp_path

@pytest.fixture
def reads(monkeypatch):
    "Counts the decoding of each file, which this process does itself."
    seen, real = Counter(), domain._open
    def count(path):
        seen[os.fspath(path)] += 1
        return real(path)
    monkeypatch.setattr(domain, '_open', count)
    run = doctor._run
    monkeypatch.setattr(doctor, '_run', lambda jobs, kind, table, sink, workers: run(jobs, kind, table, sink, 0))
    return seen

def files(tree, end, part, *splits): return [str(tree/end/part/s/f'{s}{k}.png') for s in splits for k in range(N[s])]

@pytest.mark.parametrize('method', ['cutmix', 'supervised'])
def test_every_file_once(tree, reads, method):
    p = parameters(tree, method)
    run_all(p)
    labelled = list(Study(p).labelled.label)
    due = [*files(tree, 'a', 'images', 'train', 'val'), *files(tree, 'a', 'masks', 'train', 'val'),
        *files(tree, 'b', 'images', *N), *files(tree, 'b', 'masks', 'val', 'test'), *labelled]
    assert reads == dict.fromkeys(due, 1)
    reads.clear()
    Study(p).doctor().stop()
    assert not reads # the next run opens nothing

def test_every_file_once_without_val(tree, reads):
    "The 150 source images that are scored where there is no val are some of those trained on."
    shutil.rmtree(tree/'a')
    write(tree/'a', dict(train=160, test=1))
    run_all(parameters(tree, 'cutmix'))
    assert set(reads.values()) == {1} and len([f for f in reads if f.startswith(str(tree/'a'))]) == 2*152 # eight of train are held out

def test_without_a_cache(tree, reads):
    "The doctor then reads each file once, and the scores are the same."
    p, off = (parameters(tree, 'cutmix', cache=c, name=c) for c in ('auto', 'off'))
    want = run_all(p)
    reads.clear()
    for f in (Path(os.environ['UDA_SEG_DATA'])/'facts').iterdir(): f.unlink()
    Study(off).doctor().stop()
    assert set(reads.values()) == {1}
    got = run_all(off)
    assert {k: m.tolist() for k, m in got.items()} == {k: m.tolist() for k, m in want.items()}

def test_a_bad_file_is_reported_with_all_others(tree, reads):
    bad = [tree/'b'/'images'/'train'/'train1.png', tree/'b'/'masks'/'val'/'val0.png']
    bad[0].write_bytes(b'no picture')
    Image.fromarray(np.full((32, 48), 7, np.uint8)).save(bad[1])
    p = parameters(tree, 'cutmix')
    with pytest.raises(ValueError) as e: Study(p).doctor().stop()
    said = str(e.value)
    assert 'images/train/train1.png' in said and 'masks/val/val0.png' in said and 'say ignore: [7, 255] in target_options' in said
    assert {f for f, n in reads.items() if n > 1} <= set(map(str, bad)) # the sound ones are not read again for it
    assert said.splitlines()[-1].startswith('error')
