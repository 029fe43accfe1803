"""Two small folders of photographs and masks, and a run on them that takes a second."""
import numpy as np
from PIL import Image
from uda_seg.core import draw
from uda_seg.params import check
from uda_seg.run import open_run
from uda_seg.score import score_run
from uda_seg.study import Study, train_study
from uda_seg.watch import watch

CLASSES = {'road': 0, 'sky': 1, 'car': 2}
N = dict(train=5, val=3, test=2) # images of each split

def write(root, n_images=N):
    "A folder of one's own: photographs and masks, 48×32."
    for split, n in n_images.items():
        for part in ('images', 'masks'): (root/part/split).mkdir(parents=True)
        for k in range(n):
            rng, name = draw('reads', root.name, split, k), f'{split}{k}.png'
            Image.fromarray(rng.integers(0, 256, (32, 48, 3), dtype=np.uint8)).save(root/'images'/split/name)
            Image.fromarray(np.kron(rng.integers(0, 3, (4, 6)), np.ones((8, 8))).astype(np.uint8)).save(root/'masks'/split/name)

def values(tree, method, **kw):
    "Parameters of a run from folder a to folder b, which `write` has made."
    ends = {}
    for role, end in (('source', 'a'), ('target', 'b')):
        ends |= {role: 'folder', f'{role}_root': str(tree/end), f'{role}_options': dict(classes=CLASSES, name=end)}
    net = dict(decoder='fpn', encoder='tu-resnet10t', arch_options=dict(decoder_pyramid_channels=32, decoder_segmentation_channels=32))
    common = dict(subset=2, methods=method, model_options=net, weights='none', size='32x32', iterations=2, start=0, batch_source=2, batch_labelled=2,
        batch_target=2, device='cpu', precision='float32', name=f'{method}-run')
    return ends | common | kw

def parameters(tree, method, **kw): return check(values(tree, method, **kw))

def run_all(p):
    "The doctor, the training and the scores of a run, each with a study of its own, as after a restart."
    Study(p).doctor().stop()
    study = Study(p)
    with open_run(p) as run:
        watch(study, run)
        return score_run(study, train_study(study, run), run)
