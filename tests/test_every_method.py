"""Every method on the real loader: a run that is cut and goes on ends as one that was not, mid-epoch and at its end, 0 and 2 workers; and any number of labels will do."""
import os
from pathlib import Path
import pytest, torch
from uda_seg.conformance import eager
from uda_seg.core import leaves
from uda_seg.learner import weights_digest
from uda_seg.loaders import loader
from uda_seg.params import check, traits
from uda_seg.run import open_run
from uda_seg.study import Study

EPOCH, STEPS = 3, 7 # 6 source images, two a step

@pytest.fixture(scope='module', autouse=True)
def data(tmp_path_factory):
    "One small world for all of them."
    keep = os.environ.get('UDA_SEG_DATA')
    os.environ['UDA_SEG_DATA'] = str(tmp_path_factory.mktemp('data'))
    yield
    if keep: os.environ['UDA_SEG_DATA'] = keep
    else: del os.environ['UDA_SEG_DATA']

def study(method, **kw):
    needs, weights = traits(method)['needs'] if 'needs' in traits(method) else (), 'none'
    net = dict(decoder='fpn', encoder='tu-resnet10t', arch_options=dict(decoder_pyramid_channels=32, decoder_segmentation_channels=32), aux='aux' in needs)
    if 'pretrained' in needs: # any file will do for the law
        weights = Path(os.environ['UDA_SEG_DATA'])/'weights.pt'
        torch.save(Study(check(dict(common, model_options=net))).model.state_dict(), weights)
    acting = {method: eager(method)} # a threshold that nothing reaches would hide a teacher that was not restored
    return Study(check(common | dict(methods=method, options=acting, model_options=net, weights=str(weights)) | kw))

common = dict(source_options=dict(size=[64, 32], n_source=2*EPOCH), target_options=dict(size=[64, 32], n_target=[6, 2, 2]), size='64x32', iterations=STEPS,
              start=0, subset=4, device='cpu', precision='float32', checkpoint_every=1, crop='64x32', scale=(.8, 1.2))

@pytest.mark.parametrize('method', leaves('methods'))
def test_goes_on(method):
    whole = study(method, name=f'{method}-whole')
    with open_run(whole.p) as run: whole.learner.train(run)
    for cut, workers in ((EPOCH, 2), (EPOCH+1, 0)):
        p = dict(name=f'{method}-{cut}', workers=workers)
        half = study(method, **p)
        half.learner.make_loader = lambda first: loader(half.streams, first, cut, workers)
        with pytest.raises(InterruptedError), open_run(half.p) as run: # the state a kill would leave
            half.learner.train(run)
            raise InterruptedError
        again = study(method, **p)
        with open_run(again.p) as run: again.learner.train(run)
        assert again.learner.it == STEPS
        assert weights_digest(again.learner.model) == weights_digest(whole.learner.model), f'cut after {cut} steps, {workers} workers'

@pytest.mark.parametrize('subset', (0, 'all'))
@pytest.mark.parametrize('method', leaves('methods'))
def test_labels(method, subset):
    if subset == 0 and 'labels' in traits(method).get('needs', ()):
        with pytest.raises(ValueError, match='label'): study(method, subset=0).learner
        return
    some = study(method, subset=subset, iterations=2, name=f'{method}-of-{subset}')
    with open_run(some.p) as run: some.learner.train(run)
    names = {s.name for s in some.streams}
    assert some.learner.it == 2 and ('l' in names) == (subset == 'all' and 'labels' not in traits(method).get('drops', ()))
