"""Every method on the real loader: a run that is cut in mid-epoch goes on, with other workers, and ends as one that was not; and any number of labels will do."""
import pytest, torch
from uda_seg.conformance import eager, run_it
from uda_seg.core import leaves, resolve, scratch_data
from uda_seg.learner import weights_digest
from uda_seg.loaders import loader
from uda_seg.params import check, traits
from uda_seg.run import open_run
from uda_seg.study import Study

EPOCH, STEPS = 3, 7 # 6 source images, two a step

@pytest.fixture(scope='module', autouse=True)
def data():
    "One small world for all of them."
    with scratch_data(): yield

NET = dict(decoder='fpn', encoder='tu-resnet10t', arch_options=dict(decoder_pyramid_channels=32, decoder_segmentation_channels=32))
COMMON = dict(source_options=dict(size=[64, 32], n_source=2*EPOCH), target_options=dict(size=[64, 32], n_target=[6, 2, 2]), size='64x32', iterations=STEPS,
              start=0, subset=4, device='cpu', precision='float32', checkpoint_every=1, crop='64x32', scale=(.8, 1.2))

def weights(net):
    "A file of weights for a method that needs some; any will do."
    file = resolve('data/weights.pt')
    if not file.exists(): torch.save(Study(check(COMMON | dict(model_options=net, weights='none'))).model.state_dict(), file)
    return str(file)

def study(method, **kw):
    needs = traits(method).get('needs', ())
    net = NET | dict(aux='aux' in needs)
    acting = {method: eager(method)} # a threshold that nothing reaches would hide a teacher that was not restored
    own = dict(methods=method, options=acting, model_options=net, weights=weights(net) if 'pretrained' in needs else 'none')
    return Study(check(COMMON | own | kw))

def trained(s):
    "Train a study in its run's folder."
    with open_run(s.p) as run: return run_it(s.learner, run)

def cut(s, steps):
    "Train a study for some steps only and leave the state that a kill would leave."
    s.learner.make_loader = lambda first: loader(s.streams, first, steps, s.p.workers)
    with pytest.raises(InterruptedError), open_run(s.p) as run:
        run_it(s.learner, run)
        raise InterruptedError

def goes_on(method, steps, workers):
    "A run that is cut after some steps ends as one that was not."
    whole = trained(study(method, name=f'{method}-whole'))
    name = f'{method}-{steps}-{workers[0]}'
    cut(study(method, name=name, workers=workers[0]), steps)
    again = trained(study(method, name=name, workers=workers[1]))
    assert again.it == STEPS
    assert weights_digest(again.model) == weights_digest(whole.model), f'cut after {steps} steps'

@pytest.mark.parametrize('method', leaves('methods'))
def test_goes_on(method): goes_on(method, EPOCH+1, (2, 0))

@pytest.mark.parametrize('workers', ((0, 0), (0, 2), (2, 2)), ids=str)
def test_goes_on_at_the_end_of_an_epoch(workers): goes_on('fixmatch', EPOCH, workers)

@pytest.mark.parametrize('subset', (0, 'all'))
@pytest.mark.parametrize('method', leaves('methods'))
def test_labels(method, subset):
    "Whether a run reads labelled target images depends on `subset` and on what its method drops; that it trains then is conformance's."
    if subset == 0 and 'labels' in traits(method).get('needs', ()):
        with pytest.raises(ValueError, match='label'): study(method, subset=0).streams
        return
    names = {s.name for s in study(method, subset=subset).streams}
    assert ('l' in names) == (subset == 'all' and 'labels' not in traits(method).get('drops', ()))
